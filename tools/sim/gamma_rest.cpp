#include "tools/sim/gamma_rest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "tools/sim/clob_rest.hpp"
#include "tools/sim/poly_book.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

constexpr UnixSeconds day = 86'400;
constexpr int sports_tag = 1;
constexpr int games_tag = 100'639;
constexpr int largest_page = 100;
constexpr int furthest_offset = 2100;

double number(Price price) {
  return price.value() / 10'000.0;
}

std::string_view poly_name(League league, const Team& team) {
  return league == League::mlb ? team.name : team.nickname;
}

int team_id(League league, const Team& team) {
  const auto all = teams(league);
  return 100 * (1 + static_cast<int>(league)) + static_cast<int>(&team - all.data());
}

json::object team_json(League league, const Team& team) {
  const auto name = poly_name(league, team);
  return {{"id", team_id(league, team)},
          {"name", name},
          {"league", facts(league).code},
          {"record", "0-0"},
          {"logo", ""},
          {"abbreviation", team.poly},
          {"alias", name},
          {"providerId", 1000 + team_id(league, team)}};
}

bool closed(const Engine& engine, const PolyEvent& event) {
  return std::ranges::all_of(event.markets, [&](int market) {
    return engine.status(engine.slate().poly_markets[static_cast<std::size_t>(market)].book)
      .decided;
  });
}

/// JSON text inside a string, as Gamma gives its lists.
std::string list_text(std::string_view first, std::string_view second) {
  return json::serialize(json::array{json::value(first), json::value(second)});
}

void add_prices(json::object& out, const Engine& engine, const PolyMarket& market) {
  const auto& status = engine.status(market.book);
  const auto bid = engine.book(market.book).best(BookSide::bid);
  const auto ask = engine.book(market.book).best(BookSide::ask);
  auto first = std::string{"0.5"};
  auto second = std::string{"0.5"};
  if (status.decided) {
    first = format_decimal(status.value.value(), 4, 0);
    second = format_decimal(complement(status.value).value(), 4, 0);
  } else if (bid && ask) {
    const auto mid = Price{(bid->value() + ask->value()) / 2};
    first = poly_price(mid);
    second = poly_price(complement(mid));
  }
  out["outcomePrices"] = list_text(first, second);
  if (bid) {
    out["bestBid"] = number(*bid);
  }
  if (ask) {
    out["bestAsk"] = number(*ask);
  }
  if (bid && ask) {
    out["spread"] = number(Price{ask->value() - bid->value()});
  }
  out["lastTradePrice"] = number(status.last_price);
  out["volume"] = format_decimal(status.volume.value(), 6, 6);
}

void add_game_fields(json::object& out, const Engine& engine, const PolyEvent& event,
                     const PolyMarket& market) {
  out["gameStartTime"] = blank_seconds(event.start);
  out["eventStartTime"] = iso_seconds(event.start);
  out["sportsMarketType"] = market.sports_type;
  out["secondsDelay"] = seconds_delay(engine, market);
  out["clearBookOnStart"] = true;
  if (event.game >= 0) {
    out["gameId"] = std::to_string(90'110'000 + event.game);
  }
}

/// Under which ids it trades: the version says which field holds, for some of the older markets
/// have positions as well (fact sheet polymarket, section 5.3).
void add_ids(json::object& out, const PolyMarket& market) {
  const auto positions = [](const std::string& first, const std::string& second) {
    return json::array{json::value(first), json::value(second)};
  };
  if (market.exchange_v3) {
    out["positionIds"] = positions(market.tokens[0], market.tokens[1]);
    return;
  }
  out["clobTokenIds"] = list_text(market.tokens[0], market.tokens[1]);
  if (market.event % 3 == 0) {
    out["positionIds"] = positions(position_id(market.tokens[0]), position_id(market.tokens[1]));
  }
}

json::object market_json(const Engine& engine, const PolyEvent& event, const PolyMarket& market) {
  const auto& status = engine.status(market.book);
  const auto rate = poly_rate(engine, market);
  json::object out{
    {"id", market.id},
    {"question", market.question},
    {"conditionId", market.condition},
    {"slug", market.slug},
    {"endDate", iso_seconds(event.start + 7 * day)},
    {"startDate", iso_seconds(event.start - 7 * day)},
    {"description",
     "If the game is postponed, this market will remain open until the game has been "
     "completed. If the game is canceled entirely, with no make-up game, this market "
     "will resolve 50-50."},
    {"outcomes", list_text(market.outcomes[0], market.outcomes[1])},
    {"active", true},
    {"closed", status.decided},
    {"archived", false},
    {"groupItemTitle",
     market.group_title.empty() ? json::value(nullptr) : json::value(market.group_title)},
    {"enableOrderBook", true},
    {"acceptingOrders", !status.decided},
    {"orderPriceMinTickSize", number(status.tick)},
    {"orderMinSize", 5},
    {"negRisk", market.neg_risk},
    {"feesEnabled", rate > 0},
    {"feeType", "sports_fees_v2"},
    {"feeSchedule",
     json::object{{"exponent", 1}, {"rate", rate}, {"takerOnly", true}, {"rebateRate", 0.15}}},
    {"makerBaseFee", 1000},
    {"takerBaseFee", 1000},
    {"version", market.exchange_v3 ? "v2" : "v1"}};
  add_ids(out, market);
  add_prices(out, engine, market);
  if (!market.sports_type.empty()) {
    add_game_fields(out, engine, event, market);
  }
  if (market.line) {
    out["line"] = *market.line;
  }
  return out;
}

json::array teams_json(const Game& game) {
  const auto soccer = game.league == League::epl;
  json::array out;
  for (const auto home : soccer ? std::array{true, false} : std::array{false, true}) {
    auto entry = team_json(game.league, home ? *game.home : *game.away);
    entry["ordering"] = home ? "home" : "away";
    out.push_back(std::move(entry));
  }
  return out;
}

void add_game_state(json::object& out, const Engine& engine, const PolyEvent& event) {
  const auto& game = engine.slate().games[static_cast<std::size_t>(event.game)];
  const auto& state = engine.tape().game(event.game);
  const auto live = state.phase == Phase::live || state.phase == Phase::interval;
  const auto local = facts(game.league).slug_date_utc ? utc(event.start) : eastern(event.start);
  out["teams"] = teams_json(game);
  out["gameId"] = 90'110'000 + event.game;
  out["eventDate"] = date_iso(local);
  out["live"] = live;
  out["ended"] = state.phase == Phase::final;
  if (state.phase != Phase::scheduled) {
    out["score"] = fmt::format("{}-{}", state.away, state.home);
    out["period"] = fmt::format("{}{}", game.league == League::mlb ? "Inn " : "P", state.period);
    out["elapsed"] = fmt::format("{:02}:{:02}", static_cast<int>(state.clock) / 60,
                                 static_cast<int>(state.clock) % 60);
  }
}

json::object event_json(const Engine& engine, const PolyEvent& event) {
  const auto& league = facts(event.league);
  const auto series_slug = fmt::format("{}-{}", league.code, utc(event.start).year);
  json::array tags{
    json::object{{"id", std::to_string(sports_tag)}, {"label", "Sports"}, {"slug", "sports"}},
    json::object{{"id", std::to_string(league.gamma_tag)},
                 {"label", league.espn_abbreviation},
                 {"slug", league.code}}};
  if (event.game >= 0) {
    tags.push_back(
      json::object{{"id", std::to_string(games_tag)}, {"label", "Games"}, {"slug", "games"}});
  }
  json::object out{{"id", event.id},
                   {"ticker", event.slug},
                   {"slug", event.slug},
                   {"title", event.title},
                   {"description", ""},
                   {"startDate", iso_seconds(event.start - 7 * day)},
                   {"creationDate", iso_seconds(event.start - 7 * day)},
                   {"endDate", iso_seconds(event.start + 7 * day)},
                   {"startTime", iso_seconds(event.start)},
                   {"active", true},
                   {"closed", closed(engine, event)},
                   {"archived", false},
                   {"restricted", true},
                   {"enableOrderBook", true},
                   {"negRisk", event.league == League::epl && event.game >= 0},
                   {"seriesSlug", series_slug},
                   {"tags", std::move(tags)}};
  if (event.game >= 0) {
    out["series"] = json::array{json::object{{"id", std::to_string(league.gamma_series)},
                                             {"ticker", series_slug},
                                             {"slug", series_slug},
                                             {"title", league.espn_abbreviation},
                                             {"seriesType", "single"},
                                             {"active", true},
                                             {"closed", false}}};
    add_game_state(out, engine, event);
  }
  json::array markets;
  for (const auto index : event.markets) {
    const auto& market = engine.slate().poly_markets[static_cast<std::size_t>(index)];
    if (!engine.hidden(market.book)) {
      markets.push_back(market_json(engine, event, market));
    }
  }
  out["markets"] = std::move(markets);
  return out;
}

bool has_tag(const PolyEvent& event, std::string_view tag) {
  return tag == std::to_string(sports_tag) || tag == std::to_string(facts(event.league).gamma_tag)
         || (event.game >= 0 && tag == std::to_string(games_tag));
}

bool matches(const Engine& engine, const PolyEvent& event, const HttpRequest& request) {
  const auto wants = [&](std::string_view name, auto test) {
    const auto value = request.parameter(name);
    return value.empty() || test(value);
  };
  const auto same_flag = [](bool flag) {
    return [flag](std::string_view value) { return value == (flag ? "true" : "false"); };
  };
  const auto live = event.game >= 0
                    && (engine.tape().game(event.game).phase == Phase::live
                        || engine.tape().game(event.game).phase == Phase::interval);
  return wants("series_id",
               [&](std::string_view id) {
                 return event.game >= 0 && id == std::to_string(facts(event.league).gamma_series);
               })
         && wants("tag_id", [&](std::string_view tag) { return has_tag(event, tag); })
         && wants("slug", [&](std::string_view slug) { return slug == event.slug; })
         && wants("game_id",
                  [&](std::string_view id) {
                    return event.game >= 0 && id == std::to_string(90'110'000 + event.game);
                  })
         && wants("active", same_flag(true)) && wants("closed", same_flag(closed(engine, event)))
         && wants("live", same_flag(live));
}

std::vector<const PolyEvent*> chosen(const Engine& engine, const HttpRequest& request) {
  std::vector<const PolyEvent*> events;
  for (const auto& event : engine.slate().poly_events) {
    if (matches(engine, event, request)) {
      events.push_back(&event);
    }
  }
  if (request.parameter("order") == "startTime") {
    std::ranges::stable_sort(events, std::ranges::less{}, &PolyEvent::start);
    if (request.parameter("ascending") == "false") {
      std::ranges::reverse(events);
    }
  }
  return events;
}

json::array events_json(const Engine& engine, const std::vector<const PolyEvent*>& events,
                        std::size_t begin, std::size_t end) {
  json::array out;
  for (auto i = begin; i < std::min(end, events.size()); ++i) {
    out.push_back(event_json(engine, *events[i]));
  }
  return out;
}

HttpReply list_events(const Engine& engine, const HttpRequest& request) {
  const auto limit = request.number("limit", 20);
  const auto offset = request.number("offset", 0);
  if (!limit || !offset || *offset > furthest_offset) {
    return clob_error(422, "invalid limit or offset");
  }
  const auto begin = static_cast<std::size_t>(*offset);
  const auto size = static_cast<std::size_t>(std::min(*limit, largest_page));
  return reply(events_json(engine, chosen(engine, request), begin, begin + size));
}

HttpReply list_keyset(const Engine& engine, const HttpRequest& request) {
  const auto limit = request.number("limit", 20);
  if (!limit || *limit < 1 || !request.parameter("offset").empty()) {
    return clob_error(422, "offset is not supported, use after_cursor");
  }
  const auto cursor = request.parameter("after_cursor");
  std::size_t begin = 0;
  if (!cursor.empty()) {
    const auto [end, error] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), begin);
    if (error != std::errc{} || end != cursor.data() + cursor.size()) {
      return clob_error(422, "invalid cursor");
    }
  }
  const auto events = chosen(engine, request);
  begin = std::min(begin, events.size());
  const auto end = begin + static_cast<std::size_t>(std::min(*limit, largest_page));
  json::object out{{"events", events_json(engine, events, begin, end)}};
  if (end < events.size()) {
    out["next_cursor"] = std::to_string(end);
  }
  return reply(out);
}

HttpReply list_sports() {
  json::array out;
  for (const auto league : all_leagues) {
    const auto& about = facts(league);
    out.push_back(
      json::object{{"sport", about.code},
                   {"image", ""},
                   {"resolution", ""},
                   {"ordering", league == League::epl ? "home" : "away"},
                   {"tags", fmt::format("{},{},{}", sports_tag, about.gamma_tag, games_tag)},
                   {"series", std::to_string(about.gamma_series)}});
  }
  return reply(out);
}

HttpReply list_teams(const HttpRequest& request) {
  const auto wanted = request.parameter("league");
  json::array out;
  for (const auto league : all_leagues) {
    if (wanted.empty() || wanted == facts(league).code) {
      for (const auto& team : teams(league)) {
        out.push_back(team_json(league, team));
      }
    }
  }
  return reply(out);
}

} // namespace

std::optional<HttpReply> gamma(const Engine& engine, const HttpRequest& request) {
  const auto path = std::string_view{request.path};
  if (request.method != "GET") {
    return std::nullopt;
  }
  if (path == "/events") {
    return list_events(engine, request);
  }
  if (path == "/events/keyset") {
    return list_keyset(engine, request);
  }
  if (const auto slug = after(path, "/events/slug/")) {
    const auto& all = engine.slate().poly_events;
    const auto found = std::ranges::find(all, *slug, &PolyEvent::slug);
    return found == all.end() ? clob_error(404, "event not found")
                              : reply(event_json(engine, *found));
  }
  if (path == "/sports") {
    return list_sports();
  }
  if (path == "/sports/market-types") {
    return reply(json::object{
      {"marketTypes", json::array{"moneyline", "spreads", "totals", "first_half_moneyline"}}});
  }
  if (path == "/teams") {
    return list_teams(request);
  }
  return std::nullopt;
}

} // namespace arbees::sim
