#include <signal.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <random>
#include <thread>

#include "tests/system/accounts.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

/// Kills arbees at seeded moments while it trades live, starts it again each time with the same
/// ledger, and compares in the end. The venues go on all the while.
void kill_and_restart(int kills, unsigned seed) {
  Stage stage;
  stage.start_simulator({"--games", "24", "--seed", "12", "--speed", "10"});
  std::mt19937 random{seed};
  int pairs_left_open = 0;
  for (int i = 0; i < kills; ++i) {
    Process arbees{stage.live_arbees({}), stage.folder() / "arbees.log"};
    std::this_thread::sleep_for(
      std::chrono::milliseconds{std::uniform_int_distribution<int>{2'000, 5'000}(random)});
    REQUIRE(arbees.running());
    arbees.signal(SIGKILL);
    REQUIRE(arbees.wait(5s));
    const auto open = stage.ledger("select count(*) as count from pairs where outcome is null");
    pairs_left_open += open[0].at("count").to_number<int>();
  }
  CHECK(pairs_left_open > 0); // else nothing was tested
  Process arbees{stage.live_arbees({}), stage.folder() / "arbees.log"};
  std::this_thread::sleep_for(6s);
  std::ofstream{stage.folder() / "kill_switch"} << "reduce_only the end of the test\n";
  std::this_thread::sleep_for(8s);
  arbees.signal(SIGTERM);
  REQUIRE(arbees.wait(60s) == 0);
  INFO(read_file(stage.folder() / "log"));
  CHECK(stage.summary().at("pairs_open") == 0);
  check_accounts(stage);
}

} // namespace

TEST_CASE("Killed at any moment and started again, the ledger ends equal to the venues' books") {
  kill_and_restart(8, 7);
}
