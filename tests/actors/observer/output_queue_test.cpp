#include "actors/observer/output_queue.hpp"

#include <catch2/catch.hpp>

using namespace arbees;

namespace {

WireMessage numbered(std::uint64_t seq) {
  return {.seq = seq};
}

} // namespace

TEST_CASE("an output holds one batch at a time") {
  OutputQueue queue{7, 100, 2};
  CHECK_FALSE(queue.take());
  for (std::uint64_t i = 0; i < 3; ++i) {
    queue.push(numbered(i));
  }
  const auto first = queue.take();
  REQUIRE(first);
  CHECK(first->output == 7);
  REQUIRE(first->messages.size() == 2);
  CHECK(first->messages[1].seq == 1);
  CHECK_FALSE(queue.take());
  queue.done({.output = 7, .written = 2});
  const auto second = queue.take();
  REQUIRE(second);
  CHECK(second->messages.size() == 1);
  CHECK(second->messages[0].seq == 2);
  queue.done({.output = 7, .written = 0, .failed = 1});
  CHECK(queue.written() == 2);
  CHECK(queue.failed() == 1);
  CHECK_FALSE(queue.take());
}

TEST_CASE("what is too much for an output goes, the oldest first, and is counted") {
  OutputQueue queue{0, 3, 10};
  for (std::uint64_t i = 0; i < 5; ++i) {
    queue.push(numbered(i));
  }
  CHECK(queue.dropped() == 2);
  const auto batch = queue.take();
  REQUIRE(batch);
  REQUIRE(batch->messages.size() == 3);
  CHECK(batch->messages[0].seq == 2);
}

TEST_CASE("that a queue overflows is told once, and what was lost once it has halved") {
  OutputQueue queue{0, 4, 10};
  CHECK_FALSE(queue.news());
  for (std::uint64_t i = 0; i < 7; ++i) {
    queue.push(numbered(i));
  }
  const auto begun = queue.news();
  REQUIRE(begun);
  CHECK(begun->overflowing);
  CHECK_FALSE(queue.news());
  REQUIRE(queue.take());
  const auto over = queue.news();
  REQUIRE(over);
  CHECK_FALSE(over->overflowing);
  CHECK(over->lost == 3);
  CHECK_FALSE(queue.news());
  CHECK(queue.dropped() == 3);
}

TEST_CASE("notices wait apart and have their own bound") {
  OutputQueue queue{0, 1, 10};
  for (std::size_t i = 0; i < OutputQueue::max_notices + 1; ++i) {
    queue.push(WireNotice{.event = "gap"});
  }
  queue.push(numbered(1));
  CHECK(queue.dropped() == 1);
  const auto batch = queue.take();
  REQUIRE(batch);
  CHECK(batch->messages.size() == 1);
  CHECK(batch->notices.size() == 10);
}
