#include <catch2/catch.hpp>

#include "tests/system/accounts.hpp"

using namespace arbees;
using namespace arbees::test;
using std::chrono::seconds;

namespace json = boost::json;

namespace {

void trade_and_compare(Stage& stage, std::vector<std::string> options) {
  // Slow enough that no game ends meanwhile.
  stage.start_simulator({"--games", "24", "--seed", "12", "--speed", "10"});
  Process arbees{stage.live_arbees(options), stage.folder() / "arbees.log"};
  const auto code = arbees.wait(seconds{90});
  INFO(arbees.output());
  INFO(read_file(stage.folder() / "log"));
  REQUIRE(code == 0);
  const auto summary = stage.summary();
  CHECK(summary.at("mode") == "live");
  CHECK(summary.at("pairs").as_object().contains("complete"));
  CHECK(summary.at("pairs_open") == 0);
  check_accounts(stage);
}

} // namespace

TEST_CASE("Traded live, the ledger ends equal to the venues' own books") {
  Stage stage;
  trade_and_compare(stage, {"--seconds", "14"});
}

TEST_CASE("Traded with orders that rest, the ledger ends equal to the venues' own books") {
  Stage stage;
  trade_and_compare(stage, {"--seconds", "20", "--set", "arbitrage.leg_policy=auto"});
  const auto rested = stage.ledger(
    "select count(*) as count, sum(filled_e6 > 0) as filled from "
    "orders where time_in_force = 'gtc' and post_only");
  CHECK(rested[0].at("count").to_number<int>() > 0);
  CHECK(rested[0].at("filled").to_number<int>() > 0);
}

TEST_CASE("Live is refused without the option that says so") {
  const Stage stage;
  auto arguments = stage.live_arbees({});
  std::erase(arguments, "--i-understand-this-trades-real-money");
  Process refused{arguments, stage.folder() / "output"};
  CHECK(refused.wait(seconds{30}) == 4);
  CHECK_THAT(refused.output(), Catch::Contains("--i-understand-this-trades-real-money"));
}

TEST_CASE("Live does not start where the venue says that the place is blocked") {
  Stage stage;
  stage.start_simulator({"--geoblocked"});
  Process refused{stage.live_arbees({"--seconds", "1"}), stage.folder() / "output"};
  CHECK(refused.wait(seconds{30}).value_or(0) != 0);
  CHECK_THAT(refused.output(), Catch::Contains("this place"));
}
