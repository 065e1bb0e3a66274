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

/// A command of arbees on the stage's ledger and the history in `url`.
boost::json::value
ask(const Stage& stage, const std::string& url, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "arbees");
  arguments.insert(arguments.end(),
                   {"--set", "ledger.file=" + (stage.folder() / "ledger.sqlite").string(), "--set",
                    std::string{"tables="} + ARBEES_SOURCE + "/config"});
  Process process{arguments, stage.folder() / "answer", {"HISTORY_DATABASE_URL=" + url}};
  const auto code = process.wait(seconds{60});
  const auto output = process.output();
  INFO(output);
  REQUIRE(code == 0);
  CHECK(output.find("s3cret") == std::string::npos);
  return output.starts_with("[") || output.starts_with("{") ? boost::json::parse(output)
                                                            : boost::json::value{};
}

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

TEST_CASE("arbees trades on while the PostgreSQL of its history is gone, and lacks nothing then") {
  PostgresServer server;
  const auto url = server.url(server.new_database());
  Stage stage;
  stage.start_simulator({"--games", "24", "--seed", "11"});
  Process arbees{stage.arbees({}), stage.folder() / "arbees.log", {"HISTORY_DATABASE_URL=" + url}};
  const auto in_history = [&](const std::string& query) {
    return number_in(url, "SELECT " + query);
  };
  const auto in_ledger = [&](const std::string& query) {
    return stage.ledger("select " + query + " as n")[0].at("n").as_int64();
  };
  const std::string closings = "coalesce((select sum(closings) from pairs), 0)";
  REQUIRE(
    eventually([&] { return in_history("count(*) FROM arbees_history.pairs") >= 2; }, seconds{60}));
  CHECK_FALSE(std::filesystem::exists(stage.folder() / "history.duckdb"));

  const auto rows = ask(stage, url, {"query", "--json", "SELECT count(*) AS n FROM prices"});
  CHECK(rows.as_array().at(0).at("n").as_int64() > 0);
  ask(stage, url,
      {"export", "--table", "prices", "--from", "2000-01-01", "--dir", stage.folder().path()});
  CHECK_THAT(read_file(stage.folder() / "prices.parquet"), Catch::StartsWith("PAR1"));
  const auto report = ask(stage, url, {"report", "--json"}).as_object();
  CHECK(report.at("history").at("signals").as_int64() > 0);
  CHECK_FALSE(report.at("by_league").as_object().contains("unknown"));

  server.kill();
  CHECK(logged(stage, "history.failed"));
  const auto before = in_ledger(closings);
  CHECK(eventually([&] { return in_ledger(closings) >= before + 2; }, seconds{60}));
  server.start();
  CHECK(logged(stage, "history.recovered"));

  arbees.signal(SIGTERM);
  REQUIRE(arbees.wait(seconds{60}) == 0);
  INFO(read_file(stage.folder() / "log"));
  CHECK(in_history("count(*) FROM arbees_history.pairs") == in_ledger(closings));
  CHECK(in_history("count(*) - count(DISTINCT signal_id) FROM arbees_history.signals") == 0);
  ask(stage, url, {"history", "rebuild"});
  CHECK(in_history("count(*) FROM arbees_history.fills")
        == in_ledger("(select count(*) from fills)"));
  for (const auto* const file : {"log", "arbees.log"}) {
    CHECK(read_file(stage.folder() / file).find("s3cret") == std::string::npos);
  }
}
