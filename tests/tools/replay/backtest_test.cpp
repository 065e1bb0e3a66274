#include <boost/json.hpp>

#include "tests/tools/replay/setup.hpp"
#include "tools/backtest/report.hpp"

using namespace arbees;
using namespace arbees::backtest;

TEST_CASE("every combination of the values of a sweep is tried") {
  const auto first = std::get<Axis>(parse_axis("a=1,2"));
  const auto second = std::get<Axis>(parse_axis("b=x,y,z"));
  const auto all = combinations({first, second});
  REQUIRE(all.size() == 6);
  CHECK(all[0] == std::vector<std::string>{"a=1", "b=x"});
  CHECK(all[5] == std::vector<std::string>{"a=2", "b=z"});
  CHECK(combinations({}).size() == 1);
  CHECK(std::holds_alternative<std::string>(parse_axis("novalue")));
  CHECK(std::holds_alternative<std::string>(parse_axis("a=1,,2")));
}

TEST_CASE("a sweep gives the same outcomes with one thread and with three, and a report of them") {
  const Span span{.recording = std::filesystem::path{ARBEES_TEST_DATA} / "replay/evening"};
  CommandLine line;
  line.overrides = {"tables=" + (std::filesystem::path{ARBEES_SOURCE} / "config").string()};
  const auto tried =
    combinations({std::get<Axis>(parse_axis("arbitrage.min_edge_cents=0.5,3,nonsense"))});
  std::atomic<std::size_t> done{0};
  const auto alone = run_sweep(line, tried, span, 1, done);
  const auto beside = run_sweep(line, tried, span, 3, done);
  CHECK(done == 6);
  REQUIRE(alone.size() == 3);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(alone[i].error.empty());
    CHECK(alone[i].tally.hash() == beside[i].tally.hash());
  }
  CHECK(alone[1].tally.signals < alone[0].tally.signals);
  CHECK_THAT(alone[2].error, Catch::Contains("min_edge_cents"));

  const auto json = boost::json::parse(report_json(span, alone)).as_object();
  CHECK(json.at("combinations").as_array().size() == 3);
  const auto html = report_html(span, alone);
  CHECK_THAT(html, Catch::Contains("<svg") && Catch::Contains("From signal to pair"));
  for (const auto* const outside : {"src=", "href=", "@import", "<script"}) {
    CHECK(html.find(outside) == std::string::npos);
  }
}
