#include "tools/sim/kalshi_rest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "tools/sim/kalshi_exchange.hpp"
#include "tools/sim/kalshi_json.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

constexpr UnixSeconds hour = 3600;
constexpr UnixSeconds day = 24 * hour;
constexpr std::string_view root = "/trade-api/v2";

UnixSeconds start_of(const Engine& engine, const KalshiEvent& event) {
  return event.game < 0 ? engine.slate().config.epoch() + 200 * day
                        : engine.slate().games[static_cast<std::size_t>(event.game)].start;
}

json::object series_json(const Engine& engine, const KalshiSeries& series) {
  const auto& league = facts(series.league);
  const auto fee = fee_of(engine, series);
  return {{"ticker", series.ticker},
          {"title", series.title},
          {"category", "Sports"},
          {"categories", json::array{"Sports"}},
          {"tags", json::array{league.kalshi_sport}},
          {"frequency", "custom"},
          {"fee_type", fee.type},
          {"fee_multiplier", fee.multiplier_milli / 1000.0},
          {"exchange_index", league.exchange_index},
          {"settlement_sources",
           json::array{json::object{{"name", league.espn_abbreviation}, {"url", ""}}}},
          {"contract_terms_url", ""},
          {"contract_url", ""},
          {"additional_prohibitions", json::array{}}};
}

bool listed(const Engine& engine, int market) {
  return !engine.hidden(engine.slate().kalshi_markets[static_cast<std::size_t>(market)].book);
}

} // namespace

json::array price_ranges_json(const KalshiMarket& market) {
  const auto grid = kalshi_grid(market.structure);
  json::array ranges;
  for (const auto& range : grid.ranges()) {
    ranges.push_back(json::object{{"start", to_string(range.start)},
                                  {"end", to_string(range.end)},
                                  {"step", to_string(range.step)}});
  }
  return ranges;
}

UnixSeconds close_time(const Engine& engine, const KalshiMarket& market) {
  const auto& status = engine.status(market.book);
  const auto& event = engine.slate().kalshi_events[static_cast<std::size_t>(market.event)];
  const auto planned =
    status.closes_ms ? *status.closes_ms / 1000 : start_of(engine, event) + 2 * day;
  return status.decided ? std::min(planned, status.decided_at_ms / 1000) : planned;
}

UnixSeconds open_time(const Engine& engine, const KalshiMarket& market) {
  const auto& event = engine.slate().kalshi_events[static_cast<std::size_t>(market.event)];
  return start_of(engine, event) - 14 * day;
}

namespace {

void add_quotes(json::object& out, const Engine& engine, const KalshiMarket& market) {
  const auto& book = engine.book(market.book);
  const auto& status = engine.status(market.book);
  const auto bid = book.best(BookSide::bid);
  const auto ask = book.best(BookSide::ask);
  const auto size = [&](BookSide side, std::optional<Price> price) {
    return to_string(price ? book.total(side, *price) : Quantity{0});
  };
  const auto volume = to_string(status.volume);
  out["yes_bid_dollars"] = to_string(bid.value_or(price_zero));
  out["yes_bid_size_fp"] = size(BookSide::bid, bid);
  out["yes_ask_dollars"] = to_string(ask.value_or(price_one));
  out["yes_ask_size_fp"] = size(BookSide::ask, ask);
  out["no_bid_dollars"] = to_string(complement(ask.value_or(price_one)));
  out["no_ask_dollars"] = to_string(complement(bid.value_or(price_zero)));
  out["last_price_dollars"] = to_string(status.last_price);
  // Of a day ago, when the tape had not begun.
  for (const auto* const key :
       {"previous_yes_bid_dollars", "previous_yes_ask_dollars", "previous_price_dollars"}) {
    out[key] = to_string(price_zero);
  }
  out["volume_fp"] = volume;
  out["volume_24h_fp"] = volume;
  out["open_interest_fp"] = volume;
  out["notional_value_dollars"] = "1.0000";
  out["liquidity_dollars"] = "0.0000";
}

json::object market_json(const Engine& engine, const KalshiMarket& market) {
  const auto& event = engine.slate().kalshi_events[static_cast<std::size_t>(market.event)];
  const auto& league = facts(event.league);
  const auto start = start_of(engine, event);
  const auto& status = engine.status(market.book);
  json::object out{
    {"ticker", market.ticker},
    {"event_ticker", event.ticker},
    {"market_type", "binary"},
    {"title", market.title},
    {"subtitle", ""},
    {"yes_sub_title", market.label},
    {"no_sub_title", market.label},
    {"created_time", iso_seconds(start - 14 * day)},
    {"updated_time", iso_seconds(engine.now())},
    {"open_time", iso_seconds(start - 14 * day)},
    {"close_time", iso_seconds(close_time(engine, market))},
    {"expected_expiration_time", iso_seconds(start + 3 * hour)},
    {"expiration_time", iso_seconds(start + 14 * day)},
    {"latest_expiration_time", iso_seconds(start + 14 * day)},
    {"occurrence_datetime", iso_seconds(start + 3 * hour)},
    {"settlement_timer_seconds", settlement_timer_ms / 1000},
    {"status", kalshi_status(engine, market)},
    {"result", status.decided ? kalshi_result(status.value) : ""},
    {"expiration_value", status.decided ? kalshi_result(status.value) : ""},
    {"can_close_early", true},
    {"strike_type", market.floor_strike ? "greater" : "structured"},
    {"rules_primary", market.rules},
    {"rules_secondary",
     "If this game is postponed or delayed, the market will remain open and close after the "
     "rescheduled game has finished (within two days). If the game is cancelled or rescheduled to "
     "over two days away, the market will resolve to a fair price in accordance with the rules."},
    {"price_level_structure", name(market.structure)},
    {"price_ranges", price_ranges_json(market)},
    {"exchange_index", league.exchange_index},
    {"is_provisional", false}};
  if (market.floor_strike) {
    out["floor_strike"] = *market.floor_strike;
  }
  if (!market.strike_team.empty()) {
    out["custom_strike"] = json::object{{league.strike_key, market.strike_team}};
    out["primary_participant_key"] = league.strike_key;
  }
  if (status.decided) {
    out["settlement_value_dollars"] = to_string(status.value);
  }
  add_quotes(out, engine, market);
  return out;
}

json::array markets_json(const Engine& engine, const KalshiEvent& event) {
  json::array markets;
  for (const auto index : event.markets) {
    if (listed(engine, index)) {
      markets.push_back(
        market_json(engine, engine.slate().kalshi_markets[static_cast<std::size_t>(index)]));
    }
  }
  return markets;
}

json::object event_json(const Engine& engine, const KalshiEvent& event, bool with_markets) {
  const auto& league = facts(event.league);
  json::object out{{"event_ticker", event.ticker},
                   {"series_ticker", event.series},
                   {"sub_title", event.sub_title},
                   {"title", event.title},
                   {"collateral_return_type", event.mutually_exclusive ? "MECNET" : ""},
                   {"mutually_exclusive", event.mutually_exclusive},
                   {"category", "Sports"},
                   {"strike_date", nullptr},
                   {"product_metadata", json::object{{"competition", league.competition},
                                                     {"competition_scope", event.scope}}},
                   {"settlement_sources",
                    json::array{json::object{{"name", league.espn_abbreviation}, {"url", ""}}}},
                   {"last_updated_ts", iso_seconds(engine.now())},
                   {"exchange_index", league.exchange_index}};
  if (const auto own = engine.fees().event(event.ticker, engine.now_ms())) {
    out["fee_type_override"] = own->type;
    out["fee_multiplier_override"] = own->multiplier_milli / 1000.0;
  }
  if (with_markets) {
    out["markets"] = markets_json(engine, event);
  }
  return out;
}

/// One milestone per game; it names the winner event first, as on the venue.
json::object milestone_json(const Engine& engine, int game_index,
                            const std::vector<const KalshiEvent*>& events) {
  const auto& game = engine.slate().games[static_cast<std::size_t>(game_index)];
  const auto& league = facts(game.league);
  Random random{static_cast<std::uint64_t>(game_index) + 77};
  json::array related;
  for (const auto* event : events) {
    related.push_back(json::value(event->ticker));
  }
  return {{"id", make_uuid(random)},
          {"category", "Sports"},
          {"type", league.milestone_type},
          {"start_date", iso_seconds(game.start)},
          {"end_date", nullptr},
          {"related_event_tickers", related},
          {"title", fmt::format("{} vs {}", game.away->label, game.home->label)},
          {"notification_message", ""},
          {"source_id", nullptr},
          {"source_ids", json::object{}},
          {"details", json::object{{"league", league.competition},
                                   {"home_team_id", team_uuid(game.league, *game.home)},
                                   {"away_team_id", team_uuid(game.league, *game.away)}}},
          {"primary_event_tickers", json::array{related.front()}},
          {"last_updated_ts", iso_seconds(engine.slate().config.epoch() - day)}};
}

std::set<std::string, std::less<>> split(std::string_view list) {
  std::set<std::string, std::less<>> parts;
  while (!list.empty()) {
    const auto end = list.find(',');
    parts.emplace(list.substr(0, end));
    list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
  }
  return parts;
}

/// Whether a market in `status` belongs to what the filter calls `filter`.
bool passes(std::string_view filter, std::string_view status) {
  if (filter.empty()) {
    return true;
  }
  return filter == "open"      ? status == "active"
         : filter == "paused"  ? status == "inactive"
         : filter == "closed"  ? status == "closed" || status == "determined"
         : filter == "settled" ? status == "finalized"
                               : false;
}

std::string_view event_status(const Engine& engine, const KalshiEvent& event) {
  for (const auto index : event.markets) {
    const auto& market = engine.slate().kalshi_markets[static_cast<std::size_t>(index)];
    if (kalshi_status(engine, market) == "active") {
      return "active";
    }
  }
  return kalshi_status(
    engine, engine.slate().kalshi_markets[static_cast<std::size_t>(event.markets.front())]);
}

bool known_status(std::string_view filter) {
  static const std::set<std::string_view> known{"",       "unopened", "open",
                                                "paused", "closed",   "settled"};
  return known.contains(filter);
}

json::array milestones_json(const Engine& engine, const std::vector<const KalshiEvent*>& events) {
  std::map<int, std::vector<const KalshiEvent*>> by_game;
  for (const auto* event : events) {
    if (event->game >= 0) {
      by_game[event->game].push_back(event);
    }
  }
  json::array milestones;
  for (const auto& [game, its_events] : by_game) {
    milestones.push_back(milestone_json(engine, game, its_events));
  }
  return milestones;
}

HttpReply list_events(const Engine& engine, const HttpRequest& request) {
  const auto limit = request.number("limit", 200);
  const auto status = request.parameter("status");
  if (!limit || *limit < 1 || *limit > 200 || !known_status(status)) {
    return kalshi_error(400, "invalid_parameters", "invalid parameters",
                        "limit is 1 to 200, status one of open, closed, settled, unopened, paused");
  }
  const auto series = request.parameter("series_ticker");
  const auto tickers = split(request.parameter("tickers"));
  std::vector<const KalshiEvent*> chosen;
  for (const auto& event : engine.slate().kalshi_events) {
    if ((series.empty() || event.series == series)
        && (tickers.empty() || tickers.contains(event.ticker))
        && passes(status, event_status(engine, event))) {
      chosen.push_back(&event);
    }
  }
  const auto part =
    page(chosen.size(), static_cast<std::size_t>(*limit), request.parameter("cursor"));
  if (!part) {
    return kalshi_error(400, "invalid_parameters", "invalid cursor");
  }
  const auto offset = [&](std::size_t at) {
    return chosen.begin() + static_cast<std::ptrdiff_t>(at);
  };
  const std::vector<const KalshiEvent*> shown(offset(part->begin), offset(part->end));
  json::array events;
  for (const auto* event : shown) {
    events.push_back(
      event_json(engine, *event, request.parameter("with_nested_markets") == "true"));
  }
  json::object out{{"events", events}, {"cursor", part->next}};
  if (request.parameter("with_milestones") == "true") {
    out["milestones"] = milestones_json(engine, shown);
  }
  return reply(out);
}

HttpReply list_markets(const Engine& engine, const HttpRequest& request) {
  const auto limit = request.number("limit", 100);
  const auto status = request.parameter("status");
  if (!limit || *limit < 1 || *limit > 1000 || !known_status(status)) {
    return kalshi_error(400, "invalid_parameters", "invalid parameters");
  }
  const auto tickers = split(request.parameter("tickers"));
  const auto event = request.parameter("event_ticker");
  const auto series = request.parameter("series_ticker");
  std::vector<const KalshiMarket*> chosen;
  for (const auto& market : engine.slate().kalshi_markets) {
    const auto& its_event = engine.slate().kalshi_events[static_cast<std::size_t>(market.event)];
    if (!engine.hidden(market.book) && (tickers.empty() || tickers.contains(market.ticker))
        && (event.empty() || its_event.ticker == event)
        && (series.empty() || its_event.series == series)
        && passes(status, kalshi_status(engine, market))) {
      chosen.push_back(&market);
    }
  }
  const auto part =
    page(chosen.size(), static_cast<std::size_t>(*limit), request.parameter("cursor"));
  if (!part) {
    return kalshi_error(400, "invalid_parameters", "invalid cursor");
  }
  json::array markets;
  for (auto i = part->begin; i < part->end; ++i) {
    markets.push_back(market_json(engine, *chosen[i]));
  }
  return reply(json::object{{"markets", markets}, {"cursor", part->next}});
}

/// Bids of both sides, ascending, best last; NO at its own price (fact sheet kalshi, section 4).
json::object orderbook_json(const Engine& engine, const KalshiMarket& market, std::size_t depth) {
  const auto side = [&](BookSide of) {
    auto levels = engine.book(market.book).levels(of);
    if (depth > 0 && levels.size() > depth) {
      levels.resize(depth);
    }
    json::array out;
    for (auto level = levels.rbegin(); level != levels.rend(); ++level) {
      const auto price = of == BookSide::bid ? level->price : complement(level->price);
      out.push_back(
        json::array{json::value(to_string(price)), json::value(to_string(level->size))});
    }
    return out;
  };
  return {{"yes_dollars", side(BookSide::bid)}, {"no_dollars", side(BookSide::ask)}};
}

/// Several books by repeated `tickers`.
HttpReply many_books(const Engine& engine, const HttpRequest& request) {
  constexpr std::ptrdiff_t most = 100;
  const auto [begin, end] = request.query.equal_range("tickers");
  if (begin == end || std::distance(begin, end) > most) {
    return kalshi_error(400, "invalid_parameters", "tickers are 1 to 100");
  }
  json::array books;
  for (auto ticker = begin; ticker != end; ++ticker) {
    const auto index = engine.kalshi_market(ticker->second);
    if (index < 0) {
      return kalshi_error(404, "not_found", "market not found", ticker->second);
    }
    const auto& market = engine.slate().kalshi_markets[static_cast<std::size_t>(index)];
    books.push_back(
      json::object{{"ticker", market.ticker}, {"orderbook_fp", orderbook_json(engine, market, 0)}});
  }
  return reply(json::object{{"orderbooks", std::move(books)}});
}

json::object trade_json(const KalshiMarket& market, const PastTrade& past) {
  const auto& match = past.trade.match;
  const auto buys = match.taker_side == BookSide::bid;
  const auto* const outcome = buys ? "yes" : "no";
  return {{"trade_id", kalshi_trade_id(match.number)},
          {"ticker", market.ticker},
          {"count_fp", to_string(match.size)},
          {"yes_price_dollars", to_string(match.price)},
          {"no_price_dollars", to_string(complement(match.price))},
          {"taker_side", outcome},
          {"taker_outcome_side", outcome},
          {"taker_book_side", buys ? "bid" : "ask"},
          {"created_time", iso_seconds(past.at_ms / 1000)},
          {"is_block_trade", false}};
}

/// Newest first, of one market or all.
HttpReply list_trades(const Engine& engine, const HttpRequest& request) {
  const auto limit = request.number("limit", 100);
  const auto since = request.number("min_ts", 0);
  const auto until = request.number("max_ts", 0);
  if (!limit || *limit < 1 || *limit > 1000 || !since || !until) {
    return kalshi_error(400, "invalid_parameters", "invalid parameters");
  }
  const auto ticker = request.parameter("ticker");
  const auto& past = engine.past_trades();
  std::vector<std::pair<const KalshiMarket*, const PastTrade*>> chosen;
  for (auto trade = past.rbegin(); trade != past.rend(); ++trade) {
    const auto& book = engine.slate().books[static_cast<std::size_t>(trade->trade.book)];
    if (book.venue != Venue::kalshi) {
      continue;
    }
    const auto& market = engine.slate().kalshi_markets[static_cast<std::size_t>(book.market)];
    const auto at = trade->at_ms / 1000;
    if ((ticker.empty() || market.ticker == ticker) && at >= *since
        && (*until == 0 || at <= *until)) {
      chosen.emplace_back(&market, &*trade);
    }
  }
  const auto part =
    page(chosen.size(), static_cast<std::size_t>(*limit), request.parameter("cursor"));
  if (!part) {
    return kalshi_error(400, "invalid_parameters", "invalid cursor");
  }
  json::array trades;
  for (auto i = part->begin; i < part->end; ++i) {
    trades.push_back(trade_json(*chosen[i].first, *chosen[i].second));
  }
  return reply(json::object{{"trades", std::move(trades)}, {"cursor", part->next}});
}

/// What does not cost the default of 10 tokens (fact sheet kalshi, section 7).
HttpReply endpoint_costs() {
  json::array costs;
  for (const auto* const path :
       {"/portfolio/events/orders/{order_id}", "/portfolio/events/orders"}) {
    costs.push_back(json::object{{"method", "DELETE"}, {"path", path}, {"cost", 2}});
  }
  return reply(json::object{{"default_cost", 10}, {"endpoint_costs", std::move(costs)}});
}

HttpReply one_market(const Engine& engine, const HttpRequest& request, std::string_view rest) {
  constexpr std::string_view suffix = "/orderbook";
  const auto wants_book = rest.ends_with(suffix);
  const auto ticker = wants_book ? rest.substr(0, rest.size() - suffix.size()) : rest;
  const auto index = engine.kalshi_market(ticker);
  if (index < 0) {
    return kalshi_error(404, "not_found", "market not found", ticker);
  }
  const auto& market = engine.slate().kalshi_markets[static_cast<std::size_t>(index)];
  if (!wants_book) {
    return reply(json::object{{"market", market_json(engine, market)}});
  }
  const auto depth = request.number("depth", 0);
  if (!depth || *depth > 100) {
    return kalshi_error(400, "invalid_parameters", "depth is 0 to 100");
  }
  return reply(json::object{
    {"orderbook_fp", orderbook_json(engine, market, static_cast<std::size_t>(*depth))}});
}

HttpReply one_event(const Engine& engine, const HttpRequest& request, std::string_view ticker) {
  const auto index = engine.kalshi_event(ticker);
  if (index < 0) {
    return kalshi_error(404, "not_found", "event not found", ticker);
  }
  const auto& event = engine.slate().kalshi_events[static_cast<std::size_t>(index)];
  const auto nested = request.parameter("with_nested_markets") == "true";
  json::object out{{"event", event_json(engine, event, nested)}};
  if (!nested) {
    out["markets"] = markets_json(engine, event);
  }
  return reply(out);
}

HttpReply list_series(const Engine& engine, const HttpRequest& request) {
  const auto category = request.parameter("category");
  const auto tags = request.parameter("tags");
  json::array all;
  for (const auto& series : engine.slate().series) {
    if ((category.empty() || category == "Sports")
        && (tags.empty() || tags == facts(series.league).kalshi_sport)) {
      all.push_back(series_json(engine, series));
    }
  }
  return reply(json::object{{"series", all}});
}

HttpReply one_series(const Engine& engine, std::string_view ticker) {
  const auto& all = engine.slate().series;
  const auto found = std::ranges::find(all, ticker, &KalshiSeries::ticker);
  if (found == all.end()) {
    return kalshi_error(404, "not_found", "series not found", ticker);
  }
  return reply(json::object{{"series", series_json(engine, *found)}});
}

} // namespace

std::string_view kalshi_result(Price value) {
  return value == price_one ? "yes" : value == price_zero ? "no" : "scalar";
}

std::string_view kalshi_status(const Engine& engine, const KalshiMarket& market) {
  const auto& status = engine.status(market.book);
  if (!status.decided) {
    return engine.closed(market.book) ? "closed" : status.active ? "active" : "inactive";
  }
  return engine.now_ms() - status.decided_at_ms < settlement_timer_ms ? "determined" : "finalized";
}

HttpReply kalshi_error(unsigned status, std::string_view code, std::string_view message,
                       std::string_view details) {
  json::object error{{"code", code}, {"message", message}};
  if (!details.empty()) {
    error["details"] = details;
  }
  return reply(json::object{{"error", error}}, status);
}

std::optional<Page> page(std::size_t count, std::size_t limit, std::string_view cursor) {
  std::size_t begin = 0;
  if (!cursor.empty()) {
    if (!cursor.starts_with("pos_")) {
      return std::nullopt;
    }
    cursor.remove_prefix(4);
    const auto [end, error] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), begin);
    if (error != std::errc{} || end != cursor.data() + cursor.size()) {
      return std::nullopt;
    }
  }
  begin = std::min(begin, count);
  const auto end = std::min(count, begin + limit);
  return Page{begin, end, end < count ? fmt::format("pos_{}", end) : std::string{}};
}

std::optional<HttpReply> kalshi_public(const Engine& engine, const HttpRequest& request) {
  const auto path = after(request.path, root);
  if (!path || request.method != "GET") {
    return std::nullopt;
  }
  if (*path == "/series") {
    return list_series(engine, request);
  }
  if (*path == "/events") {
    return list_events(engine, request);
  }
  if (*path == "/markets") {
    return list_markets(engine, request);
  }
  if (*path == "/exchange/schedule") {
    return exchange_schedule(engine.now());
  }
  if (*path == "/series/fee_changes") {
    return series_fee_changes(engine, request);
  }
  if (*path == "/events/fee_changes") {
    return event_fee_changes(engine, request);
  }
  if (const auto ticker = after(*path, "/series/")) {
    return one_series(engine, *ticker);
  }
  if (const auto ticker = after(*path, "/events/")) {
    return one_event(engine, request, *ticker);
  }
  if (*path == "/markets/trades") {
    return list_trades(engine, request);
  }
  if (*path == "/account/endpoint_costs") {
    return endpoint_costs();
  }
  if (*path == "/markets/orderbooks") {
    return many_books(engine, request);
  }
  if (const auto rest = after(*path, "/markets/")) {
    return one_market(engine, request, *rest);
  }
  return std::nullopt;
}

} // namespace arbees::sim
