#include <signal.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <random>
#include <thread>

#include "tests/system/accounts.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

int open_pairs(const Stage& stage) {
  const auto rows = stage.ledger("select count(*) as count from pairs where outcome is null");
  return rows[0].at("count").to_number<int>();
}

/// Kills arbees at seeded moments while it trades live, starts it again each time with the same
/// ledger, and compares in the end. The venues go on all the while.
void kill_and_restart(int kills, unsigned seed) {
  Stage stage;
  stage.start_simulator({"--games", "24", "--seed", "12", "--speed", "10"});
  std::mt19937 random{seed};
  std::uniform_int_distribution<int> delay_ms{0, 1'200};
  int pairs_left_open = 0;
  for (int i = 0; i < kills; ++i) {
    Process arbees{stage.live_arbees({}), stage.folder() / "arbees.log"};
    const auto log = stage.folder() / "log";
    REQUIRE(
      eventually([&] { return read_file(log).find("node.started") != std::string::npos; }, 20s));
    // In the middle of a pair, or soon after it has ended.
    // A loaded machine may find none in time: then it is killed without.
    CHECK_NOFAIL(eventually([&] { return open_pairs(stage) > 0; }, 10s));
    std::this_thread::sleep_for(std::chrono::milliseconds{delay_ms(random)});
    REQUIRE(arbees.running());
    arbees.signal(SIGKILL);
    REQUIRE(arbees.wait(5s));
    pairs_left_open += open_pairs(stage);
  }
  CHECK_NOFAIL(pairs_left_open > 0);
  Process arbees{stage.live_arbees({}), stage.folder() / "arbees.log"};
  std::this_thread::sleep_for(6s);
  std::ofstream{stage.folder() / "kill_switch"} << "reduce_only the end of the test\n";
  std::this_thread::sleep_for(8s);
  arbees.signal(SIGTERM);
  REQUIRE(arbees.wait(60s) == 0);
  CHECK(stage.summary().at("pairs_open") == 0);
  check_accounts(stage);
}

} // namespace

TEST_CASE("Killed at any moment and started again, the ledger ends equal to the venues' books") {
  kill_and_restart(8, 7);
}
