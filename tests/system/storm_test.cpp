#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "tests/system/accounts.hpp"

using namespace arbees;
using namespace arbees::test;
using std::chrono::seconds;

namespace {

/// Kalshi's settlements are read every 30 s, and a fault that has begun lasts up to 10 s.
constexpr seconds calm{45};
/// For pairs that are open, provisional or settled when it begins.
constexpr seconds fair_weather{12};

int setting(const char* name, int otherwise) {
  const auto* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

/// Every class. Those that would not happen often enough in a short run do more often than usual,
/// and a restart, after which Polymarket takes no orders for two minutes, less often.
constexpr auto every_fault =
  "all,cut=0.01,freeze=0.01,partial=0.01,http_425=0.001,restart=0.001,settlement_reversal=0.3";

/// Trades live while everything goes wrong, for two game minutes a second, so that markets are
/// decided, paid, and paid anew; then compares.
void weather(int seed, seconds length) {
  Stage stage;
  stage.start_simulator({"--games", "24", "--seed", std::to_string(seed), "--speed", "120"});
  Process arbees{stage.live_arbees({}), stage.folder() / "arbees.log"};
  std::this_thread::sleep_for(fair_weather);
  stage.order_simulator("/sim/faults", fmt::format(R"({{"spec":"{}"}})", every_fault));
  std::this_thread::sleep_for(length);
  const auto faults = stage.simulator("/sim/faults");
  stage.order_simulator("/sim/faults", R"({"spec":"off"})");
  stage.order_simulator("/sim/stop-games", "{}");
  std::ofstream{stage.folder() / "kill_switch"} << "reduce_only the storm is over\n";
  std::this_thread::sleep_for(calm);
  REQUIRE(arbees.running());
  arbees.signal(SIGTERM);
  REQUIRE(arbees.wait(seconds{60}) == 0);
  const auto struck = std::ranges::count_if(faults.at("counts").as_object(), [](const auto& one) {
    return one.value().template to_number<std::int64_t>() > 0;
  });
  CHECK(struck >= 12); // of 22: a short run does not see each
  const auto summary = stage.summary();
  CAPTURE(boost::json::serialize(summary));
  CHECK_NOFAIL(summary.at("pairs").as_object().contains("complete"));
  CHECK(summary.at("pairs_open") == 0);
  CHECK_NOFAIL(stage.ledger("select count(*) as count from settlements")[0].at("count") != 0);
  check_accounts(stage);
}

} // namespace

TEST_CASE("Through every fault at once the ledger ends equal to the venues' own books") {
  weather(12, seconds{45});
}

TEST_CASE("Storm after storm, ARBEES_STORMS of ARBEES_STORM_SECONDS each", "[.soak]") {
  const auto first = setting("ARBEES_STORM_SEED", 100);
  for (int seed = first; seed < first + setting("ARBEES_STORMS", 10); ++seed) {
    CAPTURE(seed);
    weather(seed, seconds{setting("ARBEES_STORM_SECONDS", 60)});
  }
}
