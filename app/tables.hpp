#pragma once

#include <caf/expected.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "actors/orchestrator/league_table.hpp"

namespace arbees {

/// Reads `folder`/leagues.csv and `folder`/teams/*.csv, and keeps the leagues that are wanted.
/// @returns Errc::bad_configuration naming file and line
caf::expected<std::map<League, LeagueTable>>
load_league_tables(const std::filesystem::path& folder, const std::vector<std::string>& wanted);

} // namespace arbees
