#include "bridges/kalshi/kalshi_pacer.hpp"

#include <catch2/catch.hpp>

using namespace arbees;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp t0 = from_ms(1'795'226'400'000);

/// Writes of `cost` that go out at `now` before one must wait.
int burst(KalshiPacer& pacer, std::int32_t shard, std::int64_t cost, Urgency urgency,
          Timestamp now) {
  int count = 0;
  while (pacer.take_write(shard, cost, urgency, now) == Duration::zero()) {
    ++count;
  }
  return count;
}

} // namespace

TEST_CASE("conformance 15: ten orders at once from 100 tokens, the eleventh waits 100 ms") {
  KalshiPacer pacer{t0};
  CHECK(burst(pacer, 3, kalshi_order_cost, Urgency::urgent, t0) == 10);
  CHECK(pacer.take_write(3, kalshi_order_cost, Urgency::urgent, t0) == 100ms);
  CHECK(pacer.take_write(3, kalshi_order_cost, Urgency::urgent, t0 + 100ms - 1ns) == 1ns);
  CHECK(pacer.take_write(3, kalshi_order_cost, Urgency::urgent, t0 + 100ms) == Duration::zero());
}

TEST_CASE("conformance 15: a cancel costs 2, and a batch of 25 never fits the smallest tier") {
  KalshiPacer pacer{t0};
  CHECK(burst(pacer, 3, kalshi_cancel_cost, Urgency::urgent, t0) == 50);
  CHECK(pacer.take_write(3, 25 * kalshi_order_cost, Urgency::urgent, t0 + 1h) >= 1h);
  pacer.configure(
    {.read_per_second = 300, .read_capacity = 600, .write_per_second = 300, .write_capacity = 900},
    t0 + 1h);
  CHECK(pacer.take_write(3, 25 * kalshi_order_cost, Urgency::urgent, t0 + 2h) == Duration::zero());
}

TEST_CASE("new pairs leave tokens for cancels and hedges") {
  KalshiPacer pacer{t0};
  CHECK(burst(pacer, 0, kalshi_order_cost, Urgency::normal, t0) == 7);
  CHECK(burst(pacer, 0, kalshi_order_cost, Urgency::urgent, t0) == 3);
}

TEST_CASE("each shard has a bucket of its own, and reads another") {
  KalshiPacer pacer{t0};
  burst(pacer, 3, kalshi_order_cost, Urgency::urgent, t0);
  CHECK(burst(pacer, 2, kalshi_order_cost, Urgency::urgent, t0) == 10);
  CHECK(burst(pacer, 0, kalshi_order_cost, Urgency::urgent, t0) == 10);
  int reads = 0;
  while (pacer.take_read(kalshi_read_cost, Urgency::urgent, t0) == Duration::zero()) {
    ++reads;
  }
  CHECK(reads == 20);
}

TEST_CASE("after a 429 that bucket starts from nothing, the others do not") {
  KalshiPacer pacer{t0};
  pacer.refused_write(3, t0);
  CHECK(pacer.take_write(3, kalshi_order_cost, Urgency::urgent, t0) == 100ms);
  CHECK(pacer.take_write(0, kalshi_order_cost, Urgency::urgent, t0) == Duration::zero());
  pacer.refused_read(t0);
  CHECK(pacer.take_read(kalshi_read_cost, Urgency::urgent, t0) == 50ms);
}
