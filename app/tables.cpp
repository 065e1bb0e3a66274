#include "app/tables.hpp"

#include <algorithm>

#include "bridges/espn/league_files.hpp"

namespace arbees {

caf::expected<std::map<League, LeagueTable>>
load_league_tables(const std::filesystem::path& folder, const std::vector<std::string>& wanted) {
  const auto files = read_league_files(folder.string());
  if (!files) {
    return files.error();
  }
  auto tables = make_league_tables(files->leagues, files->teams);
  if (!tables) {
    return tables.error();
  }
  std::erase_if(*tables, [&](const auto& entry) {
    return std::find(wanted.begin(), wanted.end(), to_string(entry.first)) == wanted.end();
  });
  return tables;
}

} // namespace arbees
