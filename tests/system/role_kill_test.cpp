#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>
#include <thread>

#include "tests/system/accounts.hpp"
#include "tests/system/split_stage.hpp"

// Any one process of many is killed, or cannot be reached, at any moment.

using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

constexpr auto lease = 2s; // of SplitStage
constexpr auto margin = 2s;

std::vector<Part> all_parts() {
  return {{"risk", {"signal-processor"}},    {"positions", {"position-tracker"}},
          {"money", {"executor"}},           {"kalshi", {"kalshi-monitor"}},
          {"poly", {"polymarket-monitor"}},  {"shard-1", {"game-shard"}},
          {"shard-2", {"game-shard"}},       {"games", {"orchestrator"}},
          {"watch", {"observer", "history"}}};
}

struct Outage {
  std::string part;
  bool killed = false; ///< else frozen: its connections stand, and nothing comes
  std::chrono::milliseconds pause{};
};

Outage draw(std::mt19937& random) {
  const auto parts = all_parts();
  const auto upto = [&](std::size_t most) {
    return std::uniform_int_distribution<std::size_t>{0, most}(random);
  };
  return {.part = parts[upto(parts.size() - 1)].name,
          .killed = upto(1) == 0,
          .pause = std::chrono::milliseconds{upto(1'500)}};
}

std::int64_t games_of(const SplitStage& split, const std::string& node) {
  const auto view = boost::json::parse(split.ask("hosts", {"hosts", "--json"})).as_object();
  for (const auto& host : view.at("hosts").as_array()) {
    if (host.at("node").as_string() == node) {
      return host.at("games").to_number<std::int64_t>();
    }
  }
  return 0;
}

/// Games of a shard host that is out of reach go to the other within 5 s of the end of their
/// leases.
void check_that_games_move(const SplitStage& split, const std::string& shard) {
  const auto begun = std::chrono::steady_clock::now();
  CHECK(eventually([&] { return games_of(split, shard) == 0; }, lease + margin + 5s + 5s));
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
  std::cout << fmt::format("  games of {} moved after {:.1f} s, its leases last {} s\n", shard,
                           taken.count(), lease.count());
}

/// One of `parts` is gone for `away`, and then back.
void suffer(SplitStage& split, const Outage& outage, std::chrono::seconds away) {
  std::this_thread::sleep_for(outage.pause); // the moment itself
  const auto back_at = std::chrono::steady_clock::now() + away;
  if (outage.killed) {
    split.kill(outage.part);
  } else {
    split.process(outage.part).signal(SIGSTOP);
  }
  if (outage.part.starts_with("shard") && away >= lease + margin + 5s) {
    check_that_games_move(split, outage.part);
  }
  std::this_thread::sleep_until(back_at);
  if (outage.killed) {
    split.start(outage.part);
  } else {
    split.process(outage.part).signal(SIGCONT);
  }
}

int setting(const char* name, int otherwise) {
  const auto* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

/// Trades live with one process per role, of which one after the other goes away, then compares.
void lose_one_after_the_other(unsigned seed, int outages, std::chrono::seconds away) {
  SplitStage split{all_parts(), SplitMode::live};
  split.start_all();
  REQUIRE(split.logs("money", "outcome=complete", 2));
  std::mt19937 random{seed};
  for (int i = 0; i < outages; ++i) {
    const auto outage = draw(random);
    suffer(split, outage, away);
    const auto begun = std::chrono::steady_clock::now();
    const auto trades = split.trades_on(1);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
    std::cout << fmt::format("{} {} for {} s; the next pair {:.1f} s after its return\n",
                             outage.part, outage.killed ? "killed" : "frozen", away.count(),
                             taken.count());
    CAPTURE(seed, i, outage.part, outage.killed);
    INFO(split.story());
    REQUIRE(trades);
  }
  split.stage.order_simulator("/sim/stop-games", "{}");
  std::ofstream{split.stage.folder() / "kill_switch"} << "reduce_only the end of the test\n";
  std::string left;
  eventually([&] { return (left = pending(split.stage)).empty(); }, 90s);
  INFO(split.story());
  CHECK(left == "");
  split.stop();
  CHECK(split.doubles() == 0);
  CHECK(split.summary("money").at("pairs_open").to_number<int>() == 0);
  check_accounts(split.stage);
  check_no_order_twice(split.stage);
}

} // namespace

TEST_CASE("Whichever process goes away, killed or frozen, trading goes on and the books agree") {
  lose_one_after_the_other(3, 4, 4s);
}

TEST_CASE("ARBEES_OUTAGES of 10 s, one process after the other", "[.soak]") {
  lose_one_after_the_other(static_cast<unsigned>(setting("ARBEES_OUTAGE_SEED", 100)),
                           setting("ARBEES_OUTAGES", 50), 10s);
}
