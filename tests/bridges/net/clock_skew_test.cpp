#include "bridges/net/clock_skew.hpp"

#include <catch2/catch.hpp>

using namespace arbees;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp t0 = from_ms(1'795'226'400'000); // a whole second

/// What a server whose clock is `ahead` says when asked at `at`; the way takes 10 ms each.
void ask(ClockSkew& skew, Timestamp at, Duration ahead) {
  const auto stamped = at + 10ms + ahead;
  skew.heard(std::chrono::floor<std::chrono::seconds>(stamped), at, at + 20ms);
}

} // namespace

TEST_CASE("an HTTP date is read, and rubbish is not") {
  CHECK(parse_http_date("Sat, 21 Nov 2026 07:01:43 GMT") == from_ms(1'795'244'503'000));
  CHECK(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT") == from_ms(0));
  for (const auto* const text :
       {"", "Sat, 21 Nov 2026 07:01:43 UTC", "Sat, 31 Feb 2026 07:01:43 GMT",
        "Sat, 21 Nov 2026 24:01:43 GMT", "Sat, 21 Nov 2026 07:61:43 GMT",
        "Sat, 21 Nov 2026 07:01:4x GMT", "Sat, 21 Nox 2026 07:01:43 GMT",
        "Sat, 21 Nov -026 07:01:43 GMT", "Saturday, 21-Nov-26 07:01:43 GMT",
        "1795244503                   "}) {
    CHECK_FALSE(parse_http_date(text));
  }
}

TEST_CASE("a clock that may be right is left alone") {
  ClockSkew skew;
  CHECK(skew.offset() == 0s);
  CHECK(skew.proven() == 0s);
  for (int i = 0; i < 10; ++i) {
    ask(skew, t0 + i * 137ms, 0s);
    CHECK(skew.offset() == 0s);
  }
  CHECK(skew.known());
}

TEST_CASE("many whole seconds tell an offset of milliseconds") {
  const auto ahead = GENERATE(Duration{-61s}, Duration{-1'300ms}, Duration{900ms}, Duration{30s});
  ClockSkew skew;
  for (int i = 0; i < 100; ++i) {
    ask(skew, t0 + i * 137ms, ahead);
  }
  CHECK(skew.offset() > ahead - 50ms);
  CHECK(skew.offset() < ahead + 50ms);
  const auto size = ahead < 0s ? -ahead : ahead;
  CHECK(skew.proven() <= size);
  CHECK(skew.proven() > size - 50ms);
}

TEST_CASE("one answer proves what it can, and no more") {
  ClockSkew skew;
  skew.heard(t0 + 3s, t0, t0 + 20ms);
  CHECK(skew.proven() == 2'980ms);
  CHECK(skew.offset() == (2'980ms + 4'000ms) / 2);
}

TEST_CASE("a clock that was set, or heard of long ago, starts over") {
  ClockSkew skew;
  ask(skew, t0, 30s);
  CHECK(skew.proven() > 28s);
  ask(skew, t0 + 1s, 0s);
  CHECK(skew.offset() == 0s);
  ask(skew, t0 + 2s, 30s);
  ask(skew, t0 + 10min, 29s); // within the second that one Date leaves open
  CHECK(skew.proven() >= 28s);
  CHECK(skew.proven() < 29s);
}
