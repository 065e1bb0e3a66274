#include "bridges/espn/league_files.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "actors/messages/errors.hpp"

namespace arbees {

namespace {

caf::expected<std::string> read_file(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream out;
  if (!in || !(out << in.rdbuf())) {
    return caf::make_error(Errc::bad_configuration, "cannot read " + path.string());
  }
  return out.str();
}

} // namespace

caf::expected<LeagueFiles> read_league_files(const std::string& directory) {
  const std::filesystem::path root{directory};
  auto leagues = read_file(root / "leagues.csv");
  if (!leagues) {
    return leagues.error();
  }
  LeagueFiles files{.leagues = std::move(*leagues), .teams = {}};
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator{root / "teams", ec}) {
    if (entry.path().extension() != ".csv") {
      continue;
    }
    auto text = read_file(entry.path());
    if (!text) {
      return text.error();
    }
    files.teams[entry.path().stem().string()] = std::move(*text);
  }
  if (ec) {
    return caf::make_error(Errc::bad_configuration,
                           (root / "teams").string() + ": " + ec.message());
  }
  return files;
}

} // namespace arbees
