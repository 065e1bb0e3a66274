#pragma once

#include "actors/orchestrator/matching.hpp"

namespace arbees {

struct VenueMatch {
  std::string listing; ///< key of its interpretation
  std::int32_t score = 0;
};

struct GameMatch {
  VenueMatch kalshi;
  VenueMatch polymarket;
  [[nodiscard]] std::int32_t score() const { return std::min(kalshi.score, polymarket.score); }
};

/// A listing without a game, and the game that came closest if one did.
struct Rejection {
  Venue venue = Venue::kalshi;
  std::string listing;
  std::optional<GameId> candidate;
  Refusal why;
};

struct LeagueMatches {
  std::map<GameId, GameMatch> games;
  std::vector<Rejection> rejections; ///< "not_a_game" and games that nobody scores yet left out
};

using Interpretations = std::map<std::string, Interpretation>;

/// Pairs the games of one league with both venues' listings. A listing that fits two games, or a
/// game that two listings of a venue fit, is ambiguous unless one is clearly better: all dropped.
LeagueMatches match_league(const LeagueRules& rules, const std::map<GameId, Meeting>& games,
                           const Interpretations& kalshi, const Interpretations& polymarket);

} // namespace arbees
