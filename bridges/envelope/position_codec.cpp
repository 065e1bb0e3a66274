#include "bridges/envelope/payload_codec.hpp"
#include "bridges/envelope/payload_fields.hpp"

namespace arbees {

namespace {

template <class T>
void write_optional_money(JsonWriter& json, std::string_view key, const std::optional<T>& money) {
  json.key(key);
  if (money) {
    json.money(*money);
  } else {
    json.null();
  }
}

/// Dollars per contract with six decimals; null if there are no contracts.
void write_each(JsonWriter& json, std::string_view key, std::optional<Money> money,
                Quantity quantity) {
  json.key(key);
  if (money && *money >= Money{0} && quantity > Quantity{0}) {
    json.decimal(divide(Int128{money->value()} * quantity_per_contract, quantity.value(),
                        Rounding::half_up),
                 6);
  } else {
    json.null();
  }
}

void write_leg(JsonWriter& json, const PositionLeg& leg, const MarketDirectory& directory) {
  json.open_object();
  write_market(json, directory, leg.market);
  json.key("platform").text(to_string(leg.venue)).key("side").text(to_string(leg.side));
  json.key("size").quantity(leg.quantity);
  write_each(json, "entry", leg.cost, leg.quantity);
  write_each(json, "mark", leg.mark, leg.quantity);
  json.key("cost").money(leg.cost).key("realised").money(leg.realised).key("fees").money(leg.fees);
  write_optional_money(json, "mark_value", leg.mark);
  json.key("sellable").quantity(leg.sellable);
  write_time_us(json, "marked_ts_us", leg.marked_at);
  json.close_object();
}

PositionLeg read_leg(FieldReader& fields) {
  PositionLeg leg{.venue = fields.name("platform", Venue::polymarket),
                  .side = fields.name("side", Side::no),
                  .quantity = fields.quantity("size"),
                  .cost = fields.money("cost"),
                  .realised = fields.money("realised"),
                  .fees = fields.money("fees"),
                  .sellable = fields.quantity("sellable"),
                  .marked_at = fields.time_us("marked_ts_us")};
  if (!fields["mark_value"].is(JsonKind::null)) {
    leg.mark = fields.money("mark_value");
  }
  leg.market = fields.market(leg.venue);
  return leg;
}

void write_position(JsonWriter& json, const PositionUpdate& position,
                    const MarketDirectory& directory) {
  json.open_object().key("position_id").text(to_hex(position.id));
  write_game(json, directory, position.game);
  json.key("contract_id").text(to_hex(position.contract));
  json.key("state").text(to_string(position.state));
  json.key("matched").quantity(position.matched).key("legs").open_array();
  for (const auto& leg : position.legs) {
    write_leg(json, leg, directory);
  }
  json.close_array();
  json.key("realised").money(position.realised).key("fees").money(position.fees);
  write_optional_money(json, "unrealised", position.unrealised);
  write_optional_money(json, "pnl",
                       position.unrealised
                         ? std::optional{position.realised + *position.unrealised - position.fees}
                         : std::nullopt);
  json.key("lockup_hours");
  if (position.lockup_hours) {
    json.integer(*position.lockup_hours);
  } else {
    json.null();
  }
  json.key("reason").text(position.reason);
  write_time_us(json, "opened_ts_us", position.opened_at);
  write_time_us(json, "ts_us", position.at);
  json.close_object();
}

void write_exit(JsonWriter& json, const ExitSignal& exit, const MarketDirectory& directory) {
  json.key("exit_id").text(to_hex(exit.id)).key("position_id").text(to_hex(exit.position));
  write_game(json, directory, exit.game);
  json.key("reason").text(to_string(exit.reason)).key("detail").text(exit.detail);
  json.key("legs").open_array();
  for (const auto& leg : exit.legs) {
    json.open_object();
    write_market(json, directory, leg.market);
    json.key("platform").text(to_string(leg.venue)).key("side").text(to_string(leg.side));
    json.key("limit").price(leg.limit).key("size").quantity(leg.quantity);
    json.key("proceeds").money(leg.proceeds).key("fee").money(leg.fee);
    json.key("book_version").count(leg.book_version);
    write_time_us(json, "received_ts_us", leg.received_at);
    json.close_object();
  }
  json.close_array();
  write_time_us(json, "triggered_ts_us", exit.triggered_by);
  write_time_us(json, "expires_ts_us", exit.expires_at);
}

ExitLeg read_exit_leg(FieldReader& fields) {
  ExitLeg leg{.venue = fields.name("platform", Venue::polymarket),
              .side = fields.name("side", Side::no),
              .limit = fields.price("limit"),
              .quantity = fields.quantity("size"),
              .proceeds = fields.money("proceeds"),
              .fee = fields.money("fee"),
              .book_version = fields.count("book_version"),
              .received_at = fields.time_us("received_ts_us")};
  leg.market = fields.market(leg.venue);
  return leg;
}

/// Both legs of a message that has two.
template <class Leg, class Read>
void read_legs(FieldReader& fields, std::array<Leg, 2>& legs, Read read) {
  const auto parts = fields["legs"].children();
  if (parts.size() != legs.size()) {
    fields.fail("legs");
    return;
  }
  for (std::size_t i = 0; i < legs.size(); ++i) {
    FieldReader part{parts[i]};
    legs[i] = read(part);
    fields.include(part, "legs");
  }
}

ExitSignal read_exit(FieldReader& fields) {
  ExitSignal exit{.id = SignalId{fields.hash("exit_id")},
                  .position = PairId{fields.hash("position_id")},
                  .game = fields.game(),
                  .reason = fields.name("reason", ExitReason::flatten),
                  .detail = fields.text_or_empty("detail"),
                  .triggered_by = fields.time_us("triggered_ts_us"),
                  .expires_at = fields.time_us("expires_ts_us")};
  read_legs(fields, exit.legs, read_exit_leg);
  return exit;
}

} // namespace

void encode_payload(std::string& out, const PositionUpdate& position,
                    const MarketDirectory& directory) {
  JsonWriter json{out};
  write_position(json, position, directory);
}

template <>
caf::expected<PositionUpdate> decode_payload(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  PositionUpdate position{.id = PairId{fields.hash("position_id")},
                          .game = fields.game(),
                          .contract = ContractId{fields.hash("contract_id")},
                          .state = fields.name("state", PositionState::closed),
                          .matched = fields.quantity("matched"),
                          .realised = fields.money("realised"),
                          .fees = fields.money("fees"),
                          .reason = fields.text_or_empty("reason"),
                          .opened_at = fields.time_us("opened_ts_us"),
                          .at = fields.time_us("ts_us")};
  if (!fields["unrealised"].is(JsonKind::null)) {
    position.unrealised = fields.money("unrealised");
  }
  if (!fields["lockup_hours"].is(JsonKind::null)) {
    position.lockup_hours = fields.small<std::int32_t>("lockup_hours");
  }
  read_legs(fields, position.legs, read_leg);
  return fields.finish(std::move(position));
}

void encode_payload(std::string& out, const PositionsSnapshot& snapshot,
                    const MarketDirectory& directory) {
  JsonWriter json{out};
  json.open_object().key("positions").open_array();
  for (const auto& position : snapshot.positions) {
    write_position(json, position, directory);
  }
  json.close_array().key("held").count(snapshot.positions.size());
  json.key("settled").integer(snapshot.settled).key("closed").integer(snapshot.closed);
  json.key("realised").money(snapshot.realised).key("fees").money(snapshot.fees);
  write_time_us(json, "ts_us", snapshot.at);
  json.close_object();
}

void encode_payload(std::string& out, const ExitSignal& exit, const MarketDirectory& directory) {
  JsonWriter json{out};
  json.open_object();
  write_exit(json, exit, directory);
  json.close_object();
}

template <>
caf::expected<ExitSignal> decode_payload(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  auto exit = read_exit(fields);
  return fields.finish(std::move(exit));
}

void encode_payload(std::string& out, const ExitRequest& request,
                    const MarketDirectory& directory) {
  JsonWriter json{out};
  json.open_object();
  write_exit(json, request.exit, directory);
  write_time_us(json, "approved_ts_us", request.approved_at);
  json.close_object();
}

template <>
caf::expected<ExitRequest> decode_payload(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  ExitRequest request{.exit = read_exit(fields), .approved_at = fields.time_us("approved_ts_us")};
  return fields.finish(std::move(request));
}

void encode_payload(std::string& out, const ExitRejected& rejected,
                    const MarketDirectory& directory) {
  JsonWriter json{out};
  json.open_object();
  write_exit(json, rejected.exit, directory);
  json.key("filter").text(rejected.filter).key("measured").text(rejected.measured);
  json.key("limit").text(rejected.limit);
  write_time_us(json, "ts_us", rejected.at);
  json.close_object();
}

template <>
caf::expected<ExitRejected> decode_payload(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  ExitRejected rejected{.exit = read_exit(fields),
                        .filter = fields.text("filter"),
                        .measured = fields.text_or_empty("measured"),
                        .limit = fields.text_or_empty("limit"),
                        .at = fields.time_us("ts_us")};
  return fields.finish(std::move(rejected));
}

void encode_payload(std::string& out, const ExitEnded& ended) {
  JsonWriter json{out};
  json.open_object().key("exit_id").text(to_hex(ended.exit));
  json.key("position_id").text(to_hex(ended.position));
  json.key("reason").text(to_string(ended.reason)).key("sold_qty").open_array();
  json.quantity(ended.sold[0]).quantity(ended.sold[1]).close_array();
  json.key("proceeds").money(ended.proceeds).key("fees").money(ended.fees);
  json.key("refused").text(ended.refused);
  write_time_us(json, "ts_us", ended.at);
  json.close_object();
}

template <>
caf::expected<ExitEnded> decode_payload(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  ExitEnded ended{.exit = SignalId{fields.hash("exit_id")},
                  .position = PairId{fields.hash("position_id")},
                  .reason = fields.name("reason", ExitReason::flatten),
                  .proceeds = fields.money("proceeds"),
                  .fees = fields.money("fees"),
                  .refused = fields.text_or_empty("refused"),
                  .at = fields.time_us("ts_us")};
  const auto sold = fields["sold_qty"].children();
  for (std::size_t i = 0; i < ended.sold.size(); ++i) {
    const auto quantity =
      sold.size() == ended.sold.size() ? FieldReader::as_quantity(sold[i]) : std::nullopt;
    if (!quantity) {
      fields.fail("sold_qty");
    }
    ended.sold[i] = quantity.value_or(Quantity{});
  }
  return fields.finish(std::move(ended));
}

} // namespace arbees
