#include "actors/orchestrator/host_circuit.hpp"

#include <catch2/catch.hpp>

using namespace arbees;
using namespace std::chrono_literals;

namespace {

const Timestamp start = from_ms(1'795'226'400'000);

HostCircuits after_three_failures() {
  HostCircuits circuits{{}};
  for (const auto at : {0s, 10s, 20s}) {
    circuits.fail("shard-1", start + at);
  }
  return circuits;
}

} // namespace

TEST_CASE("a host that fails now and then is given games as before") {
  HostCircuits circuits{{}};
  for (int minute = 0; minute < 10; ++minute) {
    circuits.tick(start + std::chrono::minutes{minute});
    circuits.fail("shard-1", start + std::chrono::minutes{minute});
    circuits.fail("shard-1", start + std::chrono::minutes{minute} + 1s);
    circuits.tick(start + std::chrono::minutes{minute} + 61s);
    CHECK(circuits.limit("shard-1", 200) == 200);
  }
}

TEST_CASE("a host that comes and goes gets nothing for a while, then one game, then all") {
  auto circuits = after_three_failures();
  CHECK(circuits.state("shard-1") == CircuitState::open);
  CHECK(circuits.limit("shard-1", 200) == 0);
  CHECK(circuits.limit("shard-2", 200) == 200);
  circuits.tick(start + 34s);
  CHECK(circuits.limit("shard-1", 200) == 0);
  circuits.tick(start + 35s);
  CHECK(circuits.state("shard-1") == CircuitState::half_open);
  CHECK(circuits.limit("shard-1", 200) == 1);
  circuits.tick(start + 54s);
  CHECK(circuits.limit("shard-1", 200) == 1);
  circuits.tick(start + 55s);
  CHECK(circuits.state("shard-1") == CircuitState::closed);
  CHECK(circuits.limit("shard-1", 200) == 200);
}

TEST_CASE("a host that fails on probation waits twice as long, up to a limit") {
  auto circuits = after_three_failures();
  auto now = start + 20s;
  auto wait = 15s;
  for (int round = 0; round < 8; ++round) {
    circuits.tick(now + wait - 1s);
    CHECK(circuits.state("shard-1") == CircuitState::open);
    now += wait;
    circuits.tick(now);
    REQUIRE(circuits.state("shard-1") == CircuitState::half_open);
    now += 1s;
    circuits.fail("shard-1", now);
    CHECK(circuits.state("shard-1") == CircuitState::open);
    wait = std::min(wait * 2, 300s);
  }
}
