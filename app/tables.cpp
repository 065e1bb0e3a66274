#include "app/tables.hpp"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "actors/messages/errors.hpp"

namespace arbees {

namespace {

caf::expected<std::string> read_text(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || !text) {
    return caf::make_error(Errc::bad_configuration, fmt::format("{}: cannot be read", path.string()));
  }
  return std::move(text).str();
}

} // namespace

caf::expected<std::map<League, LeagueTable>>
load_league_tables(const std::filesystem::path& folder, const std::vector<std::string>& wanted) {
  const auto leagues = read_text(folder / "leagues.csv");
  if (!leagues) {
    return leagues.error();
  }
  std::map<std::string, std::string> teams;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{folder / "teams", error}) {
    if (entry.path().extension() == ".csv") {
      auto text = read_text(entry.path());
      if (!text) {
        return text.error();
      }
      teams[entry.path().stem().string()] = std::move(*text);
    }
  }
  auto tables = make_league_tables(*leagues, teams);
  if (!tables) {
    return tables.error();
  }
  std::erase_if(*tables, [&](const auto& entry) {
    return std::find(wanted.begin(), wanted.end(), to_string(entry.first)) == wanted.end();
  });
  return tables;
}

} // namespace arbees
