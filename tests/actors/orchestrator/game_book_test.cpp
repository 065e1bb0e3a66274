#include "actors/orchestrator/game_book.hpp"

#include <catch2/catch.hpp>

#include "tests/actors/orchestrator/scene.hpp"

namespace arbees::test {

namespace {

struct BookFixture {
  GameBook book{shipped_tables(), GameBookConfig{}};
  std::vector<GameEvent> events;

  template <class Input>
  void apply(const Input& input) {
    for (auto& event : book.apply(input)) {
      events.push_back(std::move(event));
    }
  }

  template <class T>
  std::vector<T> take() {
    std::vector<T> result;
    for (const auto& event : events) {
      if (const auto* wanted = std::get_if<T>(&event)) {
        result.push_back(*wanted);
      }
    }
    std::erase_if(events, [](const auto& e) { return std::holds_alternative<T>(e); });
    return result;
  }

  void match_celtics() {
    apply(scoreboard({celtics_at_knicks()}));
    apply(catalogue(Venue::kalshi, {celtics_kalshi()}));
    apply(catalogue(Venue::polymarket, {celtics_polymarket()}));
  }
};

} // namespace

SCENARIO_METHOD(BookFixture, "a game is matched when both venues list it") {
  apply(scoreboard({celtics_at_knicks()}));
  CHECK(take<GameDiscovered>().size() == 1);
  apply(catalogue(Venue::kalshi, {celtics_kalshi()}));
  CHECK(take<MatchedGame>().empty());
  apply(catalogue(Venue::polymarket, {celtics_polymarket()}));
  const auto matches = take<MatchedGame>();
  REQUIRE(matches.size() == 1);
  CHECK(matches[0].tradable);
  CHECK(matches[0].score == 94);
  const auto watches = take<WatchChange>();
  REQUIRE(watches.size() == 2);
  CHECK(watches[0].watch.size() == 2);
  CHECK(watches[1].watch.size() == 1);
  CHECK(book.values().at("games_tradable") == 1);
}

SCENARIO_METHOD(BookFixture, "a match whose proof is gone is frozen, not forgotten") {
  match_celtics();
  take<MatchedGame>();
  auto moved = celtics_at_knicks();
  moved.game.start += std::chrono::hours{24};
  apply(scoreboard({moved}));
  const auto matches = take<MatchedGame>();
  REQUIRE(matches.size() == 1);
  CHECK_FALSE(matches[0].tradable);
  CHECK(matches[0].reasons == std::vector<std::string>{"frozen"});
  CHECK(matches[0].markets.size() == 3);
  WHEN("the start is back where it was") {
    apply(scoreboard({celtics_at_knicks()}));
    const auto again = take<MatchedGame>();
    REQUIRE(again.size() == 1);
    CHECK(again[0].tradable);
  }
}

SCENARIO_METHOD(BookFixture, "changed rules lock the pair") {
  match_celtics();
  take<MatchedGame>();
  auto event = celtics_polymarket();
  event.markets[0].rules = "If the game ends in a tie, the market resolves to the home team.";
  apply(catalogue(Venue::polymarket, {event}));
  const auto matches = take<MatchedGame>();
  REQUIRE(matches.size() == 1);
  CHECK_FALSE(matches[0].tradable);
  CHECK(matches[0].reasons.back() == "rules_changed");
}

SCENARIO_METHOD(BookFixture, "a game whose status nobody knows, or that is off, is not traded") {
  const auto phase = GENERATE(Phase::unknown, Phase::void_, Phase::suspended);
  match_celtics();
  take<MatchedGame>();
  auto game = celtics_at_knicks();
  game.state.phase = phase;
  apply(scoreboard({game}));
  const auto matches = take<MatchedGame>();
  REQUIRE(matches.size() == 1);
  CHECK_FALSE(matches[0].tradable);
}

SCENARIO_METHOD(BookFixture, "an old catalogue proves nothing") {
  match_celtics();
  take<MatchedGame>();
  events = book.tick(scene_time + std::chrono::minutes{14});
  CHECK(take<MatchedGame>().empty());
  events = book.tick(scene_time + std::chrono::minutes{16});
  const auto matches = take<MatchedGame>();
  REQUIRE(matches.size() == 1);
  CHECK_FALSE(matches[0].tradable);
  CHECK(matches[0].reasons.back() == "catalogue_old_polymarket");
}

SCENARIO_METHOD(BookFixture, "a game ends once, and only when ESPN says that it is completed") {
  match_celtics();
  events.clear();
  auto over = celtics_at_knicks();
  over.state.phase = Phase::final;
  apply(scoreboard({over}));
  CHECK(take<GameEnded>().empty());
  over.completed = true;
  apply(scoreboard({over}));
  apply(scoreboard({over}));
  CHECK(take<GameEnded>().size() == 1);
  const auto changes = take<WatchChange>();
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].unwatch.size() == 2);
  CHECK(changes[1].unwatch.size() == 1);
}

SCENARIO_METHOD(BookFixture, "a game that no scoreboard lists any more ends") {
  match_celtics();
  events = book.tick(scene_time + std::chrono::hours{6});
  CHECK(take<GameEnded>().empty());
  events = book.tick(scene_time + std::chrono::hours{6} + std::chrono::seconds{1});
  CHECK(take<GameEnded>().size() == 1);
  CHECK(book.present().empty());
}

SCENARIO_METHOD(BookFixture, "a refusal is told once, with the game that came closest") {
  apply(scoreboard({celtics_at_knicks()}));
  auto nets = kalshi_event("KXNBAGAME-26NOV20BOSBKN", {{"BOS", "Boston"}, {"BKN", "Brooklyn"}});
  apply(catalogue(Venue::kalshi, {nets}));
  const auto rejected = take<MatchRejected>();
  REQUIRE(rejected.size() == 1);
  CHECK(rejected[0].gate == "teams");
  REQUIRE(rejected[0].candidate);
  CHECK(rejected[0].candidate->key == "nba:1");
  apply(catalogue(Venue::kalshi, {nets}));
  CHECK(take<MatchRejected>().empty());
}

SCENARIO_METHOD(BookFixture, "two listings that fit one game equally well are both dropped") {
  apply(scoreboard({celtics_at_knicks()}));
  auto twin = celtics_polymarket();
  twin.id = "nba-bos-nyk-2026-11-21";
  twin.markets = {make_market(Venue::polymarket, twin.id, "moneyline", "Celtics", "Knicks")};
  apply(catalogue(Venue::kalshi, {celtics_kalshi()}));
  apply(catalogue(Venue::polymarket, {celtics_polymarket(), twin}));
  CHECK(take<MatchedGame>().empty());
  CHECK_FALSE(take<MatchRejected>().empty());
}

SCENARIO_METHOD(BookFixture,
                "a venue that does not list both games of a doubleheader matches none") {
  const auto first = mlb_game("11", "2026-09-19T17:05Z");
  const auto second = mlb_game("12", "2026-09-19T22:35Z");
  const auto kalshi = [](const std::string& time) {
    return kalshi_event("KXMLBGAME-26SEP19" + time + "NYYBAL",
                        {{"NYY", "New York Y"}, {"BAL", "Baltimore"}});
  };
  const auto early = polymarket_event("mlb-nyy-bal-2026-09-19", "2026-09-19T17:05Z",
                                      "New York Yankees", "Baltimore Orioles");
  auto late = early;
  late.start = utc("2026-09-19T22:35Z");
  late.id = "mlb-nyy-bal-2026-09-20";
  late.markets = {
    make_market(Venue::polymarket, late.id, "moneyline", "New York Yankees", "Baltimore Orioles")};
  apply(scoreboard({first, second}, League::mlb));
  apply(catalogue(Venue::kalshi, {kalshi("1305"), kalshi("1835")}, League::mlb));
  GIVEN("a venue that lists one game only") {
    apply(catalogue(Venue::polymarket, {early}, League::mlb));
    CHECK(take<MatchedGame>().empty());
  }
  GIVEN("a start of the second listing that is another day's by its slug") {
    apply(catalogue(Venue::polymarket, {early, late}, League::mlb));
    CHECK(take<MatchedGame>().empty());
  }
}

SCENARIO_METHOD(BookFixture, "both games of a doubleheader find their own listings") {
  const auto kalshi = [](const std::string& time) {
    auto event = kalshi_event("KXMLBGAME-26SEP19" + time + "NYYBAL",
                              {{"NYY", "New York Y"}, {"BAL", "Baltimore"}});
    event.title = "New York Y vs Baltimore";
    return event;
  };
  const auto polymarket = [](const std::string& suffix, const std::string& start) {
    return polymarket_event("mlb-nyy-bal-2026-09-19" + suffix, start, "New York Yankees",
                            "Baltimore Orioles");
  };
  apply(scoreboard({mlb_game("11", "2026-09-19T17:05Z"), mlb_game("12", "2026-09-19T22:35Z")},
                   League::mlb));
  apply(catalogue(Venue::kalshi, {kalshi("1305"), kalshi("1835")}, League::mlb));
  apply(catalogue(Venue::polymarket,
                  {polymarket("", "2026-09-19T17:05Z"), polymarket("-g2", "2026-09-19T22:35Z")},
                  League::mlb));
  auto matches = take<MatchedGame>();
  REQUIRE(matches.size() == 2);
  for (const auto& match : matches) {
    const auto first = match.game.key == "mlb:11";
    CHECK(match.score == 90);
    CHECK(match.markets.at(0).ref.native_id
          == (first ? "KXMLBGAME-26SEP191305NYYBAL-NYY" : "KXMLBGAME-26SEP191835NYYBAL-NYY"));
    CHECK(match.markets.at(2).ref.native_id
          == (first ? "mlb-nyy-bal-2026-09-19" : "mlb-nyy-bal-2026-09-19-g2"));
  }
}

SCENARIO_METHOD(BookFixture, "an id that another market already has is refused") {
  apply(scoreboard({celtics_at_knicks()}));
  auto event = celtics_kalshi();
  event.markets[0].spec.id = market_id(Venue::kalshi, "SOMETHING-ELSE");
  apply(catalogue(Venue::kalshi, {event}));
  apply(catalogue(Venue::polymarket, {celtics_polymarket()}));
  CHECK(take<MatchedGame>().empty());
  CHECK(book.values().at("id_collision") == 1);
}

} // namespace arbees::test
