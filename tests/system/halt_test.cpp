#include <fmt/format.h>
#include <signal.h>
#include <sqlite3.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>
#include <random>
#include <thread>

#include "tests/system/stage.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

std::int64_t number(const Stage& stage, const std::string& query) {
  const auto value = stage.ledger(query)[0].at("n");
  return value.is_null() ? 0 : value.to_number<std::int64_t>();
}

std::int64_t now_ns() {
  return std::chrono::nanoseconds{std::chrono::system_clock::now().time_since_epoch()}.count();
}

void say(const Stage& stage, const std::string& word) {
  Process command{{"arbees", word, "--set",
                   "ledger.file=" + (stage.folder() / "ledger.sqlite").string(), "--set",
                   "kill_switch.file=" + (stage.folder() / "kill_switch").string()},
                  stage.folder() / "command.log"};
  const auto code = command.wait(20s);
  INFO(command.output());
  REQUIRE(code == 0);
}

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

/// From SIGUSR1 to the last order that left, in milliseconds; less than 0 if none did.
double halt_once(const Stage& stage, Process& arbees, std::chrono::milliseconds moment) {
  const auto pairs = number(stage, "select count(*) as n from pairs");
  REQUIRE(
    eventually([&] { return number(stage, "select count(*) as n from pairs") > pairs; }, 60s));
  std::this_thread::sleep_for(moment); // where a trade is hit is left to chance
  const auto halted_at = now_ns();
  arbees.signal(SIGUSR1);
  REQUIRE(eventually(
    [&] {
      return number(stage,
                    "select count(*) as n from trading_controls where state = 'halted' and "
                    "at_ns >= "
                      + std::to_string(halted_at))
             == 1;
    },
    20s));
  // Orders that are out are heard of; what is left open stays so until trading is resumed.
  REQUIRE(eventually(
    [&] {
      return number(stage,
                    "select count(*) as n from orders where sent_at_ns is not null and "
                    "status in ('intent', 'accepted', 'unknown')")
             == 0;
    },
    30s));
  const auto last = number(stage, "select max(sent_at_ns) as n from orders");
  say(stage, "resume");
  return static_cast<double>(last - halted_at) / 1e6;
}

} // namespace

TEST_CASE("Halted, no order leaves any more, and resumed it trades on") {
  Stage stage;
  stage.start_simulator({"--games", "24", "--seed", "12", "--speed", "10"});
  Process arbees{stage.live_arbees({}), stage.folder() / "arbees.log"};
  const auto log = stage.folder() / "log";
  REQUIRE(
    eventually([&] { return read_file(log).find("node.started") != std::string::npos; }, 20s));
  std::mt19937 random{5};
  std::uniform_int_distribution<int> moment_ms{0, 400};
  std::vector<double> last_order_ms;
  for (int i = 0; i < 8; ++i) {
    last_order_ms.push_back(halt_once(stage, arbees, std::chrono::milliseconds{moment_ms(random)}));
  }
  std::ranges::sort(last_order_ms);
  std::cout << fmt::format(
    "from halt to the last order: {:.1f} ms at the median, {:.1f} ms at "
    "most (less than 0: none left after it)\n",
    last_order_ms[last_order_ms.size() / 2], last_order_ms.back());
  CHECK(last_order_ms[last_order_ms.size() / 2] <= 50.0);
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
