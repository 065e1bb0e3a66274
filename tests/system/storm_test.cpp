#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "tests/system/accounts.hpp"

using namespace arbees;
using namespace arbees::test;
using std::chrono::seconds;

namespace {

/// For fills to become final, and payments, which Kalshi is asked for every 30 s, to be booked,
/// after a fault that has begun has lasted its 10 s.
constexpr seconds calm{120};

int setting(const char* name, int otherwise) {
  const auto* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

/// Every class. Those that would not happen often enough in a short run do more often than usual,
/// and a restart, after which Polymarket takes no orders for two minutes, less often.
constexpr auto every_fault =
  "all,cut=0.01,freeze=0.01,partial=0.01,http_425=0.001,restart=0.001,settlement_reversal=0.3";

std::int64_t count(const Stage& stage, const std::string& what) {
  return stage.ledger("select count(*) as count from " + what)[0]
    .at("count")
    .to_number<std::int64_t>();
}

/// How many classes of fault have happened.
std::int64_t struck(const Stage& stage) {
  const auto faults = stage.simulator("/sim/faults");
  return std::ranges::count_if(faults.at("counts").as_object(), [](const auto& one) {
    return one.value().template to_number<std::int64_t>() > 0;
  });
}

/// Trades live while everything goes wrong, for two game minutes a second, so that markets are
/// decided, paid, and paid anew; then compares.
/// @param least how long it lasts, and then on until enough has happened
void weather(int seed, seconds least) {
  Stage stage;
  stage.start_simulator({"--games", "24", "--seed", std::to_string(seed), "--speed", "120"});
  Process arbees{stage.live_arbees({}), stage.folder() / "arbees.log"};
  // Fair weather first: pairs are open and provisional, contracts held, when it begins.
  const auto log = stage.folder() / "log";
  REQUIRE(eventually([&] { return read_file(log).find("node.started") != std::string::npos; },
                     seconds{20}));
  REQUIRE(
    eventually([&] { return count(stage, "pairs where outcome = 'complete'") >= 5; }, seconds{60}));
  stage.order_simulator("/sim/faults", fmt::format(R"({{"spec":"{}"}})", every_fault));
  const auto begun = std::chrono::steady_clock::now();
  const auto enough = eventually(
    [&] { return std::chrono::steady_clock::now() - begun >= least && struck(stage) >= 12; },
    least + seconds{120});
  CHECK(enough); // of 22: a short run does not see each
  stage.order_simulator("/sim/faults", R"({"spec":"off"})");
  stage.order_simulator("/sim/stop-games", "{}");
  std::ofstream{stage.folder() / "kill_switch"} << "reduce_only the storm is over\n";
  std::string left;
  eventually([&] { return (left = pending(stage)).empty(); }, calm);
  CHECK(left == "");
  REQUIRE(arbees.running());
  arbees.signal(SIGTERM);
  REQUIRE(arbees.wait(seconds{60}) == 0);
  const auto summary = stage.summary();
  CAPTURE(boost::json::serialize(summary));
  CHECK(summary.at("pairs_open") == 0);
  CHECK(count(stage, "settlements") > 0);
  check_accounts(stage);
}

} // namespace

TEST_CASE("Through every fault at once the ledger ends equal to the venues' own books") {
  weather(12, seconds{40});
}

TEST_CASE("Storm after storm, ARBEES_STORMS of ARBEES_STORM_SECONDS each", "[.soak]") {
  const auto first = setting("ARBEES_STORM_SEED", 100);
  for (int seed = first; seed < first + setting("ARBEES_STORMS", 10); ++seed) {
    CAPTURE(seed);
    weather(seed, seconds{setting("ARBEES_STORM_SECONDS", 60)});
  }
}
