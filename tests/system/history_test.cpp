#include <fmt/format.h>
#include <signal.h>

#include <catch2/catch.hpp>

#include "tests/system/stage.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

struct Answer {
  int code = -1;
  std::string output;
};

/// A command of arbees on the stage's files, as a person types it beside a running arbees.
Answer ask(const Stage& stage, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "arbees");
  for (const auto& [key, file] :
       {std::pair{"history.file", "history.duckdb"}, {"ledger.file", "ledger.sqlite"}}) {
    arguments.insert(arguments.end(),
                     {"--set", fmt::format("{}={}", key, (stage.folder() / file).string())});
  }
  arguments.insert(arguments.end(), {"--set", std::string{"tables="} + ARBEES_SOURCE + "/config"});
  Process process{arguments, stage.folder() / "answer"};
  const auto code = process.wait(60s);
  return {code.value_or(-1), process.output()};
}

std::int64_t count(const Stage& stage, const std::string& table) {
  const auto answer = ask(stage, {"query", "--json", "SELECT count(*) AS n FROM " + table});
  INFO(answer.output);
  REQUIRE(answer.code == 0);
  return boost::json::parse(answer.output).as_array().at(0).at("n").as_int64();
}

} // namespace

TEST_CASE("The history is asked, exported and reported while arbees trades, and after") {
  Stage stage;
  stage.start_simulator();
  Process arbees{stage.arbees({"--seconds", "600"}), stage.folder() / "output"};
  INFO(read_file(stage.folder() / "log"));
  // Until the file is there it cannot be asked; until a pair has ended there is nothing to tell.
  REQUIRE(eventually(
    [&] {
      const auto pairs = ask(stage, {"query", "--json", "SELECT pair_id FROM pairs LIMIT 1"});
      return pairs.code == 0 && !boost::json::parse(pairs.output).as_array().empty();
    },
    120s));
  CHECK(count(stage, "prices") > 0);
  CHECK(count(stage, "signals_explained") > 0);

  const auto refused = ask(stage, {"query", "DELETE FROM prices"});
  CHECK(refused.code == 1);
  CHECK_THAT(refused.output, Catch::Contains("only statements that read"));
  const auto file = ask(stage, {"query", "SELECT * FROM read_text('/etc/hostname')"});
  CHECK(file.code == 1);
  const auto endless =
    ask(stage,
        {"query", "--timeout", "1",
         "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range = -b.range"});
  CHECK(endless.code == 1);
  CHECK_THAT(endless.output, Catch::Contains("its time is over"));

  const auto folder = stage.folder() / "export";
  const auto exported =
    ask(stage, {"export", "--table", "prices", "--table", "pairs", "--dir", folder.string()});
  INFO(exported.output);
  REQUIRE(exported.code == 0);
  CHECK(std::filesystem::file_size(folder / "prices.parquet") > 1000);
  CHECK_THAT(read_file(folder / "pairs.parquet"), Catch::StartsWith("PAR1"));
  const auto csv = ask(stage, {"export", "--table", "pairs", "--format", "csv", "--to",
                               "2000-01-01", "--dir", folder.string()});
  REQUIRE(csv.code == 0);
  CHECK_THAT(read_file(folder / "pairs.csv"), Catch::StartsWith("pair_id,signal_id,"));
  CHECK(ask(stage, {"export", "--table", "nothing", "--dir", folder.string()}).code == 2);

  const auto report = ask(stage, {"report", "--json"});
  INFO(report.output);
  REQUIRE(report.code == 0);
  const auto root = boost::json::parse(report.output).as_object();
  CHECK(root.at("all").at("pairs").as_int64() > 0);
  CHECK(root.at("history").at("signals").as_int64() > 0);
  CHECK_FALSE(root.at("by_league").as_object().contains("unknown"));

  arbees.signal(SIGTERM);
  REQUIRE(arbees.wait(30s) == 0);
  CHECK_FALSE(std::filesystem::exists(stage.folder() / "history.duckdb.socket"));
  CHECK(count(stage, "pairs")
        == static_cast<std::int64_t>(
          stage.ledger("select sum(closings) as n from pairs")[0].at("n").as_int64()));
  std::filesystem::remove(stage.folder() / "history.duckdb");
  const auto without = ask(stage, {"report"});
  CHECK(without.code == 0);
  CHECK_THAT(without.output, Catch::Contains("there is no such file"));
  CHECK(ask(stage, {"history", "rebuild"}).code == 0);
  CHECK(count(stage, "fills")
        == stage.ledger("select count(*) as n from fills")[0].at("n").as_int64());
}
