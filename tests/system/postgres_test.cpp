#include <signal.h>

#include <catch2/catch.hpp>

#include "bridges/store/postgres.hpp"
#include "tests/bridges/store/postgres_server.hpp"
#include "tests/system/stage.hpp"

using namespace arbees;
using namespace arbees::test;
using std::chrono::seconds;

namespace {

/// What another program reads from the ledger; -1 while there is none.
std::int64_t number_in(const std::string& url, const std::string& query) {
  PostgresConnection database{{.url = url, .application = "test"}};
  if (database.connect()) {
    return -1;
  }
  const auto row = database.prepare(query);
  return row->next() ? row->integer(0) : -1;
}

bool logged(const Stage& stage, const std::string& text) {
  return eventually(
    [&] { return read_file(stage.folder() / "log").find(text) != std::string::npos; }, seconds{30});
}

} // namespace

TEST_CASE("arbees trades with its ledger in PostgreSQL, and goes on after the server was gone") {
  PostgresServer server;
  const auto url = server.url(server.new_database());
  const std::vector<std::string> environment{"DATABASE_URL=" + url};
  Stage stage;
  stage.start_simulator({"--games", "24", "--seed", "11"});
  Process arbees{stage.arbees({}), stage.folder() / "arbees.log", environment};
  const auto closed = [&] {
    return number_in(url, "SELECT count(*) FROM arbees.pairs WHERE outcome IS NOT NULL");
  };
  REQUIRE(eventually([&] { return closed() >= 2; }, seconds{60}));
  CHECK_FALSE(std::filesystem::exists(stage.folder() / "ledger.sqlite"));

  Process second{stage.arbees({"--set", "zmq.enabled=false"}), stage.folder() / "second.log",
                 environment};
  CHECK(second.wait(seconds{20}) == 1);
  CHECK_THAT(second.output(), Catch::Contains("in use by process"));

  server.kill();
  CHECK(logged(stage, "ledger.away"));
  CHECK(arbees.running());
  server.start();
  CHECK(logged(stage, "ledger.reconnected"));
  const auto before = closed();
  CHECK(eventually([&] { return closed() > before; }, seconds{60}));

  Process reduce{{"arbees", "reduce-only", "--set",
                  "kill_switch.file=" + (stage.folder() / "kill_switch").string()},
                 stage.folder() / "reduce.log",
                 environment};
  CHECK(reduce.wait(seconds{10}) == 0);
  CHECK_THAT(reduce.output(), Catch::Contains("has it on record"));

  arbees.signal(SIGTERM);
  REQUIRE(arbees.wait(seconds{60}) == 0);
  INFO(read_file(stage.folder() / "log"));
  CHECK(stage.summary().at("pairs_open") == 0);
  CHECK(number_in(url, "SELECT count(*) FROM arbees.pairs WHERE outcome IS NULL") == 0);
  CHECK(number_in(url, "SELECT count(*) FROM arbees.paper_trades WHERE filled_qty > 0") > 0);

  Process verify{{"arbees", "ledger", "verify"}, stage.folder() / "verify.log", environment};
  CHECK(verify.wait(seconds{20}) == 0);
  CHECK_THAT(verify.output(), Catch::Contains("are right"));
  for (const auto* const file : {"log", "arbees.log", "second.log", "reduce.log", "verify.log"}) {
    CAPTURE(file);
    CHECK(read_file(stage.folder() / file).find("s3cret") == std::string::npos);
  }
}
