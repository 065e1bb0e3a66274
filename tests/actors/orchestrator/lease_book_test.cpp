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

namespace {

LeaseConfig short_lease() {
  return {.length = 6s, .margin = 2s, .silence = 3s};
}

HostOffer offer_of(std::int32_t capacity, std::vector<HeldGame> games = {}) {
  return {.capacity = capacity, .games = std::move(games)};
}

} // namespace

SCENARIO("games of a host that is out of sight move only when its leases are over") {
  LeaseBook book{short_lease()};
  book.add_host(1, offer_of(10), start);
  const auto first = book.offer(match("nba:1"), start);
  REQUIRE(first.size() == 1);
  book.add_host(2, offer_of(10), start);
  book.lose_host(1);
  const auto hear_and_tick = [&](Timestamp now) {
    book.hear(2, offer_of(10), now);
    return book.tick(now);
  };
  CHECK(hear_and_tick(start + 3s).empty());
  CHECK(hear_and_tick(start + 7'999ms).empty());
  const auto moved = hear_and_tick(start + 8s);
  REQUIRE(moved.size() == 1);
  CHECK(moved[0].host == 2);
  CHECK(moved[0].assignment.epoch > first[0].assignment.epoch);
}

SCENARIO("a host that comes back within its lease keeps its games and their epochs") {
  LeaseBook book{short_lease()};
  book.add_host(1, offer_of(10), start);
  const auto given = book.offer(match("nba:1"), start)[0].assignment;
  book.add_host(2, offer_of(10), start);
  book.lose_host(1);
  const HeldGame held{
    .game = given.match.game.id, .epoch = given.epoch, .lease_until = given.lease_until};

  WHEN("it returns in time") {
    const auto again = book.add_host(3, offer_of(10, {held}), start + 4s);
    REQUIRE(again.size() == 1);
    CHECK(again[0].host == 3);
    CHECK(again[0].assignment.epoch == given.epoch);
    CHECK(again[0].assignment.lease_until == start + 10s);
  }
  WHEN("it returns after another got the game") {
    book.hear(2, offer_of(10), start + 8s);
    REQUIRE(book.tick(start + 8s).size() == 1);
    CHECK(book.add_host(3, offer_of(10, {held}), start + 8s).empty());
    CHECK(book.host_of(given.match.game.id) == 2U);
  }
}

SCENARIO("a host that says nothing is not renewed, and loses its games after the lease") {
  LeaseBook book{short_lease()};
  book.add_host(1, offer_of(10), start);
  book.offer(match("nba:1"), start);
  CHECK(book.tick(start + 2s).size() == 1); // renewed until 8 s
  CHECK(book.tick(start + 4s).empty());
  CHECK(book.offer(match("nba:1"), start + 5s).empty());
  book.add_host(2, offer_of(10), start + 5s);
  CHECK(book.tick(start + 7s).empty());
  book.hear(2, offer_of(10), start + 10s);
  const auto moved = book.tick(start + 10s);
  REQUIRE(moved.size() == 1);
  CHECK(moved[0].host == 2);
}

SCENARIO("an orchestrator that follows another leaves every game where it may still be") {
  auto config = short_lease();
  config.may_follow_another = true;
  LeaseBook book{config};
  CHECK(book.tick(start).empty());
  const HeldGame held{.game = game_id("nba:1"), .epoch = 77, .lease_until = start + 3s};
  book.add_host(1, offer_of(10, {held}), start);
  book.add_host(2, offer_of(10), start);

  const auto kept = book.offer(match("nba:1"), start + 1s);
  REQUIRE(kept.size() == 1);
  CHECK(kept[0].host == 1);
  CHECK(kept[0].assignment.epoch == 77);
  // Whose it was is not known: it waits until every older lease is over.
  CHECK(book.offer(match("nba:2"), start + 1s).empty());
  book.hear(1, offer_of(10), start + 7s);
  book.hear(2, offer_of(10), start + 7s);
  CHECK(book.tick(start + 7'999ms).size() == 1); // only the renewal of the first
  const auto placed = book.tick(start + 8s);
  REQUIRE(placed.size() == 1);
  CHECK(placed[0].assignment.match.game.key == "nba:2");
  CHECK(placed[0].host == 2);
}

SCENARIO("games go where most room is, and nowhere if there is none") {
  LeaseBook book{short_lease()};
  book.add_host(1, offer_of(2), start);
  book.add_host(2, offer_of(4), start);
  std::map<HostNumber, int> games;
  for (const auto* key : {"nba:1", "nba:2", "nba:3", "nba:4", "nba:5", "nba:6"}) {
    const auto grants = book.offer(match(key), start);
    REQUIRE(grants.size() == 1);
    ++games[grants[0].host];
  }
  CHECK(games[1] == 2);
  CHECK(games[2] == 4);
  CHECK(book.offer(match("nba:7"), start).empty());
  CHECK(book.waiting() == 1);
  CHECK(book.add_host(3, offer_of(1), start).size() == 1);
}
