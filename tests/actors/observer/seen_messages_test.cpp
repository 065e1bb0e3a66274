#include "actors/observer/seen_messages.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <set>

using namespace arbees;

TEST_CASE("A message is new once, whatever the order") {
  SeenMessages seen;
  CHECK(seen.first_time("s", "r", 5));
  CHECK_FALSE(seen.first_time("s", "r", 5));
  CHECK(seen.first_time("s", "r", 3));
  CHECK_FALSE(seen.first_time("s", "r", 3));
  CHECK(seen.first_time("s", "r", 4));
  CHECK(seen.first_time("s", "other", 5));
  CHECK(seen.first_time("other", "r", 5));
  CHECK(seen.first_time("s", "r", 0));
}

TEST_CASE("Inside the window the answer is that of a set of all numbers") {
  SeenMessages seen;
  std::set<std::uint64_t> oracle;
  std::mt19937_64 random{7};
  std::uint64_t highest = 0;
  for (auto i = 0; i < 400'000; ++i) {
    const auto step = std::uniform_int_distribution<std::uint64_t>{0, 9}(random);
    const auto back = std::uniform_int_distribution<std::uint64_t>{0, 300}(random);
    const auto leap = i % 100'000 == 99'999 ? SeenMessages::window + 17 : 0;
    const auto seq = highest + step + leap - std::min(back, highest);
    highest = std::max(highest, seq);
    REQUIRE(seen.first_time("s", "r", seq) == oracle.insert(seq).second);
  }
}

TEST_CASE("What is older than the window counts as seen") {
  SeenMessages seen;
  CHECK(seen.first_time("s", "r", SeenMessages::window + 10));
  CHECK_FALSE(seen.first_time("s", "r", 10));
  CHECK(seen.first_time("s", "r", 11));
}

TEST_CASE("Too many runs: the one that was silent for longest is forgotten") {
  SeenMessages seen;
  for (std::size_t i = 0; i < SeenMessages::max_runs; ++i) {
    CHECK(seen.first_time("s", std::to_string(i), 0));
  }
  CHECK_FALSE(seen.first_time("s", "0", 0)); // heard again: "1" is the oldest now
  CHECK(seen.first_time("s", "new", 0));
  CHECK_FALSE(seen.first_time("s", "0", 0));
  CHECK(seen.first_time("s", "1", 0));
}
