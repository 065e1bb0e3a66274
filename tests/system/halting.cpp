#include "tests/system/halting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>
#include <random>
#include <thread>

namespace arbees::test {

using namespace std::chrono_literals;

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

double
halt_once(const Stage& stage, std::chrono::milliseconds moment, const std::function<void()>& halt) {
  const auto pairs = number(stage, "select count(*) as n from pairs");
  REQUIRE(
    eventually([&] { return number(stage, "select count(*) as n from pairs") > pairs; }, 60s));
  std::this_thread::sleep_for(moment); // where a trade is hit is left to chance
  const auto halted_at = now_ns();
  halt();
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

double halt_again_and_again(const Stage& stage, int times, const std::function<void()>& halt) {
  std::mt19937 random{5};
  std::uniform_int_distribution<int> moment_ms{0, 400};
  std::vector<double> last_order_ms;
  for (int i = 0; i < times; ++i) {
    last_order_ms.push_back(halt_once(stage, std::chrono::milliseconds{moment_ms(random)}, halt));
  }
  std::ranges::sort(last_order_ms);
  const auto median = last_order_ms[last_order_ms.size() / 2];
  std::cout << fmt::format(
    "from halt to the last order: {:.1f} ms at the median, {:.1f} ms at "
    "most (less than 0: none left after it)\n",
    median, last_order_ms.back());
  return median;
}

} // namespace arbees::test
