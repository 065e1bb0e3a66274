#include "actors/orchestrator/kalshi_listing.hpp"

#include <algorithm>
#include <array>

#include "actors/orchestrator/team_names.hpp"

namespace arbees {

namespace {

using Events = std::vector<const VenueEvent*>;

constexpr std::array<std::string_view, 12> months = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                     "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};

/// Two starts that one venue states for one game may differ so much.
constexpr auto own_tolerance = std::chrono::minutes{75};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

std::optional<int> digits(std::string_view text) {
  if (text.empty() || text.size() > 4 || !std::all_of(text.begin(), text.end(), is_digit)) {
    return std::nullopt;
  }
  int value = 0;
  for (const char c : text) {
    value = value * 10 + (c - '0');
  }
  return value;
}

std::optional<Date> ticker_date(std::string_view text) {
  const auto year = digits(text.substr(0, 2));
  const auto month = std::find(months.begin(), months.end(), text.substr(2, 3));
  const auto day = digits(text.substr(5, 2));
  if (!year || month == months.end() || !day) {
    return std::nullopt;
  }
  return make_date(2000 + *year, static_cast<unsigned>(month - months.begin()) + 1,
                   static_cast<unsigned>(*day));
}

/// What follows the event's ticker in a market's: "LAL", "LAR3", "48", "TIE".
std::string_view suffix_of(const VenueEvent& event, const VenueMarket& market) {
  std::string_view ticker = market.listing;
  return ticker.size() > event.id.size() + 1 && ticker.starts_with(event.id)
             && ticker[event.id.size()] == '-'
           ? ticker.substr(event.id.size() + 1)
           : std::string_view{};
}

bool is_draw(std::string_view suffix) {
  return suffix == "TIE" || suffix == "DRAW";
}

struct Sides {
  std::string first_code; ///< in the ticker's order
  std::string second_code;
  ResolvedTeam first;
  ResolvedTeam second;
};

const VenueEvent* event_of(const Events& events, const LeagueRules& rules, MarketKind kind) {
  for (const auto* event : events) {
    const auto ticker = parse_kalshi_ticker(event->id);
    if (ticker && ticker->series == rules.kalshi_series(kind)) {
      return event;
    }
  }
  return nullptr;
}

/// Both legs of the winner event must be there, and their codes must make up the ticker's block.
std::variant<Sides, Refusal>
sides_of_winner(const LeagueTable& table, const VenueEvent& event, std::string_view block) {
  std::vector<std::pair<std::string, std::string>> legs; // code, label
  bool draw = false;
  for (const auto& market : event.markets) {
    const auto suffix = suffix_of(event, market);
    if (is_draw(suffix)) {
      draw = true;
    } else {
      legs.emplace_back(suffix, market.spec.ref.outcomes[0]);
    }
  }
  if (legs.size() != 2 || draw != table.rules.three_way) {
    return Refusal{"self", fmt::format("{} team markets, draw {}", legs.size(), draw)};
  }
  if (legs[0].first + legs[1].first != block) {
    std::swap(legs[0], legs[1]);
  }
  if (legs[0].first + legs[1].first != block || legs[0].first.empty() || legs[1].first.empty()) {
    return Refusal{"self",
                   fmt::format("{} and {} do not make {}", legs[0].first, legs[1].first, block)};
  }
  const auto by_code = table.teams.rule() != TeamIdRule::school;
  const auto resolve = [&](const auto& leg) {
    return by_code ? table.teams.resolve(Source::kalshi, leg.first, leg.second)
                   : table.teams.by_name(leg.second);
  };
  const auto first = resolve(legs[0]);
  const auto second = resolve(legs[1]);
  if (!first || !second) {
    const auto& unknown = first ? legs[1] : legs[0];
    return Refusal{"teams", fmt::format("{} '{}'", unknown.first, unknown.second)};
  }
  return Sides{legs[0].first, legs[1].first, *first, *second};
}

std::variant<Sides, Refusal> sides_of_block(const TeamTable& teams, std::string_view block) {
  const auto cut =
    teams.rule() == TeamIdRule::school ? std::nullopt : teams.split(Source::kalshi, block);
  if (!cut) {
    return Refusal{"teams", fmt::format("no single cut of {}", block)};
  }
  return Sides{cut->first, cut->second, *teams.by_code(Source::kalshi, cut->first),
               *teams.by_code(Source::kalshi, cut->second)};
}

std::variant<MeetingTime, Refusal> time_of(const KalshiTicker& ticker, const Events& events) {
  std::optional<Timestamp> milestone;
  std::optional<Duration> in_rules;
  for (const auto* event : events) {
    if (event->start && milestone && *event->start != *milestone) {
      return Refusal{"self", "two milestones with different starts"};
    }
    milestone = event->start ? event->start : milestone;
    for (const auto& market : event->markets) {
      in_rules = in_rules ? in_rules : clock_time_in_rules(market.rules);
    }
  }
  const auto spoken = ticker.time_of_day ? ticker.time_of_day : in_rules;
  const auto stated =
    spoken ? std::optional{from_eastern(ticker.date, *spoken)} : std::optional<Timestamp>{};
  if (milestone && stated && std::chrono::abs(*milestone - *stated) > own_tolerance) {
    return Refusal{"self", "the milestone starts at another time than the ticker says"};
  }
  const auto exact = milestone ? milestone : stated;
  if (exact && eastern_date(*exact) != ticker.date) {
    return Refusal{"self", "the start is on another day than the ticker says"};
  }
  return MeetingTime{.eastern = ticker.date, .exact = exact};
}

/// The milestone's home and away must be the ticker's, where both name their teams by key.
bool roles_agree(const VenueEvent& event, std::string_view home_code) {
  for (const auto& market : event.markets) {
    const auto suffix = suffix_of(event, market);
    if (market.team_key.empty() || is_draw(suffix)) {
      continue;
    }
    const auto is_home = suffix == home_code;
    const auto& own = is_home ? event.home_team_key : event.away_team_key;
    const auto& other = is_home ? event.away_team_key : event.home_team_key;
    if (market.team_key == other || (!own.empty() && market.team_key != own)) {
      return false;
    }
  }
  return true;
}

/// Adds markets to a listing, or the reason why one is left out.
class Binder {
public:
  Binder(Listing& listing, const LeagueTable& table, const Sides& sides)
    : listing_{listing}, table_{table}, sides_{sides} {}

  void winner(const VenueEvent& event) {
    const auto& home = listing_.meeting.home.id;
    for (const auto& market : event.markets) {
      const auto suffix = suffix_of(event, market);
      const auto team = is_draw(suffix) ? std::optional<std::string>{"draw"} : team_of(suffix);
      if (!team) {
        drop(market, "side");
        continue;
      }
      const auto twin = !table_.rules.three_way && *team != home;
      add(market, Proposition{.market = market.spec.id,
                              .kind = MarketKind::winner,
                              .subject = twin ? home : *team,
                              .line_tenths = std::nullopt,
                              .pays = twin ? Side::no : Side::yes});
    }
  }

  void lines(const VenueEvent& event, MarketKind kind) {
    for (const auto& market : event.markets) {
      const auto suffix = suffix_of(event, market);
      const auto number_at = std::find_if(suffix.begin(), suffix.end(), is_digit) - suffix.begin();
      const auto code = suffix.substr(0, static_cast<std::size_t>(number_at));
      const auto number = digits(suffix.substr(static_cast<std::size_t>(number_at)));
      // N means "more than N - 0.5"; floor_strike must say the same.
      if (!number || market.type != "greater" || market.line_tenths != *number * 10 - 5) {
        drop(market, "line");
        continue;
      }
      const auto subject = kind == MarketKind::spread ? team_of(code)
                           : code.empty()             ? std::optional<std::string>{"over"}
                                                      : std::nullopt;
      if (!subject) {
        drop(market, "side");
        continue;
      }
      add(market, Proposition{.market = market.spec.id,
                              .kind = kind,
                              .subject = *subject,
                              .line_tenths = market.line_tenths,
                              .pays = Side::yes});
    }
  }

private:
  [[nodiscard]] std::optional<std::string> team_of(std::string_view code) const {
    return code == sides_.first_code    ? std::optional{sides_.first.id}
           : code == sides_.second_code ? std::optional{sides_.second.id}
                                        : std::nullopt;
  }

  void add(const VenueMarket& market, Proposition proposition) {
    listing_.propositions.push_back(std::move(proposition));
    listing_.markets.push_back(market.spec);
    listing_.rules[market.spec.id] = market.rules;
  }

  void drop(const VenueMarket& market, std::string_view gate) {
    listing_.dropped.push_back(fmt::format("{} {}", market.listing, gate));
  }

  Listing& listing_;
  const LeagueTable& table_;
  const Sides& sides_;
};

/// True if a text names the two teams; a text that names others refuses the listing.
std::variant<bool, Refusal>
texts_agree(const TeamTable& teams, const Events& events, const Meeting& meeting) {
  bool agree = false;
  for (const auto* event : events) {
    auto texts = std::vector<std::string_view>{event->title};
    for (const auto& market : event->markets) {
      texts.push_back(market.rules);
    }
    for (const auto text : texts) {
      const auto named = names_teams(teams, text, meeting.away, meeting.home);
      if (named && !*named) {
        return Refusal{"text", std::string{text.substr(0, 120)}};
      }
      agree = agree || named;
    }
  }
  return agree;
}

std::optional<Refusal> wrong_series(const LeagueRules& rules, const Events& events) {
  for (const auto* event : events) {
    const auto ticker = parse_kalshi_ticker(event->id);
    if (!ticker) {
      return Refusal{"not_a_game", event->id};
    }
    if (!ticker->series.starts_with("KX" + rules.kalshi_stem)) {
      return Refusal{"league", ticker->series};
    }
    if (ticker->series != rules.kalshi_series(MarketKind::winner)
        && ticker->series != rules.kalshi_series(MarketKind::spread)
        && ticker->series != rules.kalshi_series(MarketKind::total)) {
      return Refusal{"kind", ticker->series};
    }
    if (const auto word = foreign_competition(rules.league, event->title)) {
      return Refusal{"league", *word};
    }
  }
  return std::nullopt;
}

} // namespace

std::optional<KalshiTicker> parse_kalshi_ticker(std::string_view event) {
  const auto dash = event.find('-');
  if (dash == std::string_view::npos || event.find('-', dash + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  auto rest = event.substr(dash + 1);
  if (rest.size() < 9) {
    return std::nullopt;
  }
  const auto date = ticker_date(rest.substr(0, 7));
  if (!date) {
    return std::nullopt;
  }
  KalshiTicker ticker{.series = std::string{event.substr(0, dash)},
                      .body = std::string{rest},
                      .date = *date,
                      .time_of_day = std::nullopt,
                      .teams = {}};
  rest.remove_prefix(7);
  if (is_digit(rest.front())) {
    const auto hhmm = digits(rest.substr(0, 4));
    if (rest.size() < 6 || !hhmm || *hhmm / 100 > 23 || *hhmm % 100 > 59) {
      return std::nullopt;
    }
    ticker.time_of_day = std::chrono::hours{*hhmm / 100} + std::chrono::minutes{*hhmm % 100};
    rest.remove_prefix(4);
  }
  if (rest.ends_with("G1") || rest.ends_with("G2")) {
    rest.remove_suffix(2);
  }
  if (rest.size() < 2 || rest.size() > 12 || !std::all_of(rest.begin(), rest.end(), is_upper)) {
    return std::nullopt;
  }
  ticker.teams = std::string{rest};
  return ticker;
}

std::optional<Duration> clock_time_in_rules(std::string_view rules) {
  const auto scheduled = rules.find("originally scheduled for ");
  if (scheduled == std::string_view::npos) {
    return std::nullopt;
  }
  auto text = rules.substr(scheduled, 80);
  const auto at = text.find(" at ");
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  text.remove_prefix(at + 4);
  const auto colon = text.find(':');
  if (colon == 0 || colon > 2 || text.size() < colon + 9) {
    return std::nullopt;
  }
  const auto hour = digits(text.substr(0, colon));
  const auto minute = digits(text.substr(colon + 1, 2));
  const auto half = text.substr(colon + 3, 4);
  const auto zone = text.substr(colon + 7, 2);
  if (!hour || !minute || *hour < 1 || *hour > 12 || *minute > 59 || zone.front() != 'E'
      || (half != " AM " && half != " PM ")) {
    return std::nullopt;
  }
  return std::chrono::hours{*hour % 12 + (half == " PM " ? 12 : 0)} + std::chrono::minutes{*minute};
}

Interpretation
interpret_kalshi(const LeagueTable& table, const std::vector<const VenueEvent*>& events) {
  if (auto refusal = wrong_series(table.rules, events)) {
    return *refusal;
  }
  const auto ticker = *parse_kalshi_ticker(events.front()->id);
  const auto* winner = event_of(events, table.rules, MarketKind::winner);
  const auto sides = winner ? sides_of_winner(table, *winner, ticker.teams)
                            : sides_of_block(table.teams, ticker.teams);
  if (const auto* refusal = std::get_if<Refusal>(&sides)) {
    return *refusal;
  }
  const auto& bound = std::get<Sides>(sides);
  const auto time = time_of(ticker, events);
  if (const auto* refusal = std::get_if<Refusal>(&time)) {
    return *refusal;
  }
  const auto home_first = table.rules.home_first;
  Listing listing{
    .venue = Venue::kalshi,
    .event = winner ? winner->id : events.front()->id,
    .meeting = Meeting{.league = table.rules.league,
                       .away = home_first ? bound.second : bound.first,
                       .home = home_first ? bound.first : bound.second,
                       .neutral_site = false,
                       .time = std::get<MeetingTime>(time)},
  };
  if (bound.first.id == bound.second.id) {
    return Refusal{"teams", "a team against itself"};
  }
  if (winner && !roles_agree(*winner, home_first ? bound.first_code : bound.second_code)) {
    return Refusal{"orientation", "the milestone has home and away the other way round"};
  }
  const auto agree = texts_agree(table.teams, events, listing.meeting);
  if (const auto* refusal = std::get_if<Refusal>(&agree)) {
    return *refusal;
  }
  listing.names_agree = std::get<bool>(agree);
  Binder binder{listing, table, bound};
  for (const auto kind : {MarketKind::winner, MarketKind::spread, MarketKind::total}) {
    if (const auto* event = event_of(events, table.rules, kind)) {
      kind == MarketKind::winner ? binder.winner(*event) : binder.lines(*event, kind);
    }
  }
  return listing;
}

std::map<std::string, Interpretation>
interpret_kalshi_catalogue(const LeagueTable& table, const std::vector<VenueEvent>& events) {
  std::map<std::string, Events> games;
  std::map<std::string, Interpretation> result;
  for (const auto& event : events) {
    if (const auto ticker = parse_kalshi_ticker(event.id)) {
      games[ticker->body].push_back(&event);
    } else {
      result.insert_or_assign(event.id, Refusal{"not_a_game", event.id});
    }
  }
  for (const auto& [body, group] : games) {
    const auto* winner = event_of(group, table.rules, MarketKind::winner);
    result.insert_or_assign(winner ? winner->id : group.front()->id,
                            interpret_kalshi(table, group));
  }
  return result;
}

} // namespace arbees
