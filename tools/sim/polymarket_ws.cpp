#include "tools/sim/polymarket_ws.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "tools/sim/http.hpp"
#include "tools/sim/poly_book.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

bool flag(const json::object& object, std::string_view key, bool fallback) {
  const auto* const value = object.if_contains(key);
  return value != nullptr && value->is_bool() ? value->get_bool() : fallback;
}

std::string optional_price(std::optional<Price> price) {
  return price ? poly_price(*price) : std::string{};
}

std::optional<Price> mirrored(std::optional<Price> price) {
  return price ? std::optional{complement(*price)} : std::nullopt;
}

/// 40 hex digits that name an order; no real order stands behind a simulated level.
std::string order_hash(const LevelUpdate& level, UnixMillis now) {
  Random random{static_cast<std::uint64_t>(now) * 31
                + static_cast<std::uint64_t>(level.price.value())
                + static_cast<std::uint64_t>(level.total.value())};
  return fmt::format("{:016x}{:016x}{:08x}", random.next(), random.next(), random.next() >> 32);
}

} // namespace

void PolymarketSession::send(const json::value& frame) {
  out_.push_back(json::serialize(frame));
}

std::vector<std::string> PolymarketSession::on_text(std::string_view text) {
  if (text == "PING") {
    return {"PONG"};
  }
  json::error_code failure;
  const auto parsed = json::parse(text, failure);
  if (failure || !parsed.is_object()) {
    return {"INVALID OPERATION"};
  }
  const auto& message = parsed.get_object();
  const auto* const verb = message.if_contains("operation");
  if (verb != nullptr && verb->is_string()) {
    operation(verb->get_string(), message);
  } else if (message.contains("assets_ids")) {
    first_message(message);
  } else {
    return {"INVALID OPERATION"};
  }
  return std::exchange(out_, {});
}

std::vector<PolymarketSession::Token> PolymarketSession::assets(const json::object& message) const {
  std::vector<Token> tokens;
  const auto* const ids = message.if_contains("assets_ids");
  if (ids == nullptr || !ids->is_array()) {
    return tokens;
  }
  for (const auto& id : ids->get_array()) {
    const auto token = id.is_string() ? engine_->poly_token(id.get_string()) : Token{-1, 0};
    if (token.first >= 0) { // the venue passes over unknown ids in silence
      tokens.push_back(token);
    }
  }
  return tokens;
}

void PolymarketSession::first_message(const json::object& message) {
  extra_events_ = flag(message, "custom_feature_enabled", false);
  json::array dump;
  for (const auto& token : assets(message)) {
    if (subscribed_.insert(token).second) {
      dump.push_back(book_frame(token));
    }
  }
  if (flag(message, "initial_dump", true) && !dump.empty()) {
    send(dump);
  }
}

void PolymarketSession::operation(std::string_view operation, const json::object& message) {
  if (operation == "subscribe") {
    auto added = false;
    for (const auto& token : assets(message)) {
      if (subscribed_.insert(token).second) { // a known asset gets nothing
        send(book_frame(token));
        added = true;
      }
    }
    extra_events_ = flag(message, "custom_feature_enabled", extra_events_);
    if (!added) {
      out_.emplace_back("NO NEW ASSETS");
    }
  } else if (operation == "unsubscribe") {
    for (const auto& token : assets(message)) {
      subscribed_.erase(token);
    }
  } else {
    out_.emplace_back("INVALID OPERATION");
  }
}

json::object PolymarketSession::book_frame(Token token) const {
  auto book =
    token_book(*engine_, engine_->slate().poly_markets[static_cast<std::size_t>(token.first)],
               token.second);
  book["event_type"] = "book";
  return book;
}

const PolyMarket* PolymarketSession::watched(int book) const {
  const auto& spec = engine_->slate().books[static_cast<std::size_t>(book)];
  if (spec.venue != Venue::polymarket
      || (!subscribed_.contains({spec.market, 0}) && !subscribed_.contains({spec.market, 1}))) {
    return nullptr;
  }
  return &engine_->slate().poly_markets[static_cast<std::size_t>(spec.market)];
}

std::vector<std::string> PolymarketSession::on_events(std::span<const MarketEvent> events) {
  for (const auto& event : events) {
    if (const auto* const changed = std::get_if<BookChanged>(&event)) {
      if (const auto* const market = watched(changed->book)) {
        on_book(*market, changed->level);
      }
    } else if (const auto* const traded = std::get_if<Traded>(&event)) {
      if (const auto* const market = watched(traded->book)) {
        on_trade(*market, traded->match);
      }
    } else if (const auto* const tick = std::get_if<TickChange>(&event)) {
      if (const auto* const market = watched(tick->book)) {
        on_tick(*market, *tick);
      }
    } else if (const auto* const decided = std::get_if<BookDecided>(&event)) {
      if (const auto* const market = watched(decided->book)) {
        on_decided(*market, decided->value);
      }
    } else if (const auto* const told = std::get_if<LifecycleChanged>(&event)) {
      const auto& spec = engine_->slate().books[static_cast<std::size_t>(told->book)];
      if (spec.venue == Venue::polymarket && told->what == Lifecycle::created) {
        on_listed(engine_->slate().poly_markets[static_cast<std::size_t>(spec.market)]);
      }
    }
  }
  for (const auto& token : std::exchange(books_due_, {})) {
    if (subscribed_.contains(token)) {
      send(book_frame(token));
    }
  }
  return std::exchange(out_, {});
}

/// One change shows on both tokens: the same size, at p on one side and at 1-p on the other.
void PolymarketSession::on_book(const PolyMarket& market, const LevelUpdate& level) {
  const auto hash = order_hash(level, engine_->now_ms());
  const auto entry = [&](std::size_t token) {
    const auto own = token == 0;
    const auto bid = (level.side == BookSide::bid) == own;
    return json::object{
      {"asset_id", market.tokens[token]},
      {"price", poly_price(own ? level.price : complement(level.price))},
      {"size", poly_size(level.total)},
      {"side", bid ? "BUY" : "SELL"},
      {"hash", hash},
      {"best_bid", optional_price(own ? level.best_bid : mirrored(level.best_ask))},
      {"best_ask", optional_price(own ? level.best_ask : mirrored(level.best_bid))}};
  };
  send(json::object{{"market", market.condition},
                    {"price_changes", json::array{entry(0), entry(1)}},
                    {"timestamp", std::to_string(engine_->now_ms())},
                    {"event_type", "price_change"}});
}

void PolymarketSession::on_trade(const PolyMarket& market, const Match& match) {
  const auto index = engine_->poly_token(market.tokens[0]).first;
  if (subscribed_.contains({index, 0})) {
    send(json::object{{"market", market.condition},
                      {"asset_id", market.tokens[0]},
                      {"price", poly_price(match.price)},
                      {"size", poly_size(match.size)},
                      {"fee_rate_bps", "0"},
                      {"side", match.taker_side == BookSide::bid ? "BUY" : "SELL"},
                      {"timestamp", std::to_string(engine_->now_ms())},
                      {"event_type", "last_trade_price"}});
  }
  books_due_.insert({index, 0});
  books_due_.insert({index, 1});
}

void PolymarketSession::on_tick(const PolyMarket& market, const TickChange& change) {
  const auto index = engine_->poly_token(market.tokens[0]).first;
  for (const auto token : {0, 1}) {
    if (!subscribed_.contains({index, token})) {
      continue;
    }
    send(json::object{{"event_type", "tick_size_change"},
                      {"market", market.condition},
                      {"asset_id", market.tokens[static_cast<std::size_t>(token)]},
                      {"old_tick_size", poly_price(change.old_tick)},
                      {"new_tick_size", poly_price(change.new_tick)},
                      {"timestamp", std::to_string(engine_->now_ms())}});
    books_due_.insert({index, token});
  }
}

/// A new market, told to everyone who asked for the extra events.
void PolymarketSession::on_listed(const PolyMarket& market) {
  if (!extra_events_) {
    return;
  }
  const auto& event = engine_->slate().poly_events[static_cast<std::size_t>(market.event)];
  const auto list = [](const std::array<std::string, 2>& texts) {
    return json::array{json::value(texts[0]), json::value(texts[1])};
  };
  json::object frame{{"event_type", "new_market"},
                     {"id", market.id},
                     {"question", market.question},
                     {"market", market.condition},
                     {"condition_id", market.condition},
                     {"slug", market.slug},
                     {"description", ""},
                     {"assets_ids", list(market.tokens)},
                     {"clob_token_ids", list(market.tokens)},
                     {"outcomes", list(market.outcomes)},
                     {"event_message", json::object{{"id", event.id},
                                                    {"ticker", event.slug},
                                                    {"slug", event.slug},
                                                    {"title", event.title},
                                                    {"description", ""}}},
                     {"timestamp", std::to_string(engine_->now_ms())},
                     {"tags", json::array{}},
                     {"active", true},
                     {"sports_market_type", market.sports_type},
                     {"line", market.line ? json::value(*market.line) : json::value(nullptr)},
                     {"game_start_time", iso_seconds(event.start)},
                     {"order_price_min_tick_size", poly_price(engine_->status(market.book).tick)},
                     {"group_item_title", market.group_title},
                     {"taker_base_fee", 1000},
                     {"fees_enabled", poly_rate_ppm(*engine_, market) > 0},
                     {"fee_schedule", json::object{{"exponent", 1},
                                                   {"rate", poly_rate(*engine_, market)},
                                                   {"takerOnly", true},
                                                   {"rebateRate", 0.15}}}};
  out_.push_back(json_text(frame));
}

void PolymarketSession::on_decided(const PolyMarket& market, Price value) {
  const auto split = value != price_one && value != price_zero; // no token wins: only Gamma tells
  if (!extra_events_ || split) {
    return;
  }
  const std::size_t winner = value == price_one ? 0 : 1;
  send(json::object{{"event_type", "market_resolved"},
                    {"id", market.id},
                    {"market", market.condition},
                    {"assets_ids",
                     json::array{json::value(market.tokens[0]), json::value(market.tokens[1])}},
                    {"winning_asset_id", market.tokens[winner]},
                    {"winning_outcome", market.outcomes[winner]},
                    {"timestamp", std::to_string(engine_->now_ms())},
                    {"tags", json::array{}}});
}

} // namespace arbees::sim
