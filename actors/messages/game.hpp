#pragma once

#include <vector>

#include "actors/messages/market.hpp"

namespace arbees {

enum class League : std::uint8_t {
  nba,
  wnba,
  nfl,
  ncaaf,
  ncaamb,
  ncaawb,
  nhl,
  mlb,
  epl,
  mls,
  laliga,
  seriea,
  bundesliga,
  ligue1,
  ligamx,
  ucl,
  uel,
};

std::string_view to_string(League league); ///< lower case, "nba"
std::optional<League> parse_league(std::string_view text);

/// Where a game stands (venues/games.md section 1).
enum class Phase : std::uint8_t {
  scheduled,
  live,
  pause, ///< half-time, between periods
  delayed,
  suspended,
  final,
  void_,   ///< postponed, cancelled, abandoned, forfeited
  unknown, ///< a status nobody knows: no trading
};

std::string_view to_string(Phase phase);
std::optional<Phase> parse_phase(std::string_view text);

struct Team {
  std::string id;   ///< canonical inside the league, ESPN's code: "LAL"
  std::string name; ///< "Los Angeles Lakers"
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, Team& x) {
  return f(caf::meta::type_name("Team"), x.id, x.name);
}

/// What does not change while a game is played. ESPN's event is the game's identity.
struct GameInfo {
  GameId id;
  std::string key; ///< "nba:401990102"
  League league = League::nba;
  Team away;
  Team home;
  Timestamp start;
  bool start_is_exact = true; ///< false: a placeholder, never used to match
  bool neutral_site = false;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, GameInfo& x) {
  return f(caf::meta::type_name("GameInfo"), x.id, x.key, x.league, x.away, x.home, x.start,
           x.start_is_exact, x.neutral_site);
}

/// The state of a game as ESPN tells it.
struct GameState {
  GameId id;
  Phase phase = Phase::unknown;
  std::int32_t away_score = 0;
  std::int32_t home_score = 0;
  std::int32_t period = 0;
  std::optional<Duration>
    clock;            ///< as shown: left in the period, in soccer played; none in baseball
  std::string detail; ///< "4:12 - 3rd Quarter"
  Timestamp fetched_at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, GameState& x) {
  return f(caf::meta::type_name("GameState"), x.id, x.phase, x.away_score, x.home_score, x.period,
           x.clock, x.detail, x.fetched_at);
}

/// A game came into view.
struct GameDiscovered {
  GameInfo game;
  GameState state;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, GameDiscovered& x) {
  return f(caf::meta::type_name("GameDiscovered"), x.game, x.state);
}

struct GameUpdate {
  GameInfo game;
  GameState state;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, GameUpdate& x) {
  return f(caf::meta::type_name("GameUpdate"), x.game, x.state);
}

struct GameEnded {
  GameInfo game;
  GameState state;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, GameEnded& x) {
  return f(caf::meta::type_name("GameEnded"), x.game, x.state);
}

/// A game whose markets on both venues were proven to be the same propositions.
struct MatchedGame {
  GameInfo game;
  std::vector<MarketSpec> markets;
  std::vector<Contract> contracts;
  std::int32_t score = 0;           ///< of venues/games.md section 4, 85 and more trades
  bool tradable = false;            ///< false: shown only
  std::vector<std::string> reasons; ///< what proved it, and what must be kept in mind
  Timestamp at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, MatchedGame& x) {
  return f(caf::meta::type_name("MatchedGame"), x.game, x.markets, x.contracts, x.score, x.tradable,
           x.reasons, x.at);
}

/// A venue's listing that was not matched to a game, with the gate that stopped it.
struct MatchRejected {
  Venue venue = Venue::kalshi;
  std::string listing;               ///< the venue's own event id
  std::optional<GameInfo> candidate; ///< the game that came closest
  std::string gate;                  ///< stable name, for counting
  std::string detail;
  Timestamp at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, MatchRejected& x) {
  return f(caf::meta::type_name("MatchRejected"), x.venue, x.listing, x.candidate, x.gate, x.detail,
           x.at);
}

/// A shard owns a game until `lease_until`; nobody with a lower epoch may speak for it.
struct GameAssignment {
  MatchedGame match;
  std::uint64_t epoch = 0;
  Timestamp lease_until;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, GameAssignment& x) {
  return f(caf::meta::type_name("GameAssignment"), x.match, x.epoch, x.lease_until);
}

} // namespace arbees
