#include "bridges/envelope/payload_codec.hpp"
#include "bridges/envelope/payload_fields.hpp"

namespace arbees {

namespace {

void write_average(JsonWriter& json, Money amount, Quantity quantity) {
  json.key("avg_price");
  if (quantity > Quantity{0} && amount >= Money{0}) {
    json.decimal(divide(Int128{amount.value()} * 1'000'000, quantity.value(), Rounding::half_up),
                 6);
  } else {
    json.null();
  }
}

void write_text_or_null(JsonWriter& json, std::string_view key, std::string_view text) {
  json.key(key);
  if (text.empty()) {
    json.null();
  } else {
    json.text(text);
  }
}

} // namespace

void encode_payload(std::string& out, const OrderReport& report, const MarketDirectory& directory) {
  JsonWriter json{out};
  json.open_object();
  write_text_or_null(json, "order_id", report.venue_order_id);
  json.key("client_order_id").text(report.client_order_id);
  json.key("request_id").text(to_hex(report.pair)).key("leg").count(report.leg);
  write_market(json, directory, report.market);
  json.key("platform").text(to_string(report.venue)).key("side").text(to_string(report.side));
  json.key("action").text(to_string(report.action)).key("status").text(to_string(report.status));
  json.key("filled_qty").quantity(report.filled);
  write_average(json, report.notional, report.filled);
  json.key("notional").money(report.notional).key("fees").money(report.fee);
  write_text_or_null(json, "reason", report.reason);
  write_time_us(json, "sent_ts_us", report.sent_at);
  write_time_us(json, "reported_ts_us", report.reported_at);
  json.key("latency").open_object();
  write_span_us(json, "venue_us", report.sent_at, report.reported_at);
  json.close_object().close_object();
}

template <>
caf::expected<OrderReport> decode_payload(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  OrderReport report{.pair = PairId{fields.hash("request_id")},
                     .leg = fields.small<std::uint8_t>("leg"),
                     .client_order_id = fields.text("client_order_id"),
                     .venue_order_id = fields.text_or_empty("order_id"),
                     .venue = fields.name("platform", Venue::polymarket),
                     .side = fields.name("side", Side::no),
                     .action = fields.name("action", Action::sell),
                     .status = fields.name("status", OrderStatus::unknown),
                     .filled = fields.quantity("filled_qty"),
                     .notional = fields.money("notional"),
                     .fee = fields.money("fees"),
                     .reason = fields.text_or_empty("reason"),
                     .sent_at = fields.time_us("sent_ts_us"),
                     .reported_at = fields.time_us("reported_ts_us")};
  report.market = fields.market(report.venue);
  return fields.finish(std::move(report));
}

void encode_payload(std::string& out, const Fill& fill, const MarketDirectory& directory) {
  JsonWriter json{out};
  json.open_object().key("fill_id").text(fill.fill_id);
  json.key("client_order_id").text(fill.client_order_id);
  json.key("request_id").text(to_hex(fill.pair));
  // A fill does not name its venue, so the hash is always there to find the market by.
  json.key("market_hash").text(to_hex(fill.market));
  if (const auto* const listing = directory.find(fill.market)) {
    json.key("market_id").text(listing->ref.native_id);
    json.key("platform").text(to_string(listing->ref.venue));
  }
  json.key("side").text(to_string(fill.side)).key("action").text(to_string(fill.action));
  json.key("price").price(fill.price).key("filled_qty").quantity(fill.quantity);
  json.key("fees").money(fill.fee);
  json.key("state").text(to_string(fill.state));
  write_time_us(json, "filled_ts_us", fill.at);
  json.close_object();
}

template <>
caf::expected<Fill> decode_payload(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  Fill fill{.fill_id = fields.text("fill_id"),
            .client_order_id = fields.text("client_order_id"),
            .pair = PairId{fields.hash("request_id")},
            .market = MarketId{fields.hash("market_hash")},
            .side = fields.name("side", Side::no),
            .action = fields.name("action", Action::sell),
            .price = fields.price("price"),
            .quantity = fields.quantity("filled_qty"),
            .fee = fields.money("fees"),
            .at = fields.time_us("filled_ts_us"),
            .state = fields.name("state", FillState::voided)};
  return fields.finish(std::move(fill));
}

void encode_payload(std::string& out, const PairClosed& pair, const MarketDirectory& directory) {
  JsonWriter json{out};
  json.open_object().key("pair_id").text(to_hex(pair.pair));
  json.key("signal_id").text(to_hex(pair.signal));
  write_game(json, directory, pair.game);
  json.key("status").text(to_string(pair.outcome));
  json.key("requested_qty").quantity(pair.requested).key("filled_qty").quantity(pair.matched);
  json.key("held_qty").open_array().quantity(pair.held[0]).quantity(pair.held[1]).close_array();
  json.key("cost").money(pair.cost).key("fees").money(pair.fees);
  json.key("locked_profit").money(pair.locked_profit);
  write_average(json, pair.cost, pair.matched);
  write_text_or_null(json, "reason", pair.reason);
  json.key("revision").count(pair.revision);
  write_time_us(json, "triggered_ts_us", pair.triggered_by);
  write_time_us(json, "opened_ts_us", pair.opened_at);
  write_time_us(json, "closed_ts_us", pair.closed_at);
  json.key("latency").open_object();
  write_span_us(json, "tick_to_open_us", pair.triggered_by, pair.opened_at);
  write_span_us(json, "open_to_close_us", pair.opened_at, pair.closed_at);
  json.close_object().close_object();
}

template <>
caf::expected<PairClosed> decode_payload(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  PairClosed pair{.pair = PairId{fields.hash("pair_id")},
                  .signal = SignalId{fields.hash("signal_id")},
                  .game = fields.game(),
                  .outcome = fields.name("status", PairOutcome::void_),
                  .requested = fields.quantity("requested_qty"),
                  .matched = fields.quantity("filled_qty"),
                  .cost = fields.money("cost"),
                  .fees = fields.money("fees"),
                  .locked_profit = fields.money("locked_profit"),
                  .triggered_by = fields.time_us("triggered_ts_us"),
                  .opened_at = fields.time_us("opened_ts_us"),
                  .closed_at = fields.time_us("closed_ts_us"),
                  .reason = fields.text_or_empty("reason"),
                  .revision = fields.small<std::uint32_t>("revision")};
  const auto held = fields["held_qty"].children();
  for (std::size_t i = 0; i < 2; ++i) {
    const auto quantity = held.size() == 2 ? FieldReader::as_quantity(held[i]) : std::nullopt;
    if (!quantity) {
      fields.fail("held_qty");
    }
    pair.held[i] = quantity.value_or(Quantity{});
  }
  return fields.finish(std::move(pair));
}

void encode_payload(std::string& out, const BalanceUpdate& balance) {
  JsonWriter json{out};
  json.open_object().key("platform").text(to_string(balance.venue));
  json.key("available").money(balance.available);
  write_time_us(json, "ts_us", balance.at);
  json.close_object();
}

template <>
caf::expected<BalanceUpdate> decode_payload(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  BalanceUpdate balance{.venue = fields.name("platform", Venue::polymarket),
                        .available = fields.money("available"),
                        .at = fields.time_us("ts_us")};
  return fields.finish(std::move(balance));
}

} // namespace arbees
