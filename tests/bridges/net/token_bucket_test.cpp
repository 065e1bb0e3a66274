#include "bridges/net/token_bucket.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace arbees;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp start{1'000s};
/// Kalshi, tier Basic, writes: an order costs 10, a cancel 2 (venues/kalshi.md section 7).
constexpr TokenBucketConfig basic{.capacity = 100, .refill_per_second = 100};

} // namespace

TEST_CASE("Basic allows ten orders at once and the eleventh after 100 ms") {
  TokenBucket bucket{basic, start};
  for (auto i = 0; i < 10; ++i) {
    CHECK(bucket.take(10, Urgency::normal, start));
  }
  CHECK_FALSE(bucket.take(10, Urgency::normal, start));
  CHECK(bucket.wait_for(10, Urgency::normal, start) == Duration{100ms});
  CHECK_FALSE(bucket.take(10, Urgency::normal, start + 100ms - 1ns));
  CHECK(bucket.wait_for(10, Urgency::normal, start + 100ms) == Duration::zero());
  CHECK(bucket.take(10, Urgency::normal, start + 100ms));
  CHECK_FALSE(bucket.take(1, Urgency::normal, start + 100ms));
}

TEST_CASE("a cancel costs 2") {
  TokenBucket bucket{basic, start};
  CHECK(bucket.take(98, Urgency::normal, start));
  CHECK_FALSE(bucket.take(10, Urgency::normal, start));
  CHECK(bucket.take(2, Urgency::normal, start));
  CHECK(bucket.wait_for(2, Urgency::normal, start) == Duration{20ms});
}

TEST_CASE("a batch of 25 orders needs 250 tokens at once") {
  TokenBucket small{basic, start};
  CHECK_FALSE(small.take(250, Urgency::urgent, start));
  CHECK_FALSE(small.wait_for(250, Urgency::urgent, start)); // never: it must be split
  TokenBucket large{{.capacity = 300, .refill_per_second = 100}, start};
  CHECK(large.take(250, Urgency::normal, start));
  CHECK(large.wait_for(250, Urgency::normal, start) == Duration{2s});
}

TEST_CASE("a reserve is kept for cancels and hedges") {
  TokenBucket bucket{{.capacity = 100, .refill_per_second = 100, .reserve = 30}, start};
  for (auto i = 0; i < 7; ++i) {
    CHECK(bucket.take(10, Urgency::normal, start));
  }
  CHECK_FALSE(bucket.take(10, Urgency::normal, start));
  CHECK(bucket.wait_for(10, Urgency::normal, start) == Duration{100ms});
  CHECK(bucket.take(10, Urgency::urgent, start));
  CHECK(bucket.take(20, Urgency::urgent, start));
  CHECK_FALSE(bucket.take(1, Urgency::urgent, start));
  CHECK_FALSE(bucket.wait_for(80, Urgency::normal, start)); // more than is ever free for it
  CHECK(bucket.wait_for(80, Urgency::urgent, start) == Duration{800ms});
}

TEST_CASE("a bucket never holds more than its capacity") {
  TokenBucket bucket{basic, start};
  CHECK(bucket.take(100, Urgency::normal, start));
  const auto later = start + GENERATE(Duration{1s}, Duration{1s + 1ns}, Duration{24h * 365 * 100});
  CHECK(bucket.tokens(later) == 100);
  CHECK(bucket.take(100, Urgency::normal, later));
  CHECK_FALSE(bucket.take(1, Urgency::normal, later));
}

TEST_CASE("a stamp from the past makes nobody richer") {
  TokenBucket bucket{basic, start};
  CHECK(bucket.take(100, Urgency::normal, start));
  CHECK_FALSE(bucket.take(1, Urgency::normal, start - 1h));
  CHECK(bucket.tokens(start - 1h) == 0);
  CHECK(bucket.take(1, Urgency::normal, start + 10ms));
  CHECK(bucket.tokens(start + 10ms) == 0);
}

TEST_CASE("no token is lost or made over many small steps") {
  TokenBucket bucket{{.capacity = 3, .refill_per_second = 7}, start};
  auto now = start;
  std::int64_t taken = 0;
  for (auto i = 0; i < 100'000; ++i) {
    now += 333'333ns;
    taken += bucket.take(1, Urgency::normal, now) ? 1 : 0;
  }
  // 33.3333 s at 7 per second, and the 3 of the start.
  CHECK(taken + bucket.tokens(now) == 3 + 233);
}

TEST_CASE("a 429 empties the bucket") {
  TokenBucket bucket{basic, start};
  bucket.drain(start);
  CHECK(bucket.wait_for(10, Urgency::urgent, start) == Duration{100ms});
}

TEST_CASE("new limits keep what is in the bucket") {
  TokenBucket bucket{basic, start};
  CHECK(bucket.take(60, Urgency::normal, start));
  bucket.configure({.capacity = 900, .refill_per_second = 300}, start);
  CHECK(bucket.tokens(start) == 40);
  CHECK(bucket.tokens(start + 1s) == 340);
  bucket.configure({.capacity = 20, .refill_per_second = 10}, start + 1s);
  CHECK(bucket.tokens(start + 1s) == 20);
}

TEST_CASE("the largest bucket does not overflow") {
  constexpr std::int64_t most = 1'000'000'000;
  TokenBucket bucket{{.capacity = most, .refill_per_second = most}, start};
  CHECK(bucket.take(most, Urgency::normal, start));
  CHECK(bucket.wait_for(most, Urgency::normal, start) == Duration{1s});
  CHECK(bucket.tokens(start + 24h * 365 * 100) == most);
}
