#include "tools/sim/kalshi_ws.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "tools/sim/http.hpp"
#include "tools/sim/kalshi_json.hpp"
#include "tools/sim/kalshi_rest.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

constexpr std::array<const char*, 8> channel_names{"orderbook_delta",
                                                   "trade",
                                                   "ticker",
                                                   "market_lifecycle_v2",
                                                   "fill",
                                                   "user_orders",
                                                   "market_positions",
                                                   "order_group_updates"};

bool flag(const json::object& object, std::string_view key) {
  const auto* const value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::vector<int> sids_of(const json::object& params) {
  std::vector<int> sids;
  const auto add = [&](const json::value& value) {
    if (value.is_int64()) {
      sids.push_back(static_cast<int>(value.get_int64()));
    }
  };
  if (const auto* const one = params.if_contains("sid")) {
    add(*one);
  }
  if (const auto* const many = params.if_contains("sids"); many != nullptr && many->is_array()) {
    for (const auto& value : many->get_array()) {
      add(value);
    }
  }
  return sids;
}

} // namespace

const char* KalshiSession::name(Channel channel) {
  return channel_names[static_cast<std::size_t>(channel)];
}

bool KalshiSession::is_private(Channel channel) {
  return channel == Channel::fill || channel == Channel::user_orders
         || channel == Channel::market_positions || channel == Channel::order_group_updates;
}

std::optional<KalshiSession::Channel> KalshiSession::channel(std::string_view name) {
  for (std::size_t i = 0; i < channel_names.size(); ++i) {
    if (name == channel_names[i]) {
      return static_cast<Channel>(i);
    }
  }
  return std::nullopt;
}

const KalshiMarket& KalshiSession::market(int index) const {
  return engine_->slate().kalshi_markets[static_cast<std::size_t>(index)];
}

std::optional<int> KalshiSession::kalshi_market_of(int book) const {
  const auto& spec = engine_->slate().books[static_cast<std::size_t>(book)];
  return spec.venue == Venue::kalshi ? std::optional{spec.market} : std::nullopt;
}

void KalshiSession::send(const json::value& frame) {
  out_.push_back(json::serialize(frame));
}

std::vector<std::string> KalshiSession::on_text(std::string_view text) {
  json::error_code failure;
  const auto parsed = json::parse(text, failure);
  if (failure || !parsed.is_object()) {
    error(0, 1, "Unable to process message");
    return std::exchange(out_, {});
  }
  const auto& command = parsed.get_object();
  const auto* const number = command.if_contains("id");
  const auto id = number != nullptr && number->is_int64() ? number->get_int64() : 0;
  const auto cmd = text_of(command, "cmd");
  const auto* const params = command.if_contains("params");
  if (cmd == "list_subscriptions") {
    list(id);
  } else if (cmd != "subscribe" && cmd != "unsubscribe" && cmd != "update_subscription") {
    error(id, 5, "Unknown command");
  } else if (params == nullptr || !params->is_object()) {
    error(id, 2, "Params required");
  } else if (cmd == "subscribe") {
    subscribe(id, params->get_object());
  } else if (cmd == "unsubscribe") {
    unsubscribe(id, params->get_object());
  } else {
    update(id, params->get_object());
  }
  return std::exchange(out_, {});
}

void KalshiSession::error(std::int64_t id, int code, std::string_view message,
                          std::string_view ticker) {
  json::object body{{"code", code}, {"msg", message}};
  if (!ticker.empty()) {
    body["market_ticker"] = ticker;
  }
  send(json::object{{"id", id}, {"type", "error"}, {"msg", body}});
}

KalshiSession::Tickers KalshiSession::tickers(const json::object& params) const {
  Tickers found;
  const auto add = [&](const json::value& value) {
    found.named = true;
    const auto ticker = value.is_string() ? std::string{value.get_string()} : std::string{};
    const auto index = engine_->kalshi_market(ticker);
    if (index >= 0) {
      found.markets.insert(index);
    } else {
      found.unknown.push_back(ticker);
    }
  };
  if (const auto* const one = params.if_contains("market_ticker")) {
    add(*one);
  }
  if (const auto* const many = params.if_contains("market_tickers");
      many != nullptr && many->is_array()) {
    for (const auto& value : many->get_array()) {
      add(value);
    }
  }
  return found;
}

void KalshiSession::subscribe(std::int64_t id, const json::object& params) {
  const auto* const channels = params.if_contains("channels");
  if (channels == nullptr || !channels->is_array() || channels->get_array().empty()) {
    error(id, 3, "Channels required");
    return;
  }
  for (const auto& value : channels->get_array()) {
    const auto wanted = value.is_string() ? channel(value.get_string()) : std::nullopt;
    if (wanted) {
      subscribe_channel(id, *wanted, params);
    } else {
      error(id, 8, "Unknown channel name");
    }
  }
}

void KalshiSession::subscribe_channel(std::int64_t id, Channel channel,
                                      const json::object& params) {
  if (is_private(channel) && !account_) {
    error(id, 9, "Authentication required");
    return;
  }
  const auto wanted = tickers(params);
  for (const auto& ticker : wanted.unknown) {
    error(id, 11, "Invalid parameter", ticker);
  }
  if (channel == Channel::orderbook_delta && !wanted.named) {
    error(id, 14, "Market ticker required");
    return;
  }
  if (wanted.named && wanted.markets.empty()) {
    return;
  }
  for (auto& [sid, existing] : subscriptions_) {
    if (existing.channel == channel) {
      merge(id, sid, wanted.markets);
      return;
    }
  }
  const auto sid = next_sid_++;
  auto& added = subscriptions_[sid];
  added = {.channel = channel,
           .all_markets = !wanted.named || channel == Channel::market_lifecycle_v2
                          || channel == Channel::order_group_updates,
           .yes_price = flag(params, "use_yes_price"),
           .skip_ack = flag(params, "skip_ticker_ack"),
           .markets = wanted.markets};
  send(json::object{{"id", id},
                    {"type", "subscribed"},
                    {"msg", json::object{{"channel", name(channel)}, {"sid", sid}}}});
  for (const auto market : wanted.markets) {
    if (channel == Channel::orderbook_delta) {
      snapshot(sid, market);
    } else if (channel == Channel::ticker && flag(params, "send_initial_snapshot")) {
      ticker(sid, market);
    }
  }
}

/// A repeated subscribe merges: known tickers are a no-op, new ones get their snapshot.
void KalshiSession::merge(std::int64_t id, int sid, const std::set<int>& markets) {
  auto& existing = subscriptions_.at(sid);
  std::vector<int> added;
  for (const auto market : markets) {
    if (existing.markets.insert(market).second) {
      added.push_back(market);
    }
  }
  ok(id, sid);
  if (existing.channel == Channel::orderbook_delta) {
    for (const auto market : added) {
      snapshot(sid, market);
    }
  }
}

void KalshiSession::ok(std::int64_t id, int sid) {
  auto& subscription = subscriptions_.at(sid);
  json::object frame{{"id", id}, {"sid", sid}, {"seq", ++subscription.seq}, {"type", "ok"}};
  if (!subscription.skip_ack) {
    json::array names;
    for (const auto index : subscription.markets) {
      names.push_back(json::value(market(index).ticker));
    }
    frame["msg"] = json::object{{"market_tickers", names}};
  }
  send(frame);
}

void KalshiSession::unsubscribe(std::int64_t id, const json::object& params) {
  const auto sids = sids_of(params);
  if (sids.empty()) {
    error(id, 4, "Subscription IDs required");
    return;
  }
  for (const auto sid : sids) {
    const auto found = subscriptions_.find(sid);
    if (found == subscriptions_.end()) {
      error(id, 7, "Unknown subscription ID");
      continue;
    }
    send(json::object{
      {"id", id}, {"sid", sid}, {"seq", ++found->second.seq}, {"type", "unsubscribed"}});
    subscriptions_.erase(found);
  }
}

void KalshiSession::update(std::int64_t id, const json::object& params) {
  const auto sids = sids_of(params);
  if (sids.size() != 1) {
    error(id, 12, "Exactly one subscription ID is required");
    return;
  }
  if (!subscriptions_.contains(sids.front())) {
    error(id, 7, "Unknown subscription ID");
    return;
  }
  const auto action = text_of(params, "action");
  if (action.empty()) {
    error(id, 15, "Action required");
    return;
  }
  if (action != "add_markets" && action != "delete_markets" && action != "get_snapshot") {
    error(id, 13, "Unsupported action");
    return;
  }
  const auto wanted = tickers(params);
  if (!wanted.named) {
    error(id, 14, "Market ticker required");
    return;
  }
  for (const auto& ticker : wanted.unknown) {
    error(id, 11, "Invalid parameter", ticker);
  }
  if (!wanted.markets.empty()) {
    update_markets(id, sids.front(), action, wanted);
  }
}

void KalshiSession::update_markets(std::int64_t id, int sid, std::string_view action,
                                   const Tickers& wanted) {
  auto& subscription = subscriptions_.at(sid);
  if (action == "add_markets") {
    merge(id, sid, wanted.markets);
  } else if (action == "delete_markets") {
    for (const auto market : wanted.markets) {
      subscription.markets.erase(market);
    }
    ok(id, sid);
  } else {
    for (const auto market : wanted.markets) {
      if (subscription.channel == Channel::orderbook_delta
          && subscription.markets.contains(market)) {
        snapshot(sid, market);
      }
    }
  }
}

void KalshiSession::list(std::int64_t id) {
  json::array all;
  for (const auto& [sid, subscription] : subscriptions_) {
    all.push_back(json::object{{"channel", name(subscription.channel)}, {"sid", sid}});
  }
  send(json::object{{"id", id}, {"type", "ok"}, {"msg", all}});
}

void KalshiSession::snapshot(int sid, int index) {
  auto& subscription = subscriptions_.at(sid);
  const auto& shown = market(index);
  json::object body{{"market_ticker", shown.ticker}, {"market_id", shown.id}};
  const auto add = [&](BookSide side, const char* key) {
    auto levels = engine_->book(shown.book).levels(side);
    json::array rows;
    for (auto level = levels.rbegin(); level != levels.rend(); ++level) {
      const auto no_leg = side == BookSide::ask && !subscription.yes_price;
      rows.push_back(
        json::array{json::value(to_string(no_leg ? complement(level->price) : level->price)),
                    json::value(to_string(level->size))});
    }
    if (!rows.empty()) { // an empty side is left out
      body[key] = std::move(rows);
    }
  };
  add(BookSide::bid, "yes_dollars_fp");
  add(BookSide::ask, "no_dollars_fp");
  send(json::object{
    {"type", "orderbook_snapshot"}, {"sid", sid}, {"seq", ++subscription.seq}, {"msg", body}});
}

std::vector<std::string> KalshiSession::on_events(std::span<const MarketEvent> events) {
  for (const auto& event : events) {
    if (const auto* const book = std::get_if<BookChanged>(&event)) {
      on_book(*book);
    } else if (const auto* const trade = std::get_if<Traded>(&event)) {
      on_trade(*trade);
    } else if (const auto* const decided = std::get_if<BookDecided>(&event)) {
      on_decided(*decided);
    } else if (const auto* const settled = std::get_if<BookSettled>(&event)) {
      on_settled(*settled);
    } else if (const auto* const reversed = std::get_if<BookReversed>(&event)) {
      on_reversed(*reversed);
    } else if (const auto* const changed = std::get_if<LifecycleChanged>(&event)) {
      on_lifecycle(*changed);
    } else if (const auto* const fee = std::get_if<EventFeeChanged>(&event)) {
      on_fee(*fee);
    } else if (const auto* const own = std::get_if<PrivateEvent>(&event)) {
      on_private(*own);
    }
  }
  return std::exchange(out_, {});
}

void KalshiSession::on_book(const BookChanged& event) {
  const auto index = kalshi_market_of(event.book);
  if (!index) {
    return;
  }
  const auto& shown = market(*index);
  const auto& level = event.level;
  for (auto& [sid, subscription] : subscriptions_) {
    const auto wanted = subscription.all_markets || subscription.markets.contains(*index);
    if (!wanted) {
      continue;
    }
    if (subscription.channel == Channel::ticker) {
      const auto& best = level.side == BookSide::bid ? level.best_bid : level.best_ask;
      if (best == level.price || level.total == Quantity{0}) {
        ticker(sid, *index);
      }
      continue;
    }
    if (subscription.channel != Channel::orderbook_delta) {
      continue;
    }
    const auto no_leg = level.side == BookSide::ask && !subscription.yes_price;
    json::object body{{"market_ticker", shown.ticker},
                      {"market_id", shown.id},
                      {"price_dollars", to_string(no_leg ? complement(level.price) : level.price)},
                      {"delta_fp", to_string(level.delta)},
                      {"side", level.side == BookSide::bid ? "yes" : "no"},
                      {"ts", iso_seconds(engine_->now())},
                      {"ts_ms", engine_->now_ms()}};
    // Only who caused a change learns so.
    if (const auto* const sender = engine_->sender(level.cause);
        sender != nullptr && sender->account == account_) {
      body["client_order_id"] = sender->client_id;
      body["subaccount"] = 0;
    }
    send(json::object{{"type", "orderbook_delta"},
                      {"sid", sid},
                      {"seq", ++subscription.seq},
                      {"msg", std::move(body)}});
  }
}

void KalshiSession::ticker(int sid, int index) {
  const auto& shown = market(index);
  const auto& book = engine_->book(shown.book);
  const auto& status = engine_->status(shown.book);
  const auto bid = book.best(BookSide::bid);
  const auto ask = book.best(BookSide::ask);
  const auto size = [&](BookSide side, std::optional<Price> price) {
    return to_string(price ? book.total(side, *price) : Quantity{0});
  };
  const auto contracts = status.volume.value() / quantity_per_contract;
  send(json::object{{"type", "ticker"},
                    {"sid", sid},
                    {"msg", json::object{{"market_ticker", shown.ticker},
                                         {"market_id", shown.id},
                                         {"price_dollars", to_string(status.last_price)},
                                         {"yes_bid_dollars", to_string(bid.value_or(price_zero))},
                                         {"yes_ask_dollars", to_string(ask.value_or(price_one))},
                                         {"yes_bid_size_fp", size(BookSide::bid, bid)},
                                         {"yes_ask_size_fp", size(BookSide::ask, ask)},
                                         {"last_trade_size_fp", to_string(status.last_size)},
                                         {"volume_fp", to_string(status.volume)},
                                         {"open_interest_fp", to_string(status.volume)},
                                         {"dollar_volume", contracts / 2},
                                         {"dollar_open_interest", contracts / 2},
                                         {"ts", engine_->now()},
                                         {"ts_ms", engine_->now_ms()},
                                         {"time", iso_seconds(engine_->now())}}}});
}

void KalshiSession::on_trade(const Traded& event) {
  const auto index = kalshi_market_of(event.book);
  if (!index) {
    return;
  }
  const auto buys = event.match.taker_side == BookSide::bid;
  const auto yes = buys ? "yes" : "no";
  const auto id = kalshi_trade_id(event.match.number);
  for (const auto& [sid, subscription] : subscriptions_) {
    if (subscription.channel != Channel::trade
        || !(subscription.all_markets || subscription.markets.contains(*index))) {
      continue;
    }
    send(json::object{{"type", "trade"},
                      {"sid", sid},
                      {"msg",
                       json::object{{"trade_id", id},
                                    {"market_ticker", market(*index).ticker},
                                    {"yes_price_dollars", to_string(event.match.price)},
                                    {"no_price_dollars", to_string(complement(event.match.price))},
                                    {"count_fp", to_string(event.match.size)},
                                    {"taker_side", yes},
                                    {"taker_outcome_side", yes},
                                    {"taker_book_side", buys ? "bid" : "ask"},
                                    {"is_block_trade", false},
                                    {"ts", engine_->now()},
                                    {"ts_ms", engine_->now_ms()}}}});
  }
}

void KalshiSession::on_private(const PrivateEvent& event) {
  if (event.venue != Venue::kalshi || event.account != account_) {
    return;
  }
  for (auto& [sid, subscription] : subscriptions_) {
    if (event.channel != name(subscription.channel)
        || !(subscription.all_markets || subscription.markets.contains(event.market))) {
      continue;
    }
    if (subscription.channel == Channel::order_group_updates) {
      out_.push_back(fmt::format(R"({{"type":"order_group_updates","sid":{},"seq":{},"msg":{}}})",
                                 sid, ++subscription.seq, event.message));
      continue;
    }
    const auto* const type = subscription.channel == Channel::fill          ? "fill"
                             : subscription.channel == Channel::user_orders ? "user_order"
                                                                            : "market_position";
    out_.push_back(fmt::format(R"({{"type":"{}","sid":{},"msg":{}}})", type, sid, event.message));
  }
}

void KalshiSession::tell_lifecycle(const json::object& body, std::string_view type) {
  for (const auto& [sid, subscription] : subscriptions_) {
    if (subscription.channel == Channel::market_lifecycle_v2) {
      // Plain decimals: a fee multiplier of 0.5 is not 5E-1.
      out_.push_back(json_text(json::object{{"type", type}, {"sid", sid}, {"msg", body}}));
    }
  }
}

json::object KalshiSession::created(const KalshiMarket& market) const {
  const auto& event = engine_->slate().kalshi_events[static_cast<std::size_t>(market.event)];
  json::object more{{"name", market.label},          {"title", market.title},
                    {"yes_sub_title", market.label}, {"no_sub_title", market.label},
                    {"rules_primary", market.rules}, {"can_close_early", true},
                    {"event_ticker", event.ticker}};
  if (market.floor_strike) {
    more["strike_type"] = "greater";
    more["floor_strike"] = *market.floor_strike;
  }
  return {{"market_ticker", market.ticker},
          {"event_type", "created"},
          {"open_ts", open_time(*engine_, market)},
          {"close_ts", close_time(*engine_, market)},
          {"exchange_index", facts(event.league).exchange_index},
          {"price_level_structure", arbees::sim::name(market.structure)},
          {"price_ranges", price_ranges_json(market)},
          {"additional_metadata", std::move(more)}};
}

void KalshiSession::on_lifecycle(const LifecycleChanged& event) {
  const auto index = kalshi_market_of(event.book);
  if (!index || event.what == Lifecycle::closed) {
    return;
  }
  const auto& its = market(*index);
  json::object body{{"market_ticker", its.ticker}};
  switch (event.what) {
    case Lifecycle::created:
      body = created(its);
      break;
    case Lifecycle::activated:
      body["event_type"] = "activated";
      break;
    case Lifecycle::deactivated:
      body["event_type"] = "deactivated";
      body["is_deactivated"] = true;
      break;
    case Lifecycle::close_moved:
      body["event_type"] = "close_date_updated";
      body["close_ts"] = close_time(*engine_, its);
      break;
    case Lifecycle::closed:
      return;
  }
  tell_lifecycle(body);
}

void KalshiSession::on_fee(const EventFeeChanged& event) {
  json::object body{{"event_ticker", event.event},
                    {"fee_type_override", nullptr},
                    {"fee_multiplier_override", nullptr}};
  if (event.fee) {
    body["fee_type_override"] = event.fee->type;
    body["fee_multiplier_override"] = event.fee->multiplier_milli / 1000.0;
  }
  tell_lifecycle(body, "event_fee_update");
}

void KalshiSession::on_decided(const BookDecided& event) {
  const auto index = kalshi_market_of(event.book);
  if (!index) {
    return;
  }
  const auto& ticker = market(*index).ticker;
  const auto& closes_ms = engine_->status(event.book).closes_ms;
  if (!closes_ms || *closes_ms > engine_->steady_ms()) { // else it closed early, and said so
    tell_lifecycle({{"market_ticker", ticker},
                    {"event_type", "close_date_updated"},
                    {"close_ts", engine_->now()}});
  }
  tell_lifecycle({{"market_ticker", ticker},
                  {"event_type", "determined"},
                  {"result", kalshi_result(event.value)},
                  {"settlement_value", to_string(event.value)},
                  {"determination_ts", engine_->now()}});
}

void KalshiSession::on_settled(const BookSettled& event) {
  tell_lifecycle({{"market_ticker", market(*kalshi_market_of(event.book)).ticker},
                  {"event_type", "settled"},
                  {"settled_ts", engine_->now()}});
}

void KalshiSession::on_reversed(const BookReversed& event) {
  if (kalshi_market_of(event.book)) {
    on_decided({event.book, event.value});
    on_settled({event.book});
  }
}

} // namespace arbees::sim
