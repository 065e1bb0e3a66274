#include "bridges/envelope/payload_codec.hpp"
#include "bridges/envelope/payload_fields.hpp"

namespace arbees {

namespace {

void write_state(JsonWriter& json, const GameState& state) {
  json.key("status").text(to_string(state.phase));
  json.key("away_score").integer(state.away_score).key("home_score").integer(state.home_score);
  json.key("period").integer(state.period).key("clock_ms");
  if (state.clock) {
    json.integer(std::chrono::duration_cast<std::chrono::milliseconds>(*state.clock).count());
  } else {
    json.null();
  }
  json.key("detail").text(state.detail);
  write_time_us(json, "fetched_ts_us", state.fetched_at);
}

GameState read_state(FieldReader& fields, GameId game) {
  GameState state{.id = game,
                  .phase = fields.name("status", Phase::unknown),
                  .away_score = fields.small<std::int32_t>("away_score"),
                  .home_score = fields.small<std::int32_t>("home_score"),
                  .period = fields.small<std::int32_t>("period")};
  if (!fields["clock_ms"].is_null()) {
    state.clock = std::chrono::milliseconds{fields.small<std::int32_t>("clock_ms")};
  }
  state.detail = fields.text("detail");
  state.fetched_at = fields.time_us("fetched_ts_us");
  return state;
}

template <class Event>
void encode_event(std::string& out, const Event& event) {
  JsonWriter json{out};
  json.open_object();
  write_game_info(json, event.game);
  write_state(json, event.state);
  json.close_object();
}

template <class Event>
caf::expected<Event> decode_event(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  Event event{.game = read_game_info(fields)};
  event.state = read_state(fields, event.game.id);
  return fields.finish(std::move(event));
}

void write_fees(JsonWriter& json, const std::optional<FeeSchedule>& fees) {
  json.key("fees");
  if (!fees) {
    json.null();
    return;
  }
  json.open_object().key("rounding").text(to_string(fees->rounding));
  json.key("taker_ppm").integer(fees->taker_ppm).key("maker_ppm").integer(fees->maker_ppm);
  json.key("exponent").integer(fees->exponent).key("balance_step").money(fees->balance_step);
  json.key("source").text(fees->source);
  write_time_us(json, "effective_from_ts_us", fees->effective_from);
  json.close_object();
}

std::optional<FeeSchedule> read_fees(FieldReader& market) {
  if (market["fees"].is_null()) {
    return std::nullopt;
  }
  FieldReader fields{market["fees"]};
  FeeSchedule fees{.rounding = fields.name("rounding", Venue::polymarket),
                   .taker_ppm = fields.integer("taker_ppm"),
                   .maker_ppm = fields.integer("maker_ppm"),
                   .exponent = fields.small<std::int32_t>("exponent"),
                   .balance_step = fields.money("balance_step"),
                   .source = fields.text("source"),
                   .effective_from = fields.time_us("effective_from_ts_us")};
  market.include(fields, "fees");
  return fees;
}

void write_ref(JsonWriter& json, const MarketRef& ref) {
  json.key("market_id").text(ref.native_id).key("platform").text(to_string(ref.venue));
  json.key("tokens").open_array().text(ref.tokens[0]).text(ref.tokens[1]).close_array();
  json.key("outcomes").open_array().text(ref.outcomes[0]).text(ref.outcomes[1]).close_array();
}

std::array<std::string, 2> read_two(FieldReader& fields, std::string_view key) {
  const auto entries = fields[key].children();
  const auto first = entries.size() == 2 ? entries[0].text() : std::nullopt;
  const auto second = entries.size() == 2 ? entries[1].text() : std::nullopt;
  if (!first || !second) {
    fields.fail(key);
    return {};
  }
  return {*first, *second};
}

MarketRef read_ref(FieldReader& fields) {
  return {.venue = fields.name("platform", Venue::polymarket),
          .native_id = fields.text("market_id"),
          .tokens = read_two(fields, "tokens"),
          .outcomes = read_two(fields, "outcomes")};
}

void write_bands(JsonWriter& json, const std::vector<PriceBand>& bands) {
  json.key("price_bands").open_array();
  for (const auto& band : bands) {
    json.open_object().key("start").price(band.start).key("end").price(band.end);
    json.key("step").price(band.step).close_object();
  }
  json.close_array();
}

std::vector<PriceBand> read_bands(FieldReader& market) {
  std::vector<PriceBand> bands;
  for (const auto& entry : market["price_bands"].children()) {
    FieldReader fields{entry};
    bands.push_back({fields.price("start"), fields.price("end"), fields.price("step")});
    market.include(fields, "price_bands");
  }
  return bands;
}

void write_spec(JsonWriter& json, const MarketSpec& spec) {
  json.open_object();
  write_ref(json, spec.ref);
  write_bands(json, spec.price_bands);
  json.key("quantity_step").quantity(spec.quantity_step);
  json.key("min_quantity").quantity(spec.min_quantity);
  json.key("min_notional").money(spec.min_notional);
  write_fees(json, spec.fees);
  json.key("taker_delay_us")
    .integer(std::chrono::duration_cast<std::chrono::microseconds>(spec.taker_delay).count());
  json.key("exchange_index").integer(spec.exchange_index);
  json.key("negative_risk").boolean(spec.negative_risk);
  json.key("accepts_orders").boolean(spec.accepts_orders);
  json.close_object();
}

MarketSpec read_spec(FieldReader& fields) {
  MarketSpec spec{.ref = read_ref(fields),
                  .price_bands = read_bands(fields),
                  .quantity_step = fields.quantity("quantity_step"),
                  .min_quantity = fields.quantity("min_quantity"),
                  .min_notional = fields.money("min_notional"),
                  .fees = read_fees(fields)};
  spec.id = market_id(spec.ref.venue, spec.ref.native_id);
  spec.taker_delay = std::chrono::microseconds{fields.small<std::int32_t>("taker_delay_us")};
  spec.exchange_index = fields.small<std::int32_t>("exchange_index");
  spec.negative_risk = fields.boolean("negative_risk");
  spec.accepts_orders = fields.boolean("accepts_orders");
  return spec;
}

const MarketSpec* spec_of(const MatchedGame& match, MarketId market) {
  for (const auto& spec : match.markets) {
    if (spec.id == market) {
      return &spec;
    }
  }
  return nullptr;
}

void write_expression(JsonWriter& json, const MatchedGame& match, const Expression& expression) {
  json.open_object();
  if (const auto* const spec = spec_of(match, expression.market)) {
    json.key("market_id")
      .text(spec->ref.native_id)
      .key("platform")
      .text(to_string(spec->ref.venue));
  } else {
    json.key("market_id").null().key("market_hash").text(to_hex(expression.market));
    json.key("platform").text(to_string(Venue::kalshi));
  }
  json.key("pays").text(to_string(expression.pays)).close_object();
}

void write_contract(JsonWriter& json, const MatchedGame& match, const Contract& contract) {
  json.open_object().key("contract_id").text(to_hex(contract.id));
  json.key("kind").text(to_string(contract.kind)).key("subject").text(contract.subject);
  json.key("line");
  if (contract.line_tenths) {
    json.decimal(*contract.line_tenths, 1);
  } else {
    json.null();
  }
  json.key("settlement_flags").count(contract.settlement_flags);
  json.key("expressions").open_array();
  for (const auto& expression : contract.expressions) {
    write_expression(json, match, expression);
  }
  json.close_array().close_object();
}

std::optional<std::int32_t> read_line(FieldReader& fields) {
  if (fields["line"].is_null()) {
    return std::nullopt;
  }
  const auto digits = fields["line"].number();
  const auto tenths = digits ? parse_decimal(*digits, 1) : std::nullopt;
  if (!tenths || *tenths < -1'000'000 || *tenths > 1'000'000) {
    fields.fail("line");
    return std::nullopt;
  }
  return static_cast<std::int32_t>(*tenths);
}

Contract read_contract(FieldReader& fields, GameId game) {
  Contract contract{.id = ContractId{fields.hash("contract_id")},
                    .game = game,
                    .kind = fields.name("kind", MarketKind::total),
                    .subject = fields.text("subject"),
                    .line_tenths = read_line(fields),
                    .settlement_flags = fields.small<std::uint8_t>("settlement_flags")};
  for (const auto& entry : fields["expressions"].children()) {
    FieldReader expression{entry};
    const auto venue = expression.name("platform", Venue::polymarket);
    contract.expressions.push_back(
      {.market = expression.market(venue), .pays = expression.name("pays", Side::no)});
    fields.include(expression, "expressions");
  }
  return contract;
}

std::vector<std::string> read_texts(FieldReader& fields, std::string_view key) {
  std::vector<std::string> result;
  for (const auto& entry : fields[key].children()) {
    auto text = entry.text();
    if (!text) {
      fields.fail(key);
      break;
    }
    result.push_back(std::move(*text));
  }
  return result;
}

} // namespace

void encode_payload(std::string& out, const GameDiscovered& event) {
  encode_event(out, event);
}
void encode_payload(std::string& out, const GameUpdate& event) {
  encode_event(out, event);
}
void encode_payload(std::string& out, const GameEnded& event) {
  encode_event(out, event);
}

template <>
caf::expected<GameDiscovered> decode_payload(std::string_view payload) {
  return decode_event<GameDiscovered>(payload);
}
template <>
caf::expected<GameUpdate> decode_payload(std::string_view payload) {
  return decode_event<GameUpdate>(payload);
}
template <>
caf::expected<GameEnded> decode_payload(std::string_view payload) {
  return decode_event<GameEnded>(payload);
}

void encode_payload(std::string& out, const MatchedGame& match) {
  JsonWriter json{out};
  json.open_object();
  write_game_info(json, match.game);
  json.key("score").integer(match.score).key("tradable").boolean(match.tradable);
  json.key("reasons").open_array();
  for (const auto& reason : match.reasons) {
    json.text(reason);
  }
  json.close_array().key("markets").open_array();
  for (const auto& market : match.markets) {
    write_spec(json, market);
  }
  json.close_array().key("contracts").open_array();
  for (const auto& contract : match.contracts) {
    write_contract(json, match, contract);
  }
  json.close_array();
  write_time_us(json, "matched_ts_us", match.at);
  json.close_object();
}

template <>
caf::expected<MatchedGame> decode_payload(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  MatchedGame match{.game = read_game_info(fields),
                    .score = fields.small<std::int32_t>("score"),
                    .tradable = fields.boolean("tradable"),
                    .reasons = read_texts(fields, "reasons"),
                    .at = fields.time_us("matched_ts_us")};
  for (const auto& entry : fields["markets"].children()) {
    FieldReader market{entry};
    match.markets.push_back(read_spec(market));
    fields.include(market, "markets");
  }
  for (const auto& entry : fields["contracts"].children()) {
    FieldReader contract{entry};
    match.contracts.push_back(read_contract(contract, match.game.id));
    fields.include(contract, "contracts");
  }
  return fields.finish(std::move(match));
}

void encode_payload(std::string& out, const MatchRejected& rejected) {
  JsonWriter json{out};
  json.open_object().key("platform").text(to_string(rejected.venue));
  json.key("listing").text(rejected.listing).key("gate").text(rejected.gate);
  json.key("detail").text(rejected.detail).key("candidate");
  if (rejected.candidate) {
    json.open_object();
    write_game_info(json, *rejected.candidate);
    json.close_object();
  } else {
    json.null();
  }
  write_time_us(json, "rejected_ts_us", rejected.at);
  json.close_object();
}

template <>
caf::expected<MatchRejected> decode_payload(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  MatchRejected rejected{.venue = fields.name("platform", Venue::polymarket),
                         .listing = fields.text("listing"),
                         .gate = fields.text("gate"),
                         .detail = fields.text("detail"),
                         .at = fields.time_us("rejected_ts_us")};
  if (!fields["candidate"].is_null()) {
    FieldReader candidate{fields["candidate"]};
    rejected.candidate = read_game_info(candidate);
    fields.include(candidate, "candidate");
  }
  return fields.finish(std::move(rejected));
}

} // namespace arbees
