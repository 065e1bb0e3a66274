#include <fmt/format.h>
#include <signal.h>
#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <iostream>

#include "tests/system/halting.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

/// Holds the ledger's file as a disk does that answers nobody.
class FrozenLedger {
public:
  explicit FrozenLedger(const Stage& stage) {
    REQUIRE(sqlite3_open((stage.folder() / "ledger.sqlite").c_str(), &file_) == SQLITE_OK);
    sqlite3_busy_timeout(file_, 10'000);
    REQUIRE(sqlite3_exec(file_, "begin immediate", nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  ~FrozenLedger() { sqlite3_close(file_); }
  FrozenLedger(const FrozenLedger&) = delete;
  FrozenLedger& operator=(const FrozenLedger&) = delete;

private:
  sqlite3* file_ = nullptr;
};

} // namespace

TEST_CASE("Halted, no order leaves any more, and resumed it trades on") {
  Stage stage;
  stage.start_simulator({"--games", "24", "--seed", "12", "--speed", "10"});
  Process arbees{stage.live_arbees({}), stage.folder() / "arbees.log"};
  const auto log = stage.folder() / "log";
  REQUIRE(
    eventually([&] { return read_file(log).find("node.started") != std::string::npos; }, 20s));
  CHECK(halt_again_and_again(stage, 8, [&] { arbees.signal(SIGUSR1); }) <= 50.0);
  REQUIRE(arbees.running());
  arbees.signal(SIGTERM);
  CHECK(arbees.wait(60s) == 0);
}

TEST_CASE("Halted while the ledger's disk hangs, no order leaves any more") {
  Stage stage;
  stage.start_simulator({"--games", "24", "--seed", "12", "--speed", "10"});
  Process arbees{stage.live_arbees({}), stage.folder() / "arbees.log"};
  const auto log = stage.folder() / "log";
  REQUIRE(
    eventually([&] { return read_file(log).find("node.started") != std::string::npos; }, 20s));
  REQUIRE(eventually([&] { return number(stage, "select count(*) as n from pairs") > 2; }, 60s));
  std::int64_t halted_at = 0;
  {
    const FrozenLedger frozen{stage};
    halted_at = now_ns();
    arbees.signal(SIGUSR1);
    // Told to the gateways although nothing can be put on record.
    CHECK(eventually(
      [&] { return read_file(log).find("executor.trading state=halted") != std::string::npos; },
      5s));
  }
  REQUIRE(eventually(
    [&] {
      return number(stage, "select count(*) as n from trading_controls where state = 'halted'")
             == 1;
    },
    30s));
  const auto last = number(stage, "select max(sent_at_ns) as n from orders");
  std::cout << fmt::format("from halt to the last order while the disk hangs: {:.1f} ms\n",
                           static_cast<double>(last - halted_at) / 1e6);
  CHECK(last - halted_at <= 50'000'000);
  REQUIRE(arbees.running());
  arbees.signal(SIGTERM);
  CHECK(arbees.wait(60s) == 0);
}
