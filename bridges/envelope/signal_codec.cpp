#include "bridges/envelope/payload_codec.hpp"
#include "bridges/envelope/payload_fields.hpp"

namespace arbees {

namespace {

/// The mean price of a sweep, rounded against a buyer at the sixth decimal.
Money mean_price(Money cost, Quantity quantity) {
  if (quantity <= Quantity{0} || cost < Money{0}) {
    return Money{0};
  }
  return Money{divide(Int128{cost.value()} * 1'000'000, quantity.value(), Rounding::up)};
}

void write_leg(JsonWriter& json, const SignalLeg& leg, const Signal& signal,
               const MarketDirectory& directory) {
  json.open_object();
  write_market(json, directory, leg.market);
  json.key("platform").text(to_string(leg.venue)).key("side").text(to_string(leg.side));
  const auto* const listing = directory.find(leg.market);
  json.key("contract_team");
  if (listing != nullptr) {
    json.text(listing->contract_team);
  } else {
    json.null();
  }
  json.key("price").money(mean_price(leg.cost, leg.quantity));
  json.key("limit").price(leg.limit).key("size").quantity(leg.quantity);
  json.key("cost").money(leg.cost).key("fee").money(leg.fee);
  json.key("book_epoch").count(leg.book_epoch).key("book_version").count(leg.book_version);
  write_time_us(json, "exchange_ts_us", leg.exchange_time);
  write_time_us(json, "received_ts_us", leg.received_at);
  json.key("post_only").boolean(leg.post_only);
  // How old this leg's book was when the other one moved: the freshest has age 0.
  write_span_us(json, "age_us", leg.received_at, signal.triggered_by);
  json.close_object();
}

SignalLeg read_leg(FieldReader& fields) {
  SignalLeg leg{.venue = fields.name("platform", Venue::polymarket),
                .side = fields.name("side", Side::no),
                .limit = fields.price("limit"),
                .quantity = fields.quantity("size"),
                .cost = fields.money("cost"),
                .fee = fields.money("fee"),
                .book_epoch = fields.small<std::uint32_t>("book_epoch"),
                .book_version = fields.count("book_version"),
                .exchange_time = fields.time_us("exchange_ts_us"),
                .received_at = fields.time_us("received_ts_us"),
                .post_only = fields.boolean("post_only")};
  leg.market = fields.market(leg.venue);
  return leg;
}

/// Edge as a share of what is paid, in percent with four decimals, rounded to zero.
std::int64_t edge_percent_e4(const Signal& signal) {
  Int128 paid = 0;
  for (const auto& leg : signal.legs) {
    paid += Int128{leg.cost.value()} + leg.fee.value();
  }
  return paid > 0 ? static_cast<std::int64_t>(Int128{signal.edge.value()} * 1'000'000 / paid) : 0;
}

void write_signal(JsonWriter& json, const Signal& signal, const MarketDirectory& directory) {
  json.key("signal_id").text(to_hex(signal.id));
  json.key("signal_type").text(to_string(signal.type));
  write_game(json, directory, signal.game);
  json.key("contract_id").text(to_hex(signal.contract));
  json.key("quantity").quantity(signal.quantity).key("edge").money(signal.edge);
  json.key("edge_cents").decimal(signal.edge_per_contract.value(), 4);
  json.key("edge_pct").decimal(edge_percent_e4(signal), 4);
  json.key("expires_at_ms").integer(to_ms(signal.expires_at));
  write_time_us(json, "expires_ts_us", signal.expires_at);
  write_time_us(json, "triggered_ts_us", signal.triggered_by);
  json.key("assignment_epoch").count(signal.assignment_epoch);
  json.key("in_play").boolean(signal.in_play).key("legs").open_array();
  for (const auto& leg : signal.legs) {
    write_leg(json, leg, signal, directory);
  }
  json.close_array();
}

/// The members of a signal, from an object that may have others beside them.
Signal read_signal(FieldReader& fields) {
  Signal signal{.id = SignalId{fields.hash("signal_id")},
                .type = fields.name("signal_type", SignalType::directional),
                .game = fields.game(),
                .contract = ContractId{fields.hash("contract_id")}};
  const auto legs = fields["legs"].children();
  if (legs.size() != 2) {
    fields.fail("legs");
    return signal;
  }
  for (std::size_t i = 0; i < 2; ++i) {
    FieldReader leg{legs[i]};
    signal.legs[i] = read_leg(leg);
    fields.include(leg, "legs");
  }
  signal.quantity = fields.quantity("quantity");
  signal.edge = fields.money("edge");
  const auto cents = fields["edge_cents"].number();
  const auto edge = cents ? parse_decimal(*cents, 4) : std::nullopt;
  if (!edge) {
    fields.fail("edge_cents");
  }
  signal.edge_per_contract = Money{edge.value_or(0)};
  signal.triggered_by = fields.time_us("triggered_ts_us");
  signal.expires_at = fields.time_us("expires_ts_us");
  signal.assignment_epoch = fields.count("assignment_epoch");
  signal.in_play = fields.boolean("in_play");
  return signal;
}

} // namespace

void encode_payload(std::string& out, const Signal& signal, const MarketDirectory& directory) {
  JsonWriter json{out};
  json.open_object();
  write_signal(json, signal, directory);
  json.close_object();
}

template <>
caf::expected<Signal> decode_payload(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  auto signal = read_signal(fields);
  return fields.finish(std::move(signal));
}

void encode_payload(std::string& out, const ExecutionRequest& request,
                    const MarketDirectory& directory) {
  JsonWriter json{out};
  json.open_object().key("request_id").text(to_hex(request.pair));
  // Deterministic, and the root of both legs' client order ids: the same request bought once.
  json.key("idempotency_key").text(to_hex(request.pair));
  json.key("approved_quantity").quantity(request.quantity);
  json.key("limits").open_array();
  json.price(request.limits[0]).price(request.limits[1]).close_array();
  write_time_us(json, "approved_ts_us", request.approved_at);
  write_span_us(json, "tick_to_approval_us", request.signal.triggered_by, request.approved_at);
  write_signal(json, request.signal, directory);
  json.close_object();
}

template <>
caf::expected<ExecutionRequest> decode_payload(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  ExecutionRequest request{.pair = PairId{fields.hash("request_id")},
                           .signal = read_signal(fields),
                           .quantity = fields.quantity("approved_quantity"),
                           .approved_at = fields.time_us("approved_ts_us")};
  const auto limits = fields["limits"].children();
  for (std::size_t i = 0; i < 2; ++i) {
    const auto limit = limits.size() == 2 ? FieldReader::as_price(limits[i]) : std::nullopt;
    if (!limit) {
      fields.fail("limits");
    }
    request.limits[i] = limit.value_or(Price{});
  }
  return fields.finish(std::move(request));
}

void encode_payload(std::string& out, const SignalRejected& rejected,
                    const MarketDirectory& directory) {
  JsonWriter json{out};
  json.open_object().key("filter").text(rejected.filter).key("measured").text(rejected.measured);
  json.key("filter_limit").text(rejected.limit);
  write_time_us(json, "rejected_ts_us", rejected.at);
  write_signal(json, rejected.signal, directory);
  json.close_object();
}

template <>
caf::expected<SignalRejected> decode_payload(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  SignalRejected rejected{.signal = read_signal(fields),
                          .filter = fields.text("filter"),
                          .measured = fields.text("measured"),
                          .limit = fields.text("filter_limit"),
                          .at = fields.time_us("rejected_ts_us")};
  return fields.finish(std::move(rejected));
}

} // namespace arbees
