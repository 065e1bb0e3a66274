#pragma once

#include "actors/orchestrator/venue_listing.hpp"

namespace arbees {

/// `SERIES-BODY` with `BODY = YY MON DD [HHMM] TEAMS [G1|G2]` (venues/games.md section 2).
struct KalshiTicker {
  std::string series;
  std::string body; ///< the same for the winner, spread and total events of one game
  Date date;        ///< Eastern
  std::optional<Duration> time_of_day;
  std::string teams; ///< both codes, not parted
};

/// Nothing if `event` is not the ticker of a dated game between two teams.
std::optional<KalshiTicker> parse_kalshi_ticker(std::string_view event);

/// Eastern time of day in "… game originally scheduled for Sep 3, 2026 at 9:40 PM EDT".
std::optional<Duration> clock_time_in_rules(std::string_view rules);

/// Binds the events of one game (one ticker body: winner, spread, total) to teams and sides.
/// @param events not empty, all with the same body
Interpretation
interpret_kalshi(const LeagueTable& table, const std::vector<const VenueEvent*>& events);

/// Interprets a whole catalogue, one entry per game, by the event id that stands for it.
std::map<std::string, Interpretation>
interpret_kalshi_catalogue(const LeagueTable& table, const std::vector<VenueEvent>& events);

} // namespace arbees
