#include "bridges/envelope/payload_codec.hpp"
#include "bridges/envelope/payload_fields.hpp"

namespace arbees {

void encode_payload(std::string& out, const VenueStatus& status) {
  JsonWriter json{out};
  json.open_object().key("platform").text(to_string(status.venue)).key("exchange_index");
  if (status.exchange_index) {
    json.integer(*status.exchange_index);
  } else {
    json.null();
  }
  json.key("state").text(to_string(status.state)).key("reason").text(status.reason);
  write_time_us(json, "ts_us", status.at);
  json.close_object();
}

template <>
caf::expected<VenueStatus> decode_payload(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  VenueStatus status{.venue = fields.name("platform", Venue::polymarket),
                     .state = fields.name("state", VenueState::refused),
                     .reason = fields.text("reason"),
                     .at = fields.time_us("ts_us")};
  if (!fields["exchange_index"].is(JsonKind::null)) {
    status.exchange_index = fields.small<std::int32_t>("exchange_index");
  }
  return fields.finish(std::move(status));
}

void encode_payload(std::string& out, const Settlement& settlement) {
  JsonWriter json{out};
  json.open_object().key("market_id").text(settlement.native_id);
  json.key("platform").text(to_string(settlement.venue));
  json.key("side").text(to_string(settlement.side)).key("size").quantity(settlement.quantity);
  json.key("payout").money(settlement.payout).key("fees").money(settlement.fee);
  write_time_us(json, "ts_us", settlement.at);
  json.close_object();
}

template <>
caf::expected<Settlement> decode_payload(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  Settlement settlement{.venue = fields.name("platform", Venue::polymarket),
                        .native_id = fields.text("market_id"),
                        .side = fields.name("side", Side::no),
                        .quantity = fields.quantity("size"),
                        .payout = fields.money("payout"),
                        .fee = fields.money("fees"),
                        .at = fields.time_us("ts_us")};
  settlement.market = market_id(settlement.venue, settlement.native_id);
  return fields.finish(std::move(settlement));
}

void encode_payload(std::string& out, const Reconciliation& reconciliation) {
  JsonWriter json{out};
  json.open_object().key("platform").text(to_string(reconciliation.venue));
  json.key("failed").text(reconciliation.failed).key("drifts").open_array();
  for (const auto& drift : reconciliation.drifts) {
    json.open_object().key("what").text(drift.what).key("subject").text(drift.subject);
    json.key("ledger").text(drift.ledger).key("venue").text(drift.venue).close_object();
  }
  json.close_array();
  write_time_us(json, "ts_us", reconciliation.at);
  json.close_object();
}

template <>
caf::expected<Reconciliation> decode_payload(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  Reconciliation reconciliation{.venue = fields.name("platform", Venue::polymarket),
                                .failed = fields.text("failed"),
                                .at = fields.time_us("ts_us")};
  if (!fields["drifts"].is(JsonKind::array)) {
    fields.fail("drifts");
  }
  for (const auto& entry : fields["drifts"].children()) {
    FieldReader part{entry};
    reconciliation.drifts.push_back({.what = part.text("what"),
                                     .subject = part.text("subject"),
                                     .ledger = part.text("ledger"),
                                     .venue = part.text("venue")});
    fields.include(part, "drifts");
  }
  return fields.finish(std::move(reconciliation));
}

void encode_payload(std::string& out, const TradingControl& control) {
  JsonWriter json{out};
  json.open_object().key("state").text(to_string(control.state)).key("by").text(control.by);
  json.key("reason").text(control.reason);
  write_time_us(json, "ts_us", control.at);
  json.close_object();
}

template <>
caf::expected<TradingControl> decode_payload(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  TradingControl control{.state = fields.name("state", TradingState::halted),
                         .by = fields.text("by"),
                         .reason = fields.text("reason"),
                         .at = fields.time_us("ts_us")};
  return fields.finish(std::move(control));
}

} // namespace arbees
