#pragma once

#include <caf/expected.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/market/settlement_rules.hpp"
#include "actors/orchestrator/league_table.hpp"
#include "bridges/espn/scoreboard_codec.hpp"

namespace arbees {

/// Reads `folder`/leagues.csv and `folder`/teams/*.csv, and keeps the leagues that are wanted.
/// @returns Errc::bad_configuration naming file and line
caf::expected<std::map<League, LeagueTable>>
load_league_tables(const std::filesystem::path& folder, const std::vector<std::string>& wanted);

/// Reads `folder`/settlement_rules.csv.
/// @returns Errc::bad_configuration naming file or line
caf::expected<std::shared_ptr<const SettlementTable>>
load_settlement_rules(const std::filesystem::path& folder);

/// How ESPN's clock reads in such a league.
EspnClock espn_clock(ClockDirection direction);

} // namespace arbees
