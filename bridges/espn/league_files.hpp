#pragma once

#include <caf/expected.hpp>
#include <map>
#include <string>

namespace arbees {

/// The texts of the league and team tables, for `make_league_tables`.
struct LeagueFiles {
  std::string leagues;                      ///< leagues.csv
  std::map<std::string, std::string> teams; ///< teams/*.csv by name without ending
};

/// Reads `directory`/leagues.csv and `directory`/teams/*.csv.
/// @returns Errc::bad_configuration naming the file that cannot be read
caf::expected<LeagueFiles> read_league_files(const std::string& directory);

} // namespace arbees
