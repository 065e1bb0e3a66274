#pragma once

#include "actors/orchestrator/team_table.hpp"

namespace arbees {

enum class ClockDirection : std::uint8_t { down, up, none };

/// What is particular to a league, from `config/leagues.csv`.
struct LeagueRules {
  League league = League::nba;
  std::string espn_path;         ///< "basketball/nba"
  std::string espn_params;       ///< "groups=50&limit=400", without which a slate is partial
  std::string kalshi_stem;       ///< "NBA": KXNBAGAME, KXNBASPREAD, KXNBATOTAL
  std::string polymarket_prefix; ///< "nba", of slugs and in /sports; empty: not known
  bool home_first = false;       ///< order of the teams in tickers and slugs
  bool three_way = false;        ///< home, away and draw; 90 minutes decide
  TeamIdRule ids = TeamIdRule::code;
  std::int32_t periods = 4;
  Duration period_length{};
  Duration overtime_length{};
  ClockDirection clock = ClockDirection::down;
  Duration start_tolerance{}; ///< between two exact starts of one game
  bool outdoor = false;       ///< weather postpones
  bool ties = false;          ///< a winner market may see a tie

  [[nodiscard]] std::string kalshi_series(MarketKind kind) const;
};

struct LeagueTable {
  LeagueRules rules;
  TeamTable teams;
};

/// Parses `config/leagues.csv`.
/// @returns Errc::bad_configuration with the line.
caf::expected<std::map<League, LeagueRules>> parse_league_rules(std::string_view csv);

/// Joins rules and team tables. `team_files` holds the texts of `config/teams/*.csv` by file name
/// without ending; school leagues share "college". A league of rule `code` needs its file.
/// @returns Errc::bad_configuration naming the file.
caf::expected<std::map<League, LeagueTable>>
make_league_tables(std::string_view leagues_csv,
                   const std::map<std::string, std::string>& team_files);

} // namespace arbees
