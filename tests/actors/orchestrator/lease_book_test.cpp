#include "actors/orchestrator/lease_book.hpp"

#include <catch2/catch.hpp>

using namespace arbees;
using namespace std::chrono_literals;

namespace {

const Timestamp start = from_ms(1'795'226'400'000);

MatchedGame match(const std::string& key, bool tradable = true) {
  MatchedGame result;
  result.game.key = key;
  result.game.id = game_id(key);
  result.tradable = tradable;
  return result;
}

} // namespace

SCENARIO("games wait for a host, spread over hosts, and move when one goes") {
  LeaseBook book{15s};
  CHECK(book.offer(match("nba:1"), start).empty());
  CHECK(book.offer(match("nba:2", false), start).empty());
  CHECK(book.waiting() == 1);
  const auto first = book.add_host(7, start);
  REQUIRE(first.size() == 1);
  CHECK(first[0].host == 7);
  CHECK(first[0].assignment.lease_until == start + 15s);
  book.add_host(8, start);
  const auto second = book.offer(match("nba:3"), start);
  REQUIRE(second.size() == 1);
  CHECK(second[0].host == 8);
  CHECK(second[0].assignment.epoch > first[0].assignment.epoch);
  const auto moved = book.remove_host(7, start + 1s);
  REQUIRE(moved.size() == 1);
  CHECK(moved[0].host == 8);
  CHECK(moved[0].assignment.epoch > second[0].assignment.epoch);
  CHECK(book.end(game_id("nba:1")) == 8U);
  CHECK_FALSE(book.host_of(game_id("nba:1")));
}

SCENARIO("a lease is renewed with its epoch when a third of it has passed") {
  LeaseBook book{15s};
  book.add_host(1, start);
  const auto epoch = book.offer(match("nba:1"), start)[0].assignment.epoch;
  CHECK(book.tick(start + 4s).empty());
  const auto renewed = book.tick(start + 5s);
  REQUIRE(renewed.size() == 1);
  CHECK(renewed[0].assignment.epoch == epoch);
  CHECK(renewed[0].assignment.lease_until == start + 20s);
}

SCENARIO("a later orchestrator's epochs are higher") {
  LeaseBook before{15s};
  before.add_host(1, start);
  const auto old = before.offer(match("nba:1"), start)[0].assignment.epoch;
  LeaseBook after{15s};
  after.add_host(1, start + 1s);
  CHECK(after.offer(match("nba:1"), start + 1s)[0].assignment.epoch > old);
}

SCENARIO("a host hears that its game may no longer be traded") {
  LeaseBook book{15s};
  book.add_host(1, start);
  book.offer(match("nba:1"), start);
  const auto grants = book.offer(match("nba:1", false), start + 1s);
  REQUIRE(grants.size() == 1);
  CHECK_FALSE(grants[0].assignment.match.tradable);
}
