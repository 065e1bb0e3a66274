#include <signal.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/system/accounts.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

int count(const Stage& stage, const std::string& what) {
  return stage.ledger("select count(*) as count from " + what)[0].at("count").to_number<int>();
}

} // namespace

TEST_CASE("Flattened live, positions are really sold and the ledger ends equal to the venues") {
  Stage stage;
  stage.start_simulator({"--games", "24", "--seed", "12", "--speed", "10"});
  Process arbees{stage.live_arbees({"--set", "positions.flatten_max_loss_cents=40", "--set",
                                    "positions.max_exit_slippage_cents=40", "--set",
                                    "positions.retry_after_ms=1000", "--set",
                                    "positions.snapshot_interval_ms=500"}),
                 stage.folder() / "arbees.log"};
  const auto log = stage.folder() / "log";
  INFO(arbees.output());
  REQUIRE(
    eventually([&] { return read_file(log).find("node.started") != std::string::npos; }, 30s));
  const auto held =
    eventually([&] { return count(stage, "pairs where held_0_e6 > 0 and held_1_e6 > 0") >= 3; },
               60s);
  {
    INFO(read_file(log));
    REQUIRE(held);
  }
  std::ofstream{stage.folder() / "kill_switch"} << "flatten the test says so\n";
  CHECK(eventually(
    [&] {
      return count(stage, "orders where purpose = 'exit' and filled_e6 > 0") >= 4
             && count(stage, "pairs where outcome = 'unwound' and held_0_e6 = 0") >= 2;
    },
    60s));
  CHECK(count(stage, "trading_controls where state = 'flatten'") == 1);
  arbees.signal(SIGTERM);
  const auto code = arbees.wait(60s);
  INFO(read_file(log));
  INFO("exit code " << code.value_or(-1));
  INFO(arbees.output());
  REQUIRE(code == 0);
  const auto summary = stage.summary();
  CHECK(summary.at("pairs_open") == 0);
  CHECK(summary.at("exits").as_object().at("made").to_number<int>() >= 2);
  CHECK(summary.at("messages").as_object().contains("positions"));
  check_accounts(stage);
  Process verify{{"arbees", "ledger", "verify", "--ledger",
                  (stage.folder() / "ledger.sqlite").string()},
                 stage.folder() / "verify.out"};
  CHECK(verify.wait(30s) == 0);
}
