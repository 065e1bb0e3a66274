#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <thread>

#include "tests/system/accounts.hpp"
#include "tests/system/write_watch.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

/// When a life of arbees ends.
enum class Moment {
  ledger_write, ///< between two writes to the ledger while pairs are open: around every commit
  trade,        ///< some time after a pair was opened: in the venue's delay, a hedge, an answer
  start,        ///< while it reads the ledger, asks the venues, and repairs
};

struct Plan {
  Moment moment = Moment::trade;
  int writes = 0;       ///< of Moment::ledger_write
  milliseconds pause{}; ///< of the others
};

Plan draw(std::mt19937& random) {
  const auto upto = [&](int most) { return std::uniform_int_distribution{0, most}(random); };
  const auto kind = upto(9);
  if (kind < 5) {
    return {.moment = Moment::ledger_write, .writes = 1 + upto(40)};
  }
  return kind < 8 ? Plan{.moment = Moment::trade, .pause = milliseconds{upto(1'500)}}
                  : Plan{.moment = Moment::start, .pause = milliseconds{upto(800)}};
}

/// Orders rest at Polymarket in every other night.
std::string leg_policy_of(unsigned seed) {
  return seed % 2 == 0 ? "delayed_first" : "auto";
}

struct Figures {
  std::vector<double> ready_seconds; ///< from the start of the program
  int pairs_left_open = 0;
};

int count(const Stage& stage, const std::string& what) {
  return stage.ledger("select count(*) as count from " + what)[0].at("count").to_number<int>();
}

int open_pairs(const Stage& stage) {
  return count(stage, "pairs where outcome is null");
}

/// Which filters stopped signals lately, for a test that finds nothing traded.
std::string refusals(const Stage& stage) {
  const auto bus = read_file(stage.folder() / "bus.jsonl");
  std::map<std::string, int> filters;
  const std::string_view lately =
    std::string_view{bus}.substr(bus.size() - std::min<std::size_t>(bus.size(), 4U << 20U));
  constexpr std::string_view key = R"("filter":")";
  for (auto at = lately.find(key); at != lately.npos; at = lately.find(key, at + 1)) {
    const auto name = lately.substr(at + key.size());
    ++filters[std::string{name.substr(0, name.find('"'))}];
  }
  std::string text;
  for (const auto& [name, times] : filters) {
    text += fmt::format("{} {}, ", name, times);
  }
  return text;
}

/// One run of arbees on the stage's ledger, from its first instruction on.
class Life {
public:
  Life(const Stage& stage, const std::string& leg_policy)
    : log_(stage.folder() / "log"),
      earlier_(read_file(log_).size()),
      arbees_(stage.live_arbees({"--set", "arbitrage.leg_policy=" + leg_policy}),
              stage.folder() / "arbees.log") {}

  /// Until it may open pairs: the ledger is read, and both venues were found to agree with it.
  void await_ready(Figures& figures) {
    const auto ready = eventually(
      [&] { return said().find("executor.ready") != std::string::npos || !arbees_.running(); },
      30s);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun_;
    INFO(said());
    INFO(arbees_.output());
    REQUIRE(arbees_.running());
    REQUIRE(ready);
    figures.ready_seconds.push_back(taken.count());
  }

  void kill() {
    REQUIRE(arbees_.running());
    arbees_.signal(SIGKILL);
    REQUIRE(arbees_.wait(5s) == 128 + SIGKILL);
  }

  void end() {
    arbees_.signal(SIGTERM);
    REQUIRE(arbees_.wait(60s) == 0);
  }

  [[nodiscard]] std::string said() const { return read_file(log_).substr(earlier_); }

private:
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::filesystem::path log_;
  std::size_t earlier_;
  Process arbees_;
};

void live_and_die(const Stage& stage, const std::string& leg_policy, const Plan& plan,
                  Figures& figures) {
  Life life{stage, leg_policy};
  if (plan.moment == Moment::start) {
    std::this_thread::sleep_for(plan.pause); // the moment itself
    life.kill();
    return;
  }
  life.await_ready(figures);
  const auto opened = eventually([&] { return open_pairs(stage) > 0; }, 60s);
  INFO(life.said());
  INFO("refused by: " << refusals(stage));
  REQUIRE(opened);
  if (plan.moment == Moment::ledger_write) {
    WriteWatch watch{stage.folder() / "ledger.sqlite-wal"};
    REQUIRE(watch.wait(plan.writes, 20s));
  } else {
    std::this_thread::sleep_for(plan.pause); // the moment itself
  }
  life.kill();
  figures.pairs_left_open += open_pairs(stage);
}

void check_ledger(const Stage& stage) {
  Process verify{{"arbees", "ledger", "verify", "--ledger",
                  (stage.folder() / "ledger.sqlite").string()},
                 stage.folder() / "verify.log"};
  const auto code = verify.wait(60s);
  INFO(verify.output());
  CHECK(code == 0);
}

/// Kills arbees at seeded moments while it trades live, starts it again each time with the same
/// ledger, and compares in the end. The venues go on all the while.
Figures kill_and_restart(int kills, unsigned seed) {
  Stage stage;
  stage.start_simulator({"--games", "24", "--seed", std::to_string(seed), "--speed", "10"});
  std::mt19937 random{seed};
  Figures figures;
  for (int i = 0; i < kills; ++i) {
    const auto plan = draw(random);
    CAPTURE(i, plan.moment, plan.writes, plan.pause.count());
    live_and_die(stage, leg_policy_of(seed), plan, figures);
  }
  stage.order_simulator("/sim/stop-games", "{}");
  Life last{stage, leg_policy_of(seed)};
  last.await_ready(figures);
  std::ofstream{stage.folder() / "kill_switch"} << "reduce_only the end of the test\n";
  std::string left;
  eventually([&] { return (left = pending(stage)).empty(); }, 90s);
  INFO(last.said());
  CHECK(left == "");
  last.end();
  CHECK(stage.summary().at("pairs_open") == 0);
  CHECK(figures.pairs_left_open > 0);
  if (leg_policy_of(seed) == "auto") {
    CHECK(count(stage, "orders where time_in_force = 'gtc' and filled_e6 > 0") > 0);
  }
  check_accounts(stage);
  check_no_order_twice(stage);
  check_ledger(stage);
  return figures;
}

void print(Figures figures, int kills) {
  std::ranges::sort(figures.ready_seconds);
  const auto& ready = figures.ready_seconds;
  std::cout << fmt::format(
    "{} kills, {} pairs left open by them; ready again after {:.2f} s at "
    "the median, {:.2f} s at most\n",
    kills, figures.pairs_left_open, ready[ready.size() / 2], ready.back());
}

int setting(const char* name, int otherwise) {
  const auto* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

void kill_again_and_again(int kills, unsigned seed) {
  const auto figures = kill_and_restart(kills, seed);
  print(figures, kills);
  auto ready = figures.ready_seconds;
  std::ranges::nth_element(ready, ready.begin() + static_cast<std::ptrdiff_t>(ready.size() / 2));
  CHECK(ready[ready.size() / 2] < 2.0);
}

} // namespace

TEST_CASE("Killed at any of 26 moments, the ledger ends equal to the venues' books") {
  kill_again_and_again(26, 7);
}

TEST_CASE("Killed at any of 26 other moments, the ledger ends equal to the venues' books") {
  kill_again_and_again(26, 8);
}

TEST_CASE("Killed at any of 26 more moments, the ledger ends equal to the venues' books") {
  kill_again_and_again(26, 9);
}

TEST_CASE("Killed at any of 26 last moments, the ledger ends equal to the venues' books") {
  kill_again_and_again(26, 10);
}

TEST_CASE("Killed ARBEES_KILLS times in each of ARBEES_KILL_SEEDS nights", "[.soak]") {
  const auto first = setting("ARBEES_KILL_SEED", 100);
  for (int seed = first; seed < first + setting("ARBEES_KILL_SEEDS", 10); ++seed) {
    CAPTURE(seed);
    kill_again_and_again(setting("ARBEES_KILLS", 100), static_cast<unsigned>(seed));
  }
}
