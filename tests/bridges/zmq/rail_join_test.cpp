#include "bridges/zmq/rail_join.hpp"

#include <catch2/catch.hpp>
#include <random>

using namespace arbees;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

using Moment = RailJoin::Moment;

WireMessage
message(std::uint64_t seq, const std::string& source = "s", const std::string& run = "r") {
  return {.topic = "prices.x", .source = source, .run = run, .seq = seq};
}

} // namespace

TEST_CASE("Each number of two rails is given out once, whichever brings it first") {
  RailJoin join;
  const Moment now{};
  CHECK(join.take(Rail::zmq, message(7), now));
  CHECK_FALSE(join.take(Rail::redis, message(7), now));
  CHECK(join.take(Rail::redis, message(8), now));
  CHECK(join.take(Rail::redis, message(9), now));
  CHECK_FALSE(join.take(Rail::zmq, message(8), now));
  CHECK_FALSE(join.take(Rail::redis, message(9), now)); // published again
  CHECK(join.counters().given == std::array<std::uint64_t, 2>{1, 2});
  CHECK(join.counters().doubles == 3);
  CHECK(join.counters().late == 0);
}

TEST_CASE("What comes behind something newer is dropped and counted, for it may turn time back") {
  RailJoin join;
  const Moment now{};
  CHECK(join.take(Rail::zmq, message(1), now));
  CHECK(join.take(Rail::zmq, message(4), now)); // 2 and 3 were lost there
  CHECK_FALSE(join.take(Rail::redis, message(2), now));
  CHECK_FALSE(join.take(Rail::redis, message(4), now));
  CHECK(join.counters().late == 1);
  CHECK(join.counters().doubles == 1);
  // Far behind nobody knows any more what was given out.
  CHECK(join.take(Rail::zmq, message(1'000'000), now));
  CHECK_FALSE(join.take(Rail::redis, message(5), now));
  CHECK(join.counters().late == 2);
}

TEST_CASE("Sources and runs have numbers of their own") {
  RailJoin join;
  const Moment now{};
  CHECK(join.take(Rail::zmq, message(50), now));
  CHECK(join.take(Rail::zmq, message(0, "other"), now));
  CHECK(join.take(Rail::zmq, message(0, "s", "anew"), now));
  CHECK_FALSE(join.take(Rail::redis, message(50), now)); // the run before, by the slower rail
  CHECK(join.take(Rail::redis, message(51), now));
  CHECK_FALSE(join.take(Rail::redis, message(0, "s", "anew"), now));
}

TEST_CASE("A rail that is quiet while the other goes on is called silent, until it is heard") {
  RailJoin join{{.silence = milliseconds{1'000}}};
  Moment now{};
  join.take(Rail::zmq, message(0), now);
  join.take(Rail::redis, message(0), now);
  now += seconds{60}; // nobody says anything: nobody is silent
  join.take(Rail::redis, message(1), now);
  join.take(Rail::zmq, message(1), now);
  now += seconds{60};
  CHECK(join.take(Rail::redis, message(2), now));
  now += milliseconds{1'000};
  CHECK(join.take(Rail::redis, message(3), now));
  CHECK(join.take_notices().empty());
  now += milliseconds{1};
  CHECK(join.take(Rail::redis, message(4), now));
  now += seconds{60};
  CHECK(join.take(Rail::redis, message(5), now)); // said once
  const auto silent = join.take_notices();
  REQUIRE(silent.size() == 1);
  CHECK(silent[0].rail == Rail::zmq);
  CHECK(silent[0].silent);
  CHECK(silent[0].source == "s");
  CHECK_FALSE(join.take(Rail::zmq, message(5), now));
  const auto back = join.take_notices();
  REQUIRE(back.size() == 1);
  CHECK_FALSE(back[0].silent);
  CHECK(join.take(Rail::zmq, message(6), now));
  CHECK(join.counters().silences == std::array<std::uint64_t, 2>{1, 0});
}

TEST_CASE("One rail alone is never called silent") {
  RailJoin join{{.silence = milliseconds{0}}};
  Moment now{};
  for (std::uint64_t seq = 0; seq < 5; ++seq) {
    CHECK(join.take(Rail::redis, message(seq), now));
    now += seconds{60};
  }
  CHECK(join.take_notices().empty());
}

TEST_CASE("Names and runs without end take no memory without end") {
  RailJoin join;
  Moment now{};
  for (auto i = 0; i < 5'000; ++i) {
    now += milliseconds{1};
    CHECK(join.take(Rail::zmq, message(3, "stranger" + std::to_string(i)), now));
    CHECK(join.take(Rail::zmq, message(3, "s", "run" + std::to_string(i)), now));
    CHECK_FALSE(join.take(Rail::redis, message(3, "s", "run" + std::to_string(i)), now));
  }
}

TEST_CASE(
  "Of two rails that lose and repeat, numbers come once and rising, and all that either "
  "brought in time") {
  std::mt19937 random{20'261'121};
  for (auto round = 0; round < 200; ++round) {
    RailJoin join;
    const Moment now{};
    std::array<std::uint64_t, 2> position{};
    std::vector<std::uint64_t> out;
    std::uint64_t both_ways = 0;
    const std::uint64_t count = 500;
    while (position[0] < count || position[1] < count) {
      const auto which = position[0] >= count   ? 1U
                         : position[1] >= count ? 0U
                                                : static_cast<unsigned>(random() % 2);
      const auto seq = position[which]++;
      if (random() % 10 == 0) {
        continue; // lost
      }
      const auto copies = random() % 20 == 0 ? 2 : 1;
      for (auto copy = 0; copy < copies; ++copy, ++both_ways) {
        if (join.take(which == 0 ? Rail::zmq : Rail::redis, message(seq), now)) {
          out.push_back(seq);
        }
      }
    }
    CHECK(std::is_sorted(out.begin(), out.end()));
    CHECK(std::adjacent_find(out.begin(), out.end()) == out.end());
    const auto& counters = join.counters();
    CHECK(counters.given[0] + counters.given[1] == out.size());
    CHECK(out.size() + counters.doubles + counters.late == both_ways);
    CHECK(out.size() > count * 8 / 10);
  }
}
