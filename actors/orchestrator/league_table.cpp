#include "actors/orchestrator/league_table.hpp"

#include <charconv>

#include "actors/orchestrator/csv.hpp"

namespace arbees {

namespace {

constexpr std::string_view columns =
  "league,espn_path,espn_params,kalshi_stem,polymarket_prefix,order,ways,ids,periods,"
  "period_seconds,overtime_seconds,clock,start_tolerance_minutes,outdoor,ties";

using Fields = std::vector<std::string_view>;

/// Reads fields of one line and remembers the first that is bad.
class LineReader {
public:
  explicit LineReader(const Fields& fields) : fields_{fields} {}

  template <class T>
  T choice(std::size_t index, std::initializer_list<std::pair<std::string_view, T>> choices) {
    for (const auto& [text, value] : choices) {
      if (text == fields_[index]) {
        return value;
      }
    }
    fail(index);
    return choices.begin()->second;
  }

  int number(std::size_t index) {
    const auto text = fields_[index];
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0 || value > 100'000) {
      fail(index);
    }
    return value;
  }

  [[nodiscard]] const std::optional<std::string>& failure() const { return failure_; }

private:
  void fail(std::size_t index) {
    if (!failure_) {
      failure_ = fmt::format("field {}: '{}'", index + 1, fields_[index]);
    }
  }

  const Fields& fields_;
  std::optional<std::string> failure_;
};

caf::error bad_line(std::size_t line, std::string_view why) {
  return caf::make_error(Errc::bad_configuration, fmt::format("leagues line {}: {}", line, why));
}

caf::expected<LeagueRules> parse_line(const Fields& fields, std::size_t line) {
  const auto league = parse_league(fields[0]);
  if (!league) {
    return bad_line(line, fmt::format("unknown league '{}'", fields[0]));
  }
  LineReader in{fields};
  LeagueRules rules{
    .league = *league,
    .espn_path = std::string{fields[1]},
    .espn_params = std::string{fields[2]},
    .kalshi_stem = std::string{fields[3]},
    .polymarket_prefix = std::string{fields[4]},
    .home_first = in.choice<bool>(5, {{"away_home", false}, {"home_away", true}}),
    .three_way = in.choice<bool>(6, {{"2", false}, {"3", true}}),
    .ids = in.choice<TeamIdRule>(
      7, {{"code", TeamIdRule::code}, {"club", TeamIdRule::club}, {"school", TeamIdRule::school}}),
    .periods = in.number(8),
    .period_length = std::chrono::seconds{in.number(9)},
    .overtime_length = std::chrono::seconds{in.number(10)},
    .clock = in.choice<ClockDirection>(11, {{"down", ClockDirection::down},
                                            {"up", ClockDirection::up},
                                            {"none", ClockDirection::none}}),
    .start_tolerance = std::chrono::minutes{in.number(12)},
    .outdoor = in.choice<bool>(13, {{"no", false}, {"yes", true}}),
    .ties = in.choice<bool>(14, {{"no", false}, {"yes", true}}),
  };
  if (in.failure()) {
    return bad_line(line, *in.failure());
  }
  if (rules.espn_path.empty() || rules.kalshi_stem.empty()) {
    return bad_line(line, "espn_path and kalshi_stem are needed");
  }
  return rules;
}

std::string team_file(const LeagueRules& rules) {
  return rules.ids == TeamIdRule::school ? "college" : std::string{to_string(rules.league)};
}

} // namespace

std::string LeagueRules::kalshi_series(MarketKind kind) const {
  const auto suffix = kind == MarketKind::winner   ? "GAME"
                      : kind == MarketKind::spread ? "SPREAD"
                                                   : "TOTAL";
  return fmt::format("KX{}{}", kalshi_stem, suffix);
}

caf::expected<std::map<League, LeagueRules>> parse_league_rules(std::string_view csv) {
  const auto lines = split_lines(csv);
  if (lines.empty() || lines.front() != columns) {
    return bad_line(1, fmt::format("the columns must be {}", columns));
  }
  std::map<League, LeagueRules> result;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto fields = split_fields(lines[i], ',');
    if (fields.size() != 15) {
      return bad_line(i + 1, "15 fields wanted");
    }
    auto rules = parse_line(fields, i + 1);
    if (!rules) {
      return rules.error();
    }
    if (!result.emplace(rules->league, *rules).second) {
      return bad_line(i + 1, "the league stands twice");
    }
  }
  return result;
}

caf::expected<std::map<League, LeagueTable>>
make_league_tables(std::string_view leagues_csv,
                   const std::map<std::string, std::string>& team_files) {
  auto all_rules = parse_league_rules(leagues_csv);
  if (!all_rules) {
    return all_rules.error();
  }
  constexpr std::string_view no_teams =
    "espn,kalshi,polymarket,name,city,nickname,kalshi_label,aliases\n";
  std::map<League, LeagueTable> result;
  for (const auto& [league, rules] : *all_rules) {
    const auto name = team_file(rules);
    const auto file = team_files.find(name);
    if (file == team_files.end() && rules.ids == TeamIdRule::code) {
      return caf::make_error(Errc::bad_configuration, fmt::format("no teams/{}.csv", name));
    }
    auto teams = TeamTable::parse(file == team_files.end() ? no_teams : file->second, rules.ids);
    if (!teams) {
      return caf::make_error(Errc::bad_configuration,
                             fmt::format("teams/{}.csv: {}", name, describe(teams.error())));
    }
    result.emplace(league, LeagueTable{.rules = rules, .teams = std::move(*teams)});
  }
  return result;
}

} // namespace arbees
