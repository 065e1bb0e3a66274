#pragma once

#include "tests/actors/orchestrator/listings.hpp"

// Celtics at Knicks, as the three sources tell it.

namespace arbees::test {

inline const Timestamp scene_time = utc("2026-11-20T22:00Z");

inline ScoreboardGame scoreboard_game(League league, const std::string& id, TeamLabels away,
                                      TeamLabels home, const std::string& start) {
  ScoreboardGame game;
  game.game.key = std::string{to_string(league)} + ":" + id;
  game.game.id = game_id(game.game.key);
  game.game.league = league;
  game.game.start = utc(start);
  game.game.away = Team{away.code, away.full_name};
  game.game.home = Team{home.code, home.full_name};
  game.state.id = game.game.id;
  game.state.phase = Phase::scheduled;
  game.away = std::move(away);
  game.home = std::move(home);
  return game;
}

inline ScoreboardGame celtics_at_knicks() {
  return scoreboard_game(League::nba, "1", {"BOS", "Boston Celtics", "Celtics", "Boston"},
                         {"NY", "New York Knicks", "Knicks", "New York"}, "2026-11-21T00:30Z");
}

inline ScoreboardGame mlb_game(const std::string& id, const std::string& start) {
  return scoreboard_game(League::mlb, id, {"NYY", "New York Yankees", "Yankees", "New York"},
                         {"BAL", "Baltimore Orioles", "Orioles", "Baltimore"}, start);
}

inline VenueEvent celtics_kalshi() {
  auto event = kalshi_event("KXNBAGAME-26NOV20BOSNYK", {{"BOS", "Boston"}, {"NYK", "New York"}});
  event.title = "Boston Celtics vs New York Knicks";
  return event;
}

inline VenueEvent celtics_polymarket() {
  return polymarket_event("nba-bos-nyk-2026-11-20", "2026-11-21T00:30Z", "Celtics", "Knicks");
}

inline Scoreboard scoreboard(std::vector<ScoreboardGame> games, League league = League::nba) {
  return Scoreboard{league, std::move(games), scene_time};
}

inline VenueCatalogue
catalogue(Venue venue, std::vector<VenueEvent> events, League league = League::nba) {
  return VenueCatalogue{
    venue, league, std::move(events),
    scene_time + (venue == Venue::kalshi ? std::chrono::minutes{1} : std::chrono::minutes{0}),
    true};
}

} // namespace arbees::test
