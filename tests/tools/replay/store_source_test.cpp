#include "tools/replay/store_source.hpp"

#include <duckdb.h>

#include <fstream>

#include "bridges/store/duckdb_file.hpp"
#include "bridges/store/history_actor.hpp"
#include "tests/actor_fixture.hpp"
#include "tests/bridges/store/temp_directory.hpp"
#include "tests/tools/replay/setup.hpp"

using namespace arbees;
using namespace arbees::replay;
using namespace arbees::test;

namespace {

const std::filesystem::path tape = std::filesystem::path{ARBEES_TEST_DATA} / "replay/evening";

/// A history that hears of a session what it would hear of a run.
class HistoryOfSession : public ActorFixture, public SessionListener {
public:
  const TempDirectory directory;
  const std::filesystem::path file = directory / "history.duckdb";

  void record() {
    const auto readers = std::make_shared<HistoryReaders>();
    const HistoryConfig kept{.place = {.file = file}};
    history_ = spawn(history, kept, spawn(history_writer, kept, readers));
    const auto setup = default_setup();
    {
      Session session{setup, paper_venues(setup), this};
      REQUIRE(play_capture(tape, session, setup.tables));
      signals = session.tally().signals;
    }
    self->send_exit(history_, caf::exit_reason::user_shutdown);
    sched.run();
    history_ = nullptr;
  }

  void on(const BookUpdate& update) override { keep(update); }
  void on(const FeedStatus& status) override { keep(status); }
  void on(const GameDiscovered& event) override { keep(event); }
  void on(const GameUpdate& event) override { keep(event); }
  void on(const GameEnded& event) override { keep(event); }
  void on(const MatchedGame& match) override { keep(match); }
  void on(const MatchRejected& rejected) override { keep(rejected); }

  void change(const char* sql) const {
    auto database = open_duckdb(file, DatabaseAccess::write, "256MB");
    REQUIRE(database);
    auto connection = connect_to(*database);
    REQUIRE(connection);
    REQUIRE(duckdb_query(connection->get(), sql, nullptr) == DuckDBSuccess);
  }

  std::uint64_t signals = 0; ///< of the session that was recorded

private:
  template <class Event>
  void keep(const Event& event) {
    self->send(history_, event);
    sched.run();
  }

  HistoryActor history_;
};

struct Outcome {
  StorePlayed played;
  std::string hash;
  std::uint64_t signals = 0;
};

Outcome play(const std::filesystem::path& file) {
  const auto setup = default_setup();
  Session session{setup, paper_venues(setup)};
  auto played = play_store(file, session);
  if (!played) {
    FAIL(describe(played.error()));
  }
  return {std::move(*played), session.tally().hash(), session.tally().signals};
}

} // namespace

TEST_CASE_METHOD(HistoryOfSession, "what the history kept of an evening is decided anew") {
  record();
  REQUIRE(is_store(file));
  const auto once = play(file);
  CHECK(once.played.refused.empty());
  CHECK(once.played.given == once.played.rows);
  // The best levels alone: less is found than with whole books, but games, matches and prices fit.
  CHECK(once.signals > signals / 10);
  CHECK(play(file).hash == once.hash);
}

TEST_CASE_METHOD(HistoryOfSession,
                 "rows that make no message are counted, and the rest is played") {
  record();
  const auto whole = play(file);
  change(
    "UPDATE games SET payload = '{\"half' WHERE game_id = (SELECT min(game_id) FROM games);"
    "UPDATE prices SET yes_bid = 7 WHERE version = 3");
  const auto spoilt = play(file);
  CHECK(spoilt.played.refused.at("bad_payload") > 0);
  CHECK(spoilt.played.refused.at("bad_price") > 0);
  CHECK(spoilt.played.rows == whole.played.rows);
  CHECK(spoilt.played.given < whole.played.given);
}

TEST_CASE("a file that is no history is not taken for one") {
  const TempDirectory directory;
  std::ofstream{directory / "bus.jsonl"} << "{\"topic\":\"games.\"}\n";
  CHECK_FALSE(is_store(directory / "bus.jsonl"));
  CHECK_FALSE(is_store(directory / "none"));
  const auto setup = default_setup();
  Session session{setup, paper_venues(setup)};
  CHECK_FALSE(play_store(directory / "none", session));
}
