#include <fmt/format.h>

#include <chrono>

#include "tools/replay/session_setup.hpp"
#include "tools/replay/sim_world.hpp"

using namespace arbees;
using namespace arbees::replay;

int main(int argc, char** argv) {
  Config config;
  auto setup = session_config(config);
  if (!setup) {
    fmt::print(stderr, "{}\n", describe(setup.error()));
    return 1;
  }
  const auto live = argc > 1 && std::string{argv[1]} == "live";
  const auto seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const auto seconds = argc > 3 ? std::atoi(argv[3]) : 60;
  const auto games = argc > 4 ? std::atoi(argv[4]) : 24;
  const auto rate = argc > 5 ? std::atoi(argv[5]) : 400;
  const auto back = argc > 6 ? std::atoi(argv[6]) : 0;
  const auto begin = std::chrono::steady_clock::now();
  SimWorld world{
    {.games = games, .seed = seed, .speed = 10, .rate = rate, .epoch_ms = 1'795'226'400'000},
    setup->tables};
  Session session{*setup, live ? world.live_venues({.delays = {WireDelay{setup->paper[0].latency, std::chrono::milliseconds{back}}, WireDelay{setup->paper[1].latency, std::chrono::milliseconds{back}}}}) : paper_venues(*setup), &world};
  world.open(session);
  world.run(session, std::chrono::seconds{seconds});
  world.finish(session);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const auto& tally = session.tally();
  fmt::print(
    "took {:.2f} s messages {} books {} signals {} requests {} orders {} fills {} hash {}\n",
    took.count(), tally.messages, tally.books, tally.signals, tally.requests, tally.orders,
    tally.fills, tally.hash());
  fmt::print("locked {} marked {} fees {} matched {}\n", to_string(tally.locked_profit()),
             to_string(tally.marked_profit()), to_string(tally.fees), to_string(tally.matched));
  for (const auto* m :
       {&tally.rejected, &tally.order_ends, &tally.outcomes, &tally.pair_reasons, &tally.alerts}) {
    for (const auto& [name, count] : *m)
      fmt::print("  {}={}", name, count);
    fmt::print("\n");
  }
  for (const auto& [name, count] : world.answers().failed())
    fmt::print("failed {}={}\n", name, count);
  for (const auto& [name, count] : session.shard_metrics().values)
    fmt::print(" {}={}", name, count);
  fmt::print("\n");
}
