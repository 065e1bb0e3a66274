#include <atomic>
#include <fstream>
#include <thread>

#include "actors/messages/topics.hpp"
#include "bridges/envelope/payload_codec.hpp"
#include "bridges/observer/line_format.hpp"
#include "tests/tools/replay/setup.hpp"
#include "tools/replay/jsonl_source.hpp"
#include "tools/replay/sim_world.hpp"

using namespace arbees;
using namespace arbees::replay;

namespace {

const std::filesystem::path tape = std::filesystem::path{ARBEES_TEST_DATA} / "replay/evening";

struct Played {
  std::string hash;
  std::uint64_t messages = 0;
  std::uint64_t signals = 0;
  std::uint64_t pairs = 0;
  std::size_t flaws = 0;
};

Played play(const std::filesystem::path& folder, const SessionConfig& setup) {
  Session session{setup, paper_venues(setup)};
  const auto played = play_capture(folder, session, setup.tables);
  if (!played) {
    return {};
  }
  const auto& tally = session.tally();
  return {tally.hash(), tally.messages, tally.signals, tally.pairs().size(), played->flaws.size()};
}

std::string recorded_hash() {
  std::ifstream file{std::filesystem::path{ARBEES_TEST_DATA} / "replay/evening.sha256"};
  std::string hash;
  file >> hash;
  return hash;
}

/// A folder that goes away with the test.
struct TemporaryFolder {
  TemporaryFolder() { std::filesystem::create_directories(path); }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }

  std::filesystem::path path =
    std::filesystem::temp_directory_path()
    / ("arbees-replay-" + std::to_string(reinterpret_cast<std::uintptr_t>(this)));
};

/// Writes what the observer would of the books, feeds and games of a session.
class JsonlWriter : public SessionListener {
public:
  explicit JsonlWriter(const std::filesystem::path& file) : file_{file} {}

  void on(const BookUpdate& update) override {
    if (const auto* const listing = directory_.find(update.market)) {
      std::string payload;
      encode_orderbook(payload, update, *listing);
      write(listing->orderbook_topic, payload, update.received_at);
    }
  }
  void on(const FeedStatus& status) override {
    write(topic::feed_status(status.venue), encoded(status), status.at);
  }
  void on(const GameUpdate& event) override {
    write(topic::game(event.game), encoded(event), event.state.fetched_at);
  }
  void on(const MatchedGame& match) override {
    directory_.add(match);
    write(topic::market_matched(match.game), encoded(match), match.at);
  }

private:
  template <class Event>
  static std::string encoded(const Event& event) {
    std::string payload;
    encode_payload(payload, event);
    return payload;
  }

  void write(const std::string& topic, const std::string& payload, Timestamp at) {
    std::string line;
    json_format().message(line, {.topic = topic,
                                 .source = "test",
                                 .run = "r",
                                 .seq = seq_++,
                                 .timestamp_ms = to_ms(at),
                                 .payload = payload,
                                 .received_at = at});
    file_ << line << '\n';
  }

  std::ofstream file_;
  MarketDirectory directory_;
  std::uint64_t seq_ = 0;
};

} // namespace

TEST_CASE("a recorded evening is decided as it was decided when it was recorded") {
  const auto played = play(tape, default_setup());
  INFO(
    "If decisions were meant to change: build/release/bin/arbees-replay tests/data/replay/evening"
    " prints the new hash for tests/data/replay/evening.sha256");
  CHECK(played.flaws == 0);
  CHECK(played.signals > 10);
  CHECK(played.pairs > 5);
  CHECK(played.hash == recorded_hash());
}

TEST_CASE("the decisions do not depend on the threads that run beside them") {
  const auto setup = default_setup();
  std::atomic<bool> over{false};
  std::thread load{[&] {
    while (!over) {
      play(tape, setup);
    }
  }};
  Played beside;
  std::thread other{[&] { beside = play(tape, setup); }};
  const auto played = play(tape, setup);
  other.join();
  over = true;
  load.join();
  CHECK(played.hash == recorded_hash());
  CHECK(beside.hash == played.hash);
}

TEST_CASE("a single changed setting shows in the hash") {
  auto setup = default_setup();
  setup.paper[0].latency += std::chrono::milliseconds{1};
  CHECK(play(tape, setup).hash != recorded_hash());
}

TEST_CASE("a torn capture is played to its last whole frame") {
  const TemporaryFolder folder;
  const auto whole = tape / "wire-000001.zst";
  std::filesystem::copy_file(whole, folder.path / whole.filename());
  const auto bytes = std::filesystem::file_size(whole);
  std::filesystem::resize_file(folder.path / whole.filename(), bytes - bytes / 8);
  const auto setup = default_setup();
  const auto torn = play(folder.path, setup);
  const auto all = play(tape, setup);
  CHECK(torn.flaws == 1);
  CHECK(torn.messages > 0);
  CHECK(torn.messages < all.messages);
}

TEST_CASE("what the observer wrote of a session makes the same decisions") {
  const TemporaryFolder folder;
  const auto file = folder.path / "bus.jsonl";
  const auto setup = default_setup();
  std::string hash;
  {
    JsonlWriter writer{file};
    Session session{setup, paper_venues(setup), &writer};
    REQUIRE(play_capture(tape, session, setup.tables));
    hash = session.tally().hash();
  }
  SECTION("all of it") {
    Session session{setup, paper_venues(setup)};
    const auto played = play_jsonl(file, session);
    REQUIRE(played);
    CHECK(played->refused.empty());
    CHECK(session.tally().signals > 10);
  }
  SECTION("lines that are torn or rubbish are counted, and the rest is played") {
    std::ofstream{file, std::ios::app} << "\x01\x02 rubbish\n"
                                       << R"({"topic":"orderbook.kalshi.X","seq":1,"payl)";
    Session session{setup, paper_venues(setup)};
    const auto played = play_jsonl(file, session);
    REQUIRE(played);
    std::uint64_t refused = 0;
    for (const auto& [why, count] : played->refused) {
      refused += count;
    }
    CHECK(refused == 2);
    CHECK(session.tally().signals > 10);
  }
}

TEST_CASE("a file or folder that is not there is said to be so") {
  const auto setup = default_setup();
  Session session{setup, paper_venues(setup)};
  CHECK_FALSE(play_capture("/nowhere", session, setup.tables));
  CHECK_FALSE(play_jsonl("/nowhere.jsonl", session));
}

TEST_CASE("a simulated world is the same for the same seed") {
  const auto setup = default_setup();
  const auto hash_of = [&](std::uint64_t seed) {
    SimWorld world{{.games = 12, .seed = seed, .rate = 200, .epoch_ms = 1'795'226'400'000},
                   setup.tables};
    Session session{setup, paper_venues(setup), &world};
    world.open(session);
    world.run(session, std::chrono::seconds{15});
    CHECK(session.tally().signals > 0);
    world.finish(session);
    return session.tally().hash();
  };
  CHECK(hash_of(3) == hash_of(3));
  CHECK(hash_of(3) != hash_of(4));
}
