#include "bridges/envelope/payload_codec.hpp"
#include "bridges/envelope/payload_fields.hpp"

namespace arbees {

namespace {

void write_best(JsonWriter& json, std::string_view price_key, std::string_view size_key,
                const Depth& depth, bool whole) {
  if (!whole || depth.empty()) {
    json.key(price_key).null().key(size_key).null();
    return;
  }
  json.key(price_key).price(depth.best().price).key(size_key).quantity(depth.best().quantity);
}

Money liquidity(const BookUpdate& update) {
  Money total{0};
  for (const auto& level : update.asks.levels()) {
    total += notional(level.price, level.quantity, Rounding::down);
  }
  for (const auto& level : update.bids.levels()) {
    total += notional(complement(level.price), level.quantity, Rounding::down);
  }
  return total;
}

void write_state(JsonWriter& json, const BookUpdate& update) {
  json.key("exchange_ts_ms");
  if (update.exchange_time == Timestamp{}) {
    json.null();
  } else {
    json.integer(to_ms(update.exchange_time));
  }
  write_time_us(json, "received_ts_us", update.received_at);
  json.key("status").text(to_string(update.status));
  json.key("reason").text(to_string(update.reason));
  json.key("epoch").count(update.epoch).key("version").count(update.version);
}

BookUpdate read_state(FieldReader& fields) {
  BookUpdate update{.venue = fields.name("platform", Venue::polymarket),
                    .status = fields.name("status", BookStatus::closed),
                    .reason = fields.name("reason", StaleReason::audit),
                    .epoch = fields.small<std::uint32_t>("epoch"),
                    .version = fields.count("version"),
                    .exchange_time = fields.time_ms("exchange_ts_ms"),
                    .received_at = fields.time_us("received_ts_us")};
  update.market = market_id(update.venue, fields.text("market_id"));
  return update;
}

void read_best(FieldReader& fields, std::string_view price_key, std::string_view size_key,
               Depth& depth) {
  if (const auto price = fields.price_or_null(price_key)) {
    depth.push_back({*price, fields.quantity(size_key)});
  }
}

void write_levels(JsonWriter& json, std::string_view key, const Depth& depth, bool whole) {
  json.key(key).open_array();
  if (whole) {
    for (const auto& level : depth.levels()) {
      json.open_array().price(level.price).quantity(level.quantity).close_array();
    }
  }
  json.close_array();
}

/// Best first, strictly: a sender that mixes them up must not make a ladder here.
void read_levels(FieldReader& fields, std::string_view key, Depth& depth, bool descending) {
  if (!fields[key].is(JsonKind::array)) {
    fields.fail(key);
    return;
  }
  for (const auto& entry : fields[key].children()) {
    const auto pair = entry.children();
    const auto price = pair.size() >= 2 ? FieldReader::as_price(pair[0]) : std::nullopt;
    const auto size = pair.size() >= 2 ? FieldReader::as_quantity(pair[1]) : std::nullopt;
    const auto worse =
      depth.empty() || !price
      || (descending ? *price < depth.levels().back().price : *price > depth.levels().back().price);
    if (!price || !size || !worse) {
      fields.fail(key);
      return;
    }
    if (!depth.full()) {
      depth.push_back({*price, *size});
    }
  }
}

/// A crossed book, or levels in a book that is not whole, is no state that a monitor publishes.
caf::expected<BookUpdate> checked(FieldReader& fields, BookUpdate update) {
  const auto two_sided = !update.bids.empty() && !update.asks.empty();
  if (two_sided && update.bids.best().price >= update.asks.best().price) {
    fields.fail("crossed");
  }
  if (update.status != BookStatus::ok && !(update.bids.empty() && update.asks.empty())) {
    fields.fail("status");
  }
  return fields.finish(std::move(update));
}

} // namespace

void encode_prices(std::string& out, const BookUpdate& update, const MarketListing& listing) {
  const auto whole = update.status == BookStatus::ok;
  JsonWriter json{out};
  json.open_object().raw(listing.head);
  write_best(json, "yes_bid", "yes_bid_size", update.bids, whole);
  write_best(json, "yes_ask", "yes_ask_size", update.asks, whole);
  json.key("mid_price");
  if (whole && !update.bids.empty() && !update.asks.empty()) {
    const auto sum = update.bids.best().price.value() + update.asks.best().price.value();
    json.decimal(std::int64_t{sum} * 5, 5);
  } else {
    json.null();
  }
  json.key("liquidity").money(whole ? liquidity(update) : Money{0});
  write_state(json, update);
  json.close_object();
}

void encode_orderbook(std::string& out, const BookUpdate& update, const MarketListing& listing) {
  const auto whole = update.status == BookStatus::ok;
  JsonWriter json{out};
  json.open_object().raw(listing.head);
  write_levels(json, "bids", update.bids, whole);
  write_levels(json, "asks", update.asks, whole);
  write_state(json, update);
  json.close_object();
}

void encode_payload(std::string& out, const Candle& candle, const MarketListing& listing) {
  JsonWriter json{out};
  json.open_object().raw(listing.head);
  write_time_us(json, "start_ts_us", candle.start);
  json.key("open").money(candle.open).key("high").money(candle.high);
  json.key("low").money(candle.low).key("close").money(candle.close);
  json.key("close_bid").price(candle.close_bid).key("close_ask").price(candle.close_ask);
  json.key("updates").integer(candle.updates).close_object();
}

template <>
caf::expected<Candle> decode_payload(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  Candle candle{.venue = fields.name("platform", Venue::polymarket),
                .start = fields.time_us("start_ts_us"),
                .open = fields.money("open"),
                .high = fields.money("high"),
                .low = fields.money("low"),
                .close = fields.money("close"),
                .close_bid = fields.price("close_bid"),
                .close_ask = fields.price("close_ask"),
                .updates = fields.integer("updates")};
  candle.market = market_id(candle.venue, fields.text("market_id"));
  if (candle.low > std::min(candle.open, candle.close)
      || candle.high < std::max(candle.open, candle.close)) {
    fields.fail("low"); // or high: no minute looks like that
  }
  if (candle.updates < 1) {
    fields.fail("updates");
  }
  return fields.finish(std::move(candle));
}

caf::expected<BookUpdate> decode_prices(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  auto update = read_state(fields);
  read_best(fields, "yes_bid", "yes_bid_size", update.bids);
  read_best(fields, "yes_ask", "yes_ask_size", update.asks);
  return checked(fields, std::move(update));
}

caf::expected<BookUpdate> decode_orderbook(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  auto update = read_state(fields);
  read_levels(fields, "bids", update.bids, true);
  read_levels(fields, "asks", update.asks, false);
  return checked(fields, std::move(update));
}

} // namespace arbees
