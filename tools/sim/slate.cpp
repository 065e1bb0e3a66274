#include "tools/sim/slate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>

#include "tools/sim/fixtures.hpp"

namespace arbees::sim {

namespace {

constexpr UnixSeconds four_months = 120 * 86'400;

std::string hex(Random& random, int digits) {
  std::string text;
  for (auto i = 0; i < digits; ++i) {
    text += fmt::format("{:x}", random.next() >> 60);
  }
  return text;
}

std::string token_id(Random& random) {
  auto text = fmt::format("{}", random.range(1, 9));
  for (auto i = 0; i < 76; ++i) {
    text += static_cast<char>('0' + random.range(0, 9));
  }
  return text;
}

/// "Pro Basketball" of "Pro Basketball (M)", as titles and rules say.
std::string_view sport_name(League league) {
  const auto name = facts(league).competition;
  return name.substr(0, name.find(" ("));
}

double half_point(double value) {
  return std::floor(value) + 0.5;
}

std::string points(double line) {
  return fmt::format("{:.1f}", line);
}
std::string slug_points(double line) {
  auto text = points(line);
  return text.replace(text.find('.'), 1, "pt");
}

/// Builds the slate league by league; indices of books and groups are given in order of listing.
class Builder {
public:
  explicit Builder(const WorldConfig& config) : random_(config.seed) { slate_.config = config; }

  Slate build() && {
    auto fixtures = choose_games(slate_.config, random_);
    slate_.games = std::move(fixtures.games);
    broken_clock_ = fixtures.broken_clock;
    for (auto i = 0; i < static_cast<int>(slate_.games.size()); ++i) {
      list_on_kalshi(i);
      list_on_polymarket(i);
    }
    add_outrights();
    return std::move(slate_);
  }

private:
  // --- Kalshi ---

  [[nodiscard]] static std::string block(const Game& game) {
    const auto at = eastern(game.start);
    const auto time = game.league == League::mlb ? clock_ticker(at) : std::string{};
    const auto soccer = game.league == League::epl;
    const auto& first = soccer ? *game.home : *game.away;
    const auto& second = soccer ? *game.away : *game.home;
    return fmt::format("{}{}{}{}", date_ticker(at), time, first.kalshi, second.kalshi);
  }

  [[nodiscard]] static std::string versus(const Game& game) {
    const auto soccer = game.league == League::epl;
    return fmt::format("{} vs {}", (soccer ? game.home : game.away)->label,
                       (soccer ? game.away : game.home)->label);
  }

  int add_event(int game_index, std::string_view series, std::string_view scope, bool exclusive) {
    const auto& game = slate_.games[static_cast<std::size_t>(game_index)];
    const auto at = eastern(game.start);
    KalshiEvent event{.ticker = fmt::format("{}-{}", series, block(game)),
                      .series = std::string{series},
                      .scope = std::string{scope},
                      .league = game.league,
                      .mutually_exclusive = exclusive,
                      .game = game_index};
    event.title = versus(game);
    if (scope != "Game") {
      event.title += fmt::format(": {}", scope);
    }
    const auto soccer = game.league == League::epl;
    event.sub_title =
      fmt::format("{} vs {} ({} {})", (soccer ? game.home : game.away)->kalshi,
                  (soccer ? game.away : game.home)->kalshi, month_name(at.month), at.day);
    add_series(event.series, game.league, scope);
    slate_.kalshi_events.push_back(std::move(event));
    return static_cast<int>(slate_.kalshi_events.size()) - 1;
  }

  void add_series(const std::string& ticker, League league, std::string_view scope) {
    if (std::ranges::find(slate_.series, ticker, &KalshiSeries::ticker) == slate_.series.end()) {
      slate_.series.push_back(
        {ticker, fmt::format("{} {}", facts(league).competition, scope), league});
    }
  }

  KalshiMarket& add_market(int event_index, std::string_view suffix, const Proposition& yes) {
    auto& event = slate_.kalshi_events[static_cast<std::size_t>(event_index)];
    const auto index = static_cast<int>(slate_.kalshi_markets.size());
    // Mixed tick structures, the same for the markets of one event.
    const auto structure = static_cast<PriceStructure>(event_index % 5 < 2   ? 0
                                                       : event_index % 5 < 4 ? 2
                                                                             : 1);
    slate_.kalshi_markets.push_back({.ticker = fmt::format("{}-{}", event.ticker, suffix),
                                     .id = make_uuid(random_),
                                     .event = event_index,
                                     .yes = yes,
                                     .structure = structure});
    event.markets.push_back(index);
    slate_.kalshi_markets.back().book = add_book(Venue::kalshi, index, yes);
    return slate_.kalshi_markets.back();
  }

  int add_book(Venue venue, int market, const Proposition& proposition) {
    slate_.books.push_back({venue, market, proposition, slate_.groups - 1});
    return static_cast<int>(slate_.books.size()) - 1;
  }

  std::string rules(const Game& game, std::string_view condition) const {
    const auto at = eastern(game.start);
    const auto time =
      game.league == League::mlb
        ? fmt::format(" at {} {}", clock_12h(at), eastern_daylight(game.start) ? "EDT" : "EST")
        : std::string{};
    return fmt::format(
      "If {} the {} {} game originally scheduled for {} {}, {}{}, then the market "
      "resolves to Yes.",
      condition, versus(game), sport_name(game.league), month_name(at.month), at.day, at.year,
      time);
  }

  void add_winner_market(int event, int game_index, TeamSide side) {
    const auto& game = slate_.games[static_cast<std::size_t>(game_index)];
    const auto& who = side == TeamSide::home ? *game.home : *game.away;
    auto& market = add_market(event, who.kalshi, {Kind::winner, game_index, side, 0});
    market.label = who.label;
    market.title = game.league == League::nfl ? fmt::format("{} {} game: {} wins?", versus(game),
                                                            sport_name(game.league), who.label)
                                              : fmt::format("{} wins", who.label);
    market.rules = rules(game, fmt::format("{} wins", who.label));
    market.strike_team = team_uuid(game.league, who);
  }

  void list_winner(int index) {
    const auto& game = slate_.games[static_cast<std::size_t>(index)];
    ++slate_.groups;
    const auto event =
      add_event(index, fmt::format("{}GAME", facts(game.league).kalshi_stem), "Game", true);
    if (game.league == League::epl) {
      add_winner_market(event, index, TeamSide::home);
      add_winner_market(event, index, TeamSide::away);
      auto& tie = add_market(event, "TIE", {Kind::draw, index, TeamSide::none, 0});
      tie.label = tie.title = "Tie";
      tie.rules = rules(game, "the teams tie in");
    } else {
      add_winner_market(event, index, TeamSide::away);
      add_winner_market(event, index, TeamSide::home);
    }
  }

  void list_spread(int index) {
    const auto& game = slate_.games[static_cast<std::size_t>(index)];
    const auto favourite = game.home_edge >= 0 ? TeamSide::home : TeamSide::away;
    const auto event =
      add_event(index, fmt::format("{}SPREAD", facts(game.league).kalshi_stem), "Spread", false);
    const auto base = half_point(std::abs(game.home_edge));
    for (const auto line : {base, base + 4}) {
      ++slate_.groups;
      const auto& who = favourite == TeamSide::home ? *game.home : *game.away;
      auto& market =
        add_market(event, fmt::format("{}{}", who.kalshi, static_cast<int>(line + 0.5)),
                   {Kind::spread, index, favourite, line});
      market.label = fmt::format("{} wins by over {} points", who.label, points(line));
      market.title = market.label + "?";
      market.rules =
        rules(game, fmt::format("{} wins by more than {} points in", who.label, points(line)));
      market.floor_strike = line;
      market.strike_team = team_uuid(game.league, who);
    }
  }

  void list_total(int index) {
    const auto& game = slate_.games[static_cast<std::size_t>(index)];
    const auto event = add_event(index, fmt::format("{}TOTAL", facts(game.league).kalshi_stem),
                                 "Total Points", false);
    const auto line = half_point(game.total);
    ++slate_.groups;
    auto& market = add_market(event, fmt::format("{}", static_cast<int>(line + 0.5)),
                              {Kind::total, index, TeamSide::none, line});
    market.label = fmt::format("Over {} points scored", points(line));
    market.title = market.label;
    market.rules =
      rules(game, fmt::format("the teams collectively score more than {} points in", points(line)));
    market.floor_strike = line;
  }

  void list_first_half(int index) {
    const auto& game = slate_.games[static_cast<std::size_t>(index)];
    const auto stem = facts(game.league).kalshi_stem;
    ++slate_.groups;
    const auto event =
      add_event(index, fmt::format("{}{}", stem, game.league == League::mlb ? "F5" : "1H"),
                game.league == League::mlb ? "First 5 Innings" : "First Half", true);
    for (const auto side : {TeamSide::away, TeamSide::home}) {
      const auto& who = side == TeamSide::home ? *game.home : *game.away;
      auto& market = add_market(event, who.kalshi, {Kind::first_half, index, side, 0});
      market.label = who.label;
      market.title = fmt::format("{} wins the first half", who.label);
      market.rules = rules(game, fmt::format("{} leads after the first half of", who.label));
      market.strike_team = team_uuid(game.league, who);
    }
    slate_.decoys.push_back({Venue::kalshi,
                             slate_.kalshi_events[static_cast<std::size_t>(event)].ticker,
                             "first part of the game only"});
  }

  void list_on_kalshi(int index) {
    const auto& game = slate_.games[static_cast<std::size_t>(index)];
    if (!game.on_kalshi) {
      return;
    }
    list_winner(index);
    list_spread(index);
    list_total(index);
    if (index % 2 == 0 && game.league != League::nhl) {
      list_first_half(index);
    }
    if (!game.on_polymarket && index != broken_clock_) {
      slate_.decoys.push_back(
        {Venue::kalshi, fmt::format("{}GAME-{}", facts(game.league).kalshi_stem, block(game)),
         "not listed on Polymarket"});
    }
  }

  // --- Polymarket ---

  static std::string slug(const Game& game) {
    const auto& league = facts(game.league);
    const auto date = date_iso(league.slug_date_utc ? utc(game.start) : eastern(game.start));
    const auto soccer = game.league == League::epl;
    auto text = fmt::format("{}-{}-{}-{}", league.code, (soccer ? game.home : game.away)->poly,
                            (soccer ? game.away : game.home)->poly, date);
    if (game.doubleheader == 2) {
      text += "-g2";
    }
    return text;
  }

  static std::string_view poly_name(const Game& game, TeamSide side) {
    const auto& who = side == TeamSide::home ? *game.home : *game.away;
    return game.league == League::mlb ? who.name : who.nickname;
  }

  static std::string poly_title(const Game& game) {
    const auto soccer = game.league == League::epl;
    const auto first = soccer ? TeamSide::home : TeamSide::away;
    const auto second = soccer ? TeamSide::away : TeamSide::home;
    return fmt::format("{} vs. {}", poly_name(game, first), poly_name(game, second));
  }

  PolyMarket& add_poly_market(int event_index, std::string_view suffix, const Proposition& first) {
    ++slate_.groups;
    auto& event = slate_.poly_events[static_cast<std::size_t>(event_index)];
    const auto index = static_cast<int>(slate_.poly_markets.size());
    PolyMarket market{.id = fmt::format("{}", 2'990'000 + index),
                      .condition = "0x" + hex(random_, 64),
                      .event = event_index,
                      .first = first};
    market.tokens = {token_id(random_), token_id(random_)};
    market.slug = event.slug + std::string{suffix};
    market.tick = Price{event_index % 3 == 2 ? 10 : 100};
    market.book = add_book(Venue::polymarket, index, first);
    slate_.poly_markets.push_back(std::move(market));
    event.markets.push_back(index);
    return slate_.poly_markets.back();
  }

  void add_moneyline(int event, int index, const Game& game) {
    auto& market = add_poly_market(event, "", {Kind::winner, index, TeamSide::away, 0});
    market.question = poly_title(game);
    market.sports_type = "moneyline";
    market.outcomes = {std::string{poly_name(game, TeamSide::away)},
                       std::string{poly_name(game, TeamSide::home)}};
  }

  void add_soccer_result(int event, int index, const Game& game) {
    const auto add = [&](std::string_view suffix, const Proposition& yes, std::string group,
                         std::string question) {
      auto& market = add_poly_market(event, suffix, yes);
      market.sports_type = "moneyline";
      market.neg_risk = true;
      market.group_title = std::move(group);
      market.question = std::move(question);
      market.outcomes = {"Yes", "No"};
    };
    for (const auto side : {TeamSide::home, TeamSide::away}) {
      const auto& who = side == TeamSide::home ? *game.home : *game.away;
      add(fmt::format("-{}", who.poly), {Kind::winner, index, side, 0}, std::string{who.name},
          fmt::format("Will {} win?", who.name));
    }
    add("-draw", {Kind::draw, index, TeamSide::none, 0}, fmt::format("Draw ({})", poly_title(game)),
        fmt::format("Will {} end in a draw?", poly_title(game)));
  }

  void add_spread_and_total(int event, int index, const Game& game) {
    const auto favourite = game.home_edge >= 0 ? TeamSide::home : TeamSide::away;
    const auto other = favourite == TeamSide::home ? TeamSide::away : TeamSide::home;
    const auto line = half_point(std::abs(game.home_edge));
    auto& spread =
      add_poly_market(event,
                      fmt::format("-spread-{}-{}", favourite == TeamSide::home ? "home" : "away",
                                  slug_points(line)),
                      {Kind::spread, index, favourite, line});
    spread.question = fmt::format("Spread: {} (-{})", poly_name(game, favourite), points(line));
    spread.group_title = fmt::format("Spread -{}", points(line));
    spread.sports_type = "spreads";
    spread.line = -line;
    spread.outcomes = {std::string{poly_name(game, favourite)},
                       std::string{poly_name(game, other)}};
    const auto over = half_point(game.total);
    auto& total = add_poly_market(event, fmt::format("-total-{}", slug_points(over)),
                                  {Kind::total, index, TeamSide::none, over});
    total.question = fmt::format("{}: O/U {}", poly_title(game), points(over));
    total.group_title = fmt::format("O/U {}", points(over));
    total.sports_type = "totals";
    total.line = over;
    total.outcomes = {"Over", "Under"};
    if (event % 3 == 1) {
      move_to_newer_ledger(total);
    }
  }

  /// Its positions settle on ExchangeV3; condition ids have 31 bytes there, padded on the right.
  static void move_to_newer_ledger(PolyMarket& market) {
    market.exchange_v3 = true;
    market.condition.replace(market.condition.size() - 2, 2, "00");
    for (auto& token : market.tokens) {
      token = position_id(token);
    }
  }

  void add_poly_first_half(int event, int index, const Game& game) {
    auto& market =
      add_poly_market(event, "-1h-moneyline", {Kind::first_half, index, TeamSide::away, 0});
    market.question = fmt::format("{}: 1H Moneyline", poly_title(game));
    market.group_title = "1H Moneyline";
    market.sports_type = "first_half_moneyline";
    market.outcomes = {std::string{poly_name(game, TeamSide::away)},
                       std::string{poly_name(game, TeamSide::home)}};
    slate_.decoys.push_back({Venue::polymarket, market.condition, "first half only"});
  }

  void list_on_polymarket(int index) {
    const auto& game = slate_.games[static_cast<std::size_t>(index)];
    if (!game.on_polymarket && index != broken_clock_) {
      return;
    }
    const auto event = static_cast<int>(slate_.poly_events.size());
    slate_.poly_events.push_back({.id = fmt::format("{}", 399'000 + event),
                                  .slug = slug(game),
                                  .title = poly_title(game),
                                  .league = game.league,
                                  .start = game.start,
                                  .game = index});
    if (game.league == League::epl) {
      add_soccer_result(event, index, game);
    } else {
      add_moneyline(event, index, game);
    }
    add_spread_and_total(event, index, game);
    if (index % 2 == 0 && game.league != League::mlb && game.league != League::nhl) {
      add_poly_first_half(event, index, game);
    }
    mark_decoys(event, index);
  }

  void mark_decoys(int event_index, int game_index) {
    auto& event = slate_.poly_events[static_cast<std::size_t>(event_index)];
    const auto& game = slate_.games[static_cast<std::size_t>(game_index)];
    if (game_index == broken_clock_) {
      event.start += four_months;
      event.decoy = "start is four months off its slug";
    } else if (!game.on_kalshi) {
      event.decoy = "not listed on Kalshi";
    }
    for (const auto market : event.markets) {
      if (!event.decoy.empty()) {
        slate_.decoys.push_back({Venue::polymarket,
                                 slate_.poly_markets[static_cast<std::size_t>(market)].condition,
                                 event.decoy});
      }
    }
  }

  // --- season-long markets, which no game may match ---

  void add_outrights() {
    const auto year = utc(slate_.config.epoch()).year + 1;
    KalshiEvent champion{.ticker = fmt::format("KXNBA-{:02}", year % 100),
                         .series = "KXNBA",
                         .title = fmt::format("{} Pro Basketball Champion", year),
                         .sub_title = fmt::format("{} season", year),
                         .scope = "Season"};
    add_series("KXNBA", League::nba, "Champion");
    slate_.decoys.push_back({Venue::kalshi, champion.ticker, "season outright"});
    slate_.kalshi_events.push_back(champion);
    const auto event = static_cast<int>(slate_.kalshi_events.size()) - 1;
    for (const auto code : {"BOS", "OKC", "DEN"}) {
      const auto& who = team(League::nba, code);
      ++slate_.groups;
      auto& market = add_market(event, who.kalshi, {Kind::outright, -1, TeamSide::none, 0});
      market.label = who.label;
      market.title = fmt::format("Will {} win the {} championship?", who.label, year);
      market.rules = market.title;
      market.strike_team = team_uuid(League::nba, who);
    }
    add_poly_outright(year);
  }

  void add_poly_outright(int year) {
    const auto event = static_cast<int>(slate_.poly_events.size());
    slate_.poly_events.push_back({.id = fmt::format("{}", 399'000 + event),
                                  .slug = fmt::format("{}-nba-champion", year),
                                  .title = fmt::format("{} NBA Champion", year),
                                  .start = slate_.config.epoch() + 200 * 86'400,
                                  .decoy = "season outright"});
    auto& market = add_poly_market(event, "-bos", {Kind::outright, -1, TeamSide::none, 0});
    market.question = fmt::format("Will the Boston Celtics win the {} NBA Finals?", year);
    market.outcomes = {"Yes", "No"};
    market.neg_risk = true;
    slate_.decoys.push_back({Venue::polymarket, market.condition, "season outright"});
  }

  Slate slate_;
  Random random_;
  int broken_clock_ = -1;
};

} // namespace

Slate make_slate(const WorldConfig& config) {
  return Builder{config}.build();
}

double regulation_seconds(League league) {
  switch (league) {
    case League::nba:
      return 2880;
    case League::nfl:
    case League::nhl:
      return 3600;
    case League::mlb:
      return 9 * 1080;
    case League::epl:
      return 5400;
  }
  return 0;
}

std::string make_uuid(Random& random) {
  const auto a = random.next();
  const auto b = random.next();
  return fmt::format("{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}", a >> 32, (a >> 16) & 0xFFFF,
                     a & 0xFFF, b >> 52, b & 0xFFFF'FFFF'FFFF);
}

std::string position_id(std::string_view token) {
  using Number = boost::multiprecision::uint256_t;
  const auto reserved = ((Number{1} << 64U) - 1) << 40U;
  return (Number{std::string{token}} & ~reserved).str();
}

std::string team_uuid(League league, const Team& team) {
  auto seed = std::uint64_t{0xCBF29CE484222325} + static_cast<std::uint64_t>(league);
  for (const auto letter : team.name) {
    seed = (seed ^ static_cast<std::uint64_t>(letter)) * 0x100000001B3ULL;
  }
  Random random{seed};
  return make_uuid(random);
}

} // namespace arbees::sim
