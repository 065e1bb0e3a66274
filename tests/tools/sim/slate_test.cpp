#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <regex>
#include <set>

#include "tests/tools/sim/world.hpp"
#include "tools/sim/truth.hpp"

namespace arbees::sim {

TEST_CASE("the slate has the asked number of games over five leagues", "[sim]") {
  const auto slate = make_slate(world());
  auto full = 0;
  std::set<League> leagues;
  for (const auto& game : slate.games) {
    full += game.on_kalshi && game.on_polymarket ? 1 : 0;
    leagues.insert(game.league);
  }
  CHECK(full == 24);
  CHECK(leagues.size() == 5);
}

TEST_CASE("every id is listed once", "[sim]") {
  auto config = world();
  config.games = 60;
  const auto slate = make_slate(config);
  std::set<std::string> seen;
  const auto once = [&](const std::string& id) {
    INFO(id);
    CHECK(seen.insert(id).second);
  };
  for (const auto& event : slate.kalshi_events) {
    once(event.ticker);
  }
  for (const auto& market : slate.kalshi_markets) {
    once(market.ticker);
    once(market.id);
  }
  for (const auto& event : slate.poly_events) {
    once("slug " + event.slug);
  }
  for (const auto& market : slate.poly_markets) {
    once(market.condition);
    once(market.tokens[0]);
    once(market.tokens[1]);
  }
  for (const auto& game : slate.games) {
    once(game.espn_id);
  }
}

TEST_CASE("winner tickers follow the grammar and end in the codes of their block", "[sim]") {
  const auto slate = make_slate(world());
  const std::regex grammar{R"(^KX[A-Z]+GAME-(\d\d)([A-Z]{3})(\d\d)(\d{4})?([A-Z]+?)$)"};
  for (const auto& event : slate.kalshi_events) {
    if (event.scope != "Game") {
      continue;
    }
    std::smatch parts;
    INFO(event.ticker);
    REQUIRE(std::regex_match(event.ticker, parts, grammar));
    CHECK(parts[4].matched == (event.league == League::mlb));
    std::string block;
    for (std::size_t i = 0; i < 2; ++i) {
      const auto& market = slate.kalshi_markets[static_cast<std::size_t>(event.markets[i])];
      block += market.ticker.substr(event.ticker.size() + 1);
    }
    CHECK(parts[5] == block);
  }
}

TEST_CASE("tickers carry the Eastern date and NFL slugs the UTC one", "[sim]") {
  const auto slate = make_slate(world());
  for (const auto& event : slate.poly_events) {
    if (event.game < 0 || !event.decoy.empty()) {
      continue;
    }
    const auto date =
      event.league == League::nfl ? date_iso(utc(event.start)) : date_iso(eastern(event.start));
    INFO(event.slug);
    CHECK(event.slug.find(date) != std::string::npos);
  }
  CHECK(date_iso(eastern(1'793'511'000)) == "2026-11-01"); // 05:30Z, still daylight time
  CHECK(clock_ticker(eastern(1'793'511'000)) == "0130");
  CHECK(clock_ticker(eastern(1'793'514'600)) == "0130"); // an hour later, after the change
}

TEST_CASE("the tricky codes are on the slate", "[sim]") {
  const auto truth = boost::json::serialize(truth_json(Engine{world()}));
  for (const auto* text : {"LALGSW", "BOSNYK", "nba-bos-nyk", "LARJAC", "nfl-la-jax", "VGKLA",
                           "nhl-las-lak", "nhl-mon-tor", "ATHSEA", "mlb-oak-sea", "MIAAZ"}) {
    INFO(text);
    CHECK(truth.find(text) != std::string::npos);
  }
}

TEST_CASE("the truth names a game's contracts and the team each pays on", "[sim]") {
  const Engine engine{world()};
  const auto truth = truth_json(engine);
  auto checked = 0;
  for (const auto& value : truth.at("games").as_array()) {
    const auto& game = value.as_object();
    if (!game.at("on_both_venues").as_bool() || game.at("league") == "epl") {
      continue;
    }
    ++checked;
    const auto& tokens = game.at("polymarket").at("tokens").as_array();
    CHECK(tokens[0].at("team") == game.at("away"));
    CHECK(tokens[1].at("team") == game.at("home"));
    std::set<std::string> teams;
    for (const auto& market : game.at("kalshi").at("markets").as_array()) {
      if (market.at("kind") == "winner") {
        teams.emplace(market.at("team").as_string());
      }
    }
    CHECK(teams.size() == 2);
  }
  CHECK(checked >= 20);
  CHECK(truth.at("decoys").as_array().size() >= 10);
}

TEST_CASE("one Polymarket game starts four months off its slug", "[sim]") {
  const auto slate = make_slate(world());
  auto broken = 0;
  for (const auto& event : slate.poly_events) {
    if (event.game >= 0 && event.start != slate.games[static_cast<std::size_t>(event.game)].start) {
      ++broken;
      CHECK(event.slug.find(date_iso(eastern(event.start))) == std::string::npos);
      CHECK_FALSE(slate.games[static_cast<std::size_t>(event.game)].on_polymarket);
    }
  }
  CHECK(broken == 1);
}

} // namespace arbees::sim
