#include "actors/orchestrator/polymarket_listing.hpp"

#include <algorithm>
#include <charconv>

#include "actors/orchestrator/csv.hpp"
#include "actors/orchestrator/team_names.hpp"

namespace arbees {

namespace {

/// Two starts that one venue states for one game may differ so much.
constexpr auto own_tolerance = std::chrono::minutes{15};

std::optional<int> whole_number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value >= 0
           ? std::optional{value}
           : std::nullopt;
}

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 12 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  });
}

struct Named {
  ResolvedTeam first; ///< in the slug's order
  ResolvedTeam second;
};

/// The teams in the slug's order. What the event lists about them must say the same.
std::variant<Named, Refusal>
teams_of(const LeagueTable& table, const VenueEvent& event, const PolymarketSlug& slug) {
  const auto school = table.teams.rule() == TeamIdRule::school;
  const auto first_role = table.rules.home_first ? TeamRole::home : TeamRole::away;
  const auto titled = split_title(event.title);
  const auto resolve = [&](std::string_view code, TeamRole role,
                           const std::string& title) -> std::optional<ResolvedTeam> {
    const auto coded = school ? std::nullopt : table.teams.by_code(Source::polymarket, code);
    auto result = coded ? coded : table.teams.by_name(title);
    for (const auto& team : event.teams) {
      if (team.role != role) {
        continue;
      }
      const auto by_code =
        school ? std::nullopt : table.teams.by_code(Source::polymarket, team.code);
      for (const auto& listed : {by_code, table.teams.by_name(team.name)}) {
        if (listed && result && listed->id != result->id) {
          return std::nullopt;
        }
        result = result ? result : listed;
      }
    }
    return result;
  };
  const auto second_role = first_role == TeamRole::home ? TeamRole::away : TeamRole::home;
  const auto first = resolve(slug.first, first_role, titled ? titled->first : std::string{});
  const auto second = resolve(slug.second, second_role, titled ? titled->second : std::string{});
  if (!first || !second) {
    return Refusal{"teams", first ? slug.second : slug.first};
  }
  if (first->id == second->id) {
    return Refusal{"teams", "a team against itself"};
  }
  return Named{*first, *second};
}

std::variant<MeetingTime, Refusal> time_of(const VenueEvent& event, const PolymarketSlug& slug) {
  auto start = event.start;
  for (const auto& market : event.markets) {
    if (market.type == "moneyline" && market.start) {
      if (start && std::chrono::abs(*start - *market.start) > own_tolerance) {
        return Refusal{"self", "event and market start at different times"};
      }
      start = start ? start : market.start;
    }
  }
  if (!start) {
    return Refusal{"time", "no start"};
  }
  if (slug.date != eastern_date(*start) && slug.date != utc_date(*start)) {
    return Refusal{"self", "the slug's date is not that of the start"};
  }
  return MeetingTime{.eastern = eastern_date(*start), .exact = start};
}

/// "Spread: Rams (-2.5)" -> {"Rams", -25}.
std::optional<std::pair<std::string, std::int32_t>> parse_spread_question(std::string_view text) {
  constexpr std::string_view prefix = "Spread: ";
  const auto open = text.rfind(" (");
  if (!text.starts_with(prefix) || !text.ends_with(')') || open == std::string_view::npos
      || open < prefix.size()) {
    return std::nullopt;
  }
  auto number = text.substr(open + 2, text.size() - open - 3);
  if (number.starts_with('+')) {
    number.remove_prefix(1);
  }
  const auto tenths = parse_decimal(number, 1);
  if (!tenths || *tenths < -9'999 || *tenths > 9'999) {
    return std::nullopt;
  }
  return std::pair{std::string{text.substr(prefix.size(), open - prefix.size())},
                   static_cast<std::int32_t>(*tenths)};
}

/// Only a half-point line cannot end level, where the venues' rules differ.
bool is_half_point(std::int32_t tenths) {
  return tenths > 0 && tenths % 10 == 5;
}

/// "2pt5" of a market slug for 25.
std::string slug_line(std::int32_t tenths) {
  return fmt::format("{}pt{}", tenths / 10, tenths % 10);
}

class Binder {
public:
  Binder(Listing& listing, const LeagueTable& table, const VenueEvent& event)
    : listing_{listing}, table_{table}, event_{event} {}

  void market(const VenueMarket& market) {
    const auto& outcomes = market.spec.ref.outcomes;
    if (market.type == "moneyline") {
      table_.rules.three_way ? winner_of_three(market) : winner_of_two(market);
    } else if (market.type == "spreads") {
      spread(market);
    } else if (market.type == "totals") {
      const auto over_first = outcomes[0] == "Over" && outcomes[1] == "Under";
      const auto under_first = outcomes[0] == "Under" && outcomes[1] == "Over";
      if (!over_first && !under_first) {
        drop(market, "side");
      } else if (!market.line_tenths || !is_half_point(*market.line_tenths)
                 || market.listing
                      != fmt::format("{}-total-{}", event_.id, slug_line(*market.line_tenths))) {
        drop(market, "line");
      } else {
        add(market, MarketKind::total, "over", market.line_tenths,
            over_first ? Side::yes : Side::no);
      }
    }
  }

private:
  void winner_of_two(const VenueMarket& market) {
    const auto home_side = side_of(market, listing_.meeting.home.id);
    if (!home_side || market.listing != event_.id) {
      drop(market, "side");
      return;
    }
    add(market, MarketKind::winner, listing_.meeting.home.id, std::nullopt, *home_side);
  }

  /// Three Yes/No markets: the slug's suffix and the group title must mean the same.
  void winner_of_three(const VenueMarket& market) {
    const auto& outcomes = market.spec.ref.outcomes;
    if (outcomes[0] != "Yes" || outcomes[1] != "No"
        || !market.listing.starts_with(event_.id + "-")) {
      drop(market, "side");
      return;
    }
    const auto suffix = std::string_view{market.listing}.substr(event_.id.size() + 1);
    if (suffix == "draw") {
      const auto title = normalise_name(market.group);
      title.empty() || title.starts_with("draw")
        ? add(market, MarketKind::winner, "draw", std::nullopt, Side::yes)
        : drop(market, "side");
      return;
    }
    const auto slug = parse_polymarket_slug(event_.id);
    const auto home_first = table_.rules.home_first;
    const auto& home = listing_.meeting.home.id;
    const auto& away = listing_.meeting.away.id;
    const auto by_slug = suffix == slug->first    ? std::optional{home_first ? home : away}
                         : suffix == slug->second ? std::optional{home_first ? away : home}
                                                  : std::nullopt;
    const auto by_title = table_.teams.by_name(market.group);
    if (!by_slug || (by_title && by_title->id != *by_slug)) {
      drop(market, "side");
      return;
    }
    add(market, MarketKind::winner, *by_slug, std::nullopt, Side::yes);
  }

  /// The question says whose line it is; market slug and `line` must not contradict it.
  void spread(const VenueMarket& market) {
    const auto question = parse_spread_question(market.title);
    const auto team = question ? table_.teams.by_name(question->first) : std::nullopt;
    const auto& home = listing_.meeting.home.id;
    const auto& away = listing_.meeting.away.id;
    if (!team || (team->id != home && team->id != away)) {
      drop(market, "side");
      return;
    }
    const auto tenths = std::abs(question->second);
    const auto& subject = question->second < 0 ? team->id : team->id == home ? away : home;
    const auto role = subject == home ? "home" : "away";
    if (!is_half_point(tenths) || !market.line_tenths || std::abs(*market.line_tenths) != tenths
        || market.listing != fmt::format("{}-spread-{}-{}", event_.id, role, slug_line(tenths))) {
      drop(market, "line");
      return;
    }
    const auto side = side_of(market, subject);
    side ? add(market, MarketKind::spread, subject, tenths, *side) : drop(market, "side");
  }

  /// The side whose outcome names `team`; both outcomes must name the meeting's teams.
  [[nodiscard]] std::optional<Side>
  side_of(const VenueMarket& market, const std::string& team) const {
    const auto first = table_.teams.by_name(market.spec.ref.outcomes[0]);
    const auto second = table_.teams.by_name(market.spec.ref.outcomes[1]);
    const auto& home = listing_.meeting.home.id;
    const auto& away = listing_.meeting.away.id;
    if (!first || !second
        || !((first->id == home && second->id == away)
             || (first->id == away && second->id == home))) {
      return std::nullopt;
    }
    return first->id == team ? Side::yes : Side::no;
  }

  void add(const VenueMarket& market, MarketKind kind, std::string subject,
           std::optional<std::int32_t> line_tenths, Side pays) {
    listing_.propositions.push_back(Proposition{.market = market.spec.id,
                                                .kind = kind,
                                                .subject = std::move(subject),
                                                .line_tenths = line_tenths,
                                                .pays = pays});
    listing_.markets.push_back(market.spec);
    listing_.rules[market.spec.id] = market.rules;
  }

  void drop(const VenueMarket& market, std::string_view gate) {
    listing_.dropped.push_back(fmt::format("{} {}", market.listing, gate));
  }

  Listing& listing_;
  const LeagueTable& table_;
  const VenueEvent& event_;
};

bool has_moneyline(const LeagueRules& rules, const VenueEvent& event) {
  const auto fits = [&](const VenueMarket& market) {
    return market.type == "moneyline"
           && (rules.three_way ? market.listing.starts_with(event.id + "-")
                               : market.listing == event.id);
  };
  const auto count = std::count_if(event.markets.begin(), event.markets.end(), fits);
  return count == (rules.three_way ? 3 : 1);
}

/// True unless every winner proposition that the league has is bound exactly once.
bool lacks_winners(const Listing& listing, const LeagueRules& rules) {
  std::set<std::string> subjects;
  std::size_t count = 0;
  for (const auto& proposition : listing.propositions) {
    if (proposition.kind == MarketKind::winner) {
      subjects.insert(proposition.subject);
      ++count;
    }
  }
  const std::size_t wanted = rules.three_way ? 3 : 1;
  return count != wanted || subjects.size() != wanted;
}

} // namespace

std::optional<PolymarketSlug> parse_polymarket_slug(std::string_view slug) {
  const auto parts = split_fields(slug, '-');
  if (parts.size() != 6 || parts[3].size() != 4 || parts[4].size() != 2 || parts[5].size() != 2
      || !is_word(parts[0]) || !is_word(parts[1]) || !is_word(parts[2])) {
    return std::nullopt;
  }
  const auto year = whole_number(parts[3]);
  const auto month = whole_number(parts[4]);
  const auto day = whole_number(parts[5]);
  const auto date = year && month && day
                      ? make_date(*year, static_cast<unsigned>(*month), static_cast<unsigned>(*day))
                      : std::nullopt;
  if (!date) {
    return std::nullopt;
  }
  return PolymarketSlug{.prefix = std::string{parts[0]},
                        .first = std::string{parts[1]},
                        .second = std::string{parts[2]},
                        .date = *date};
}

Interpretation interpret_polymarket(const LeagueTable& table, const VenueEvent& event) {
  const auto slug = parse_polymarket_slug(event.id);
  if (event.derived || !slug || !has_moneyline(table.rules, event)) {
    return Refusal{"not_a_game", event.id};
  }
  if (slug->prefix != table.rules.polymarket_prefix) {
    return Refusal{"league", slug->prefix};
  }
  if (const auto word = foreign_competition(table.rules.league, event.title)) {
    return Refusal{"league", *word};
  }
  const auto teams = teams_of(table, event, *slug);
  if (const auto* refusal = std::get_if<Refusal>(&teams)) {
    return *refusal;
  }
  const auto time = time_of(event, *slug);
  if (const auto* refusal = std::get_if<Refusal>(&time)) {
    return *refusal;
  }
  const auto& named = std::get<Named>(teams);
  const auto home_first = table.rules.home_first;
  Listing listing{
    .venue = Venue::polymarket,
    .event = event.id,
    .meeting = Meeting{.league = table.rules.league,
                       .away = home_first ? named.second : named.first,
                       .home = home_first ? named.first : named.second,
                       .neutral_site = false,
                       .time = std::get<MeetingTime>(time)},
  };
  const auto agree = names_teams(table.teams, event.title, named.first, named.second);
  if (agree && !*agree) {
    return Refusal{"text", event.title};
  }
  listing.names_agree = agree.value_or(false);
  Binder binder{listing, table, event};
  for (const auto& market : event.markets) {
    binder.market(market);
  }
  if (lacks_winners(listing, table.rules)) {
    return Refusal{"side", fmt::format("{}", fmt::join(listing.dropped, "; "))};
  }
  return listing;
}

std::map<std::string, Interpretation>
interpret_polymarket_catalogue(const LeagueTable& table, const std::vector<VenueEvent>& events) {
  std::map<std::string, Interpretation> result;
  for (const auto& event : events) {
    result.insert_or_assign(event.id, interpret_polymarket(table, event));
  }
  return result;
}

} // namespace arbees
