#include "app/tables.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "actors/messages/errors.hpp"
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

caf::expected<std::shared_ptr<const SettlementTable>>
load_settlement_rules(const std::filesystem::path& folder) {
  const auto path = folder / "settlement_rules.csv";
  std::ifstream in{path, std::ios::binary};
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    return caf::make_error(Errc::bad_configuration, "cannot read " + path.string());
  }
  auto table = parse_settlement_rules(text.str());
  if (!table) {
    return table.error();
  }
  return std::make_shared<const SettlementTable>(std::move(*table));
}

EspnClock espn_clock(ClockDirection direction) {
  switch (direction) {
    case ClockDirection::down:
      return EspnClock::left;
    case ClockDirection::up:
      return EspnClock::played;
    case ClockDirection::none:
      break;
  }
  return EspnClock::none;
}

} // namespace arbees
