#include "bridges/net/backoff.hpp"

#include <catch2/catch.hpp>

using namespace arbees;
using namespace std::chrono_literals;

TEST_CASE("the ceiling of the backoff doubles up to its longest wait") {
  Backoff backoff{1s, 30s, 42};
  for (const auto ceiling : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    CHECK(backoff.ceiling() == ceiling);
    const auto wait = backoff.next();
    CHECK(wait >= 0s);
    CHECK(wait <= ceiling);
  }
  backoff.reset();
  CHECK(backoff.ceiling() == 1s);
}

TEST_CASE("waits are spread over the whole range and repeat with the seed") {
  Backoff one{1s, 1s, 7};
  Backoff same{1s, 1s, 7};
  Backoff other{1s, 1s, 8};
  auto low = 0;
  auto differing = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto wait = one.next();
    CHECK(wait == same.next());
    low += wait < 500ms ? 1 : 0;
    differing += wait != other.next() ? 1 : 0;
  }
  CHECK(low > 400);
  CHECK(low < 600);
  CHECK(differing > 990);
}
