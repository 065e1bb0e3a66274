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
  const HeldGame held{.game = given.match.game.id,
                      .epoch = given.epoch,
                      .lease_until = given.lease_until};

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

namespace {

/// Two hosts, of which the first has all games.
struct FullAndEmpty {
  LeaseBook book{short_lease()};
  std::vector<GameAssignment> given;
  Timestamp now = start;

  explicit FullAndEmpty(int games, std::int32_t room = 10) {
    book.add_host(1, offer_of(10), start);
    for (int i = 0; i < games; ++i) {
      given.push_back(book.offer(match("nba:" + std::to_string(i)), start)[0].assignment);
    }
    book.add_host(2, offer_of(room), start);
  }

  void pass(Duration time) {
    now += time;
    book.hear(1, offer_of(10), now);
    book.hear(2, offer_of(10), now);
  }
};

} // namespace

SCENARIO("games move to an emptier host one by one, until both are about as full") {
  FullAndEmpty stage{8};
  stage.pass(2s);
  CHECK(stage.book.moves(stage.now).empty()); // they have only just been placed
  for (int second = 0; second < 30; ++second) {
    stage.pass(1s);
    stage.book.tick(stage.now);
    for (const auto& move : stage.book.moves(stage.now)) {
      CHECK(move.from == 1);
      const auto grants = stage.book.released(move.from, move.game, move.epoch, stage.now);
      REQUIRE(grants.size() == 1);
      CHECK(grants[0].host == 2);
      CHECK(grants[0].assignment.epoch > move.epoch);
    }
  }
  CHECK(stage.book.assigned_to(1) == 5);
  CHECK(stage.book.assigned_to(2) == 3);
}

SCENARIO("a host that drains hands all its games over, as far as there is room") {
  const auto room = GENERATE(10, 2);
  FullAndEmpty stage{6, room};
  stage.book.drain(1, true);
  std::size_t moved = 0;
  for (int round = 0; round < 4; ++round) {
    const auto moves = stage.book.moves(stage.now);
    CHECK(moves.size() <= 4);
    for (const auto& move : moves) {
      moved += stage.book.released(move.from, move.game, move.epoch, stage.now).size();
    }
  }
  CHECK(moved == (room == 10 ? 6U : 2U));
  CHECK(stage.book.waiting() == 0); // none was taken away that has no other place
  CHECK(stage.book.assigned_to(1) == (room == 10 ? 0U : 4U));
  // Nothing new comes to it, and when it no more drains it does.
  CHECK(stage.book.offer(match("nba:new"), stage.now).size() == (room == 10 ? 1U : 0U));
  stage.book.drain(1, false);
  CHECK(stage.book.offer(match("nba:newer"), stage.now)[0].host == 1);
}

SCENARIO("a game that is to move is not renewed, and moves when its lease is over at the latest") {
  FullAndEmpty stage{1};
  stage.book.drain(1, true);
  REQUIRE(stage.book.moves(stage.now).size() == 1);
  CHECK(stage.book.moves(stage.now).empty()); // it is under way
  const auto epoch = stage.given[0].epoch;
  // Another match of the game does not renew it either.
  CHECK(stage.book.offer(match("nba:0"), stage.now).empty());
  CHECK(stage.book.released(2, game_id("nba:0"), epoch, stage.now).empty());
  CHECK(stage.book.released(1, game_id("nba:0"), epoch - 1, stage.now).empty());
  stage.pass(7'999ms);
  CHECK(stage.book.tick(stage.now).empty());
  stage.pass(1ms);
  const auto moved = stage.book.tick(stage.now);
  REQUIRE(moved.size() == 1);
  CHECK(moved[0].host == 2);
  // The answer comes too late to matter.
  CHECK(stage.book.released(1, game_id("nba:0"), epoch, stage.now).empty());
}

SCENARIO("a host is given no more than its limit") {
  LeaseBook book{short_lease()};
  book.add_host(1, offer_of(10), start);
  book.limit(1, 1);
  CHECK(book.offer(match("nba:1"), start).size() == 1);
  CHECK(book.offer(match("nba:2"), start).empty());
  book.limit(1, 10);
  CHECK(book.tick(start + 1s).size() == 1);
}

SCENARIO("a league goes to the hosts that name it, while there is room") {
  LeaseBook book{short_lease()};
  auto for_baseball = offer_of(1);
  for_baseball.leagues = {League::mlb};
  book.add_host(1, for_baseball, start);
  book.add_host(2, offer_of(10), start);
  const auto game = [](const std::string& key, League league) {
    auto result = match(key);
    result.game.league = league;
    return result;
  };
  CHECK(book.offer(game("nba:1", League::nba), start)[0].host == 2);
  CHECK(book.offer(game("nba:2", League::nba), start)[0].host == 2);
  CHECK(book.offer(game("mlb:1", League::mlb), start)[0].host == 1);
  CHECK(book.offer(game("mlb:2", League::mlb), start)[0].host == 2);
}
