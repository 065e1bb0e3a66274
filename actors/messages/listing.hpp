#pragma once

#include "actors/messages/game.hpp"

// What the scoreboard and the venues' catalogues say, decoded and not yet judged: from
// bridges/{espn,kalshi,polymarket} to the orchestrator. Strings are the source's own.

namespace arbees {

/// How a source names a team; empty where it says nothing.
struct TeamLabels {
  std::string code;       ///< "LAL"
  std::string full_name;  ///< "Los Angeles Lakers"
  std::string short_name; ///< "Lakers", in soccer "Man City"
  std::string location;   ///< "Los Angeles", in college the school
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, TeamLabels& x) {
  return f(caf::meta::type_name("TeamLabels"), x.code, x.full_name, x.short_name, x.location);
}

/// One game of a scoreboard. `game`'s team ids are the scoreboard's codes, not yet canonical.
struct ScoreboardGame {
  GameInfo game;
  GameState state;
  TeamLabels away;
  TeamLabels home;
  bool completed = false;                         ///< the only proof that the result stands
  std::optional<std::int32_t> home_spread_tenths; ///< pregame line, below 0: home is favourite
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, ScoreboardGame& x) {
  return f(caf::meta::type_name("ScoreboardGame"), x.game, x.state, x.away, x.home, x.completed,
           x.home_spread_tenths);
}

/// All games that the scoreboard lists for a league on the polled days.
struct Scoreboard {
  League league = League::nba;
  std::vector<ScoreboardGame> games;
  Timestamp fetched_at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, Scoreboard& x) {
  return f(caf::meta::type_name("Scoreboard"), x.league, x.games, x.fetched_at);
}

enum class TeamRole : std::uint8_t { unknown, away, home };

/// A team as a venue's event lists it.
struct VenueTeam {
  std::string code;
  std::string name;
  TeamRole role = TeamRole::unknown;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, VenueTeam& x) {
  return f(caf::meta::type_name("VenueTeam"), x.code, x.name, x.role);
}

/// One binary market of a venue's event. The labels of its sides stand in `spec.ref.outcomes`.
struct VenueMarket {
  MarketSpec spec;
  std::string listing;                     ///< Kalshi: market ticker; Polymarket: market slug
  std::string type;                        ///< Kalshi: strike_type; Polymarket: sportsMarketType
  std::string title;                       ///< title or question
  std::string group;                       ///< Polymarket: groupItemTitle
  std::string team_key;                    ///< Kalshi: the structured target of custom_strike
  std::string status;                      ///< the venue's word
  std::string rules;                       ///< all texts that decide how it pays
  std::optional<std::int32_t> line_tenths; ///< floor_strike or line, signed as the venue does
  std::optional<Timestamp> start;          ///< Polymarket: gameStartTime
  std::optional<Timestamp> expected_end;   ///< Kalshi: expected_expiration_time
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, VenueMarket& x) {
  return f(caf::meta::type_name("VenueMarket"), x.spec, x.listing, x.type, x.title, x.group,
           x.team_key, x.status, x.rules, x.line_tenths, x.start, x.expected_end);
}

struct VenueEvent {
  std::string id;     ///< Kalshi: event ticker; Polymarket: slug
  std::string series; ///< Kalshi: series ticker; Polymarket: series slug
  std::string title;
  std::vector<VenueTeam> teams;   ///< Polymarket
  std::optional<Timestamp> start; ///< Kalshi: of the milestone; Polymarket: startTime
  std::string home_team_key;      ///< Kalshi: of the milestone, as `VenueMarket::team_key`
  std::string away_team_key;
  bool derived = false; ///< Polymarket: a child event ("more markets"), never the game itself
  std::vector<VenueMarket> markets;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, VenueEvent& x) {
  return f(caf::meta::type_name("VenueEvent"), x.id, x.series, x.title, x.teams, x.start,
           x.home_team_key, x.away_team_key, x.derived, x.markets);
}

/// A venue's open events of one league.
struct VenueCatalogue {
  Venue venue = Venue::kalshi;
  League league = League::nba;
  std::vector<VenueEvent> events;
  Timestamp fetched_at;
  bool complete = false; ///< every page was read: what is missing is gone
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, VenueCatalogue& x) {
  return f(caf::meta::type_name("VenueCatalogue"), x.venue, x.league, x.events, x.fetched_at,
           x.complete);
}

} // namespace arbees
