#pragma once

#include "actors/orchestrator/venue_listing.hpp"

namespace arbees {

/// `{prefix}-{team}-{team}-{YYYY-MM-DD}` (venues/games.md section 3).
struct PolymarketSlug {
  std::string prefix;
  std::string first;
  std::string second;
  Date date; ///< Eastern or UTC: a hint, not a key
};

/// Nothing if `slug` is not a game's own (child events have suffixes).
std::optional<PolymarketSlug> parse_polymarket_slug(std::string_view slug);

/// Binds an event's moneyline, spread and total markets to teams and sides.
Interpretation interpret_polymarket(const LeagueTable& table, const VenueEvent& event);

/// Interprets a whole catalogue, by slug.
std::map<std::string, Interpretation>
interpret_polymarket_catalogue(const LeagueTable& table, const std::vector<VenueEvent>& events);

} // namespace arbees
