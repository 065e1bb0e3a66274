#include "bridges/store/history_schema.hpp"

#include "bridges/envelope/payload_codec.hpp"

namespace arbees {

namespace {

constexpr auto text = ColumnType::text;
constexpr auto number = ColumnType::number;
constexpr auto flag = ColumnType::flag;
constexpr auto price = ColumnType::price;
constexpr auto amount = ColumnType::amount;
constexpr auto timestamp = ColumnType::time;

} // namespace

const std::array<TableDefinition, history_table_count>& history_tables() {
  static const std::array<TableDefinition, history_table_count> tables = {{
    {"prices",
     {{"market_id", text},
      {"venue", text},
      {"status", text},
      {"stale_reason", text},
      {"yes_bid", price},
      {"yes_ask", price},
      {"yes_bid_size", amount},
      {"yes_ask_size", amount},
      {"version", number},
      {"exchange_time", timestamp},
      {"received_at", timestamp}}},
    {"games",
     {{"event", text},
      {"game_id", text},
      {"game_key", text},
      {"league", text},
      {"away", text},
      {"home", text},
      {"start_time", timestamp},
      {"phase", text},
      {"away_score", number},
      {"home_score", number},
      {"period", number},
      {"clock_ms", number},
      {"detail", text},
      {"fetched_at", timestamp},
      {"payload", text}}},
    {"matches",
     {{"matched", flag},
      {"game_id", text},
      {"game_key", text},
      {"venue", text},
      {"listing", text},
      {"score", number},
      {"tradable", flag},
      {"gate", text},
      {"detail", text},
      {"matched_at", timestamp},
      {"payload", text}}},
    {"markets",
     {{"market_id", text},
      {"venue", text},
      {"native_id", text},
      {"yes_outcome", text},
      {"no_outcome", text},
      {"game_id", text},
      {"matched_at", timestamp}}},
    {"signals",
     {{"signal_id", text},
      {"signal_type", text},
      {"game_id", text},
      {"contract_id", text},
      {"quantity", amount},
      {"edge_dollars", amount},
      {"edge_per_contract", amount},
      {"in_play", flag},
      {"triggered_by", timestamp},
      {"expires_at", timestamp},
      {"leg0_market_id", text},
      {"leg0_venue", text},
      {"leg0_side", text},
      {"leg0_limit", price},
      {"leg0_cost_dollars", amount},
      {"leg0_fee_dollars", amount},
      {"leg0_received_at", timestamp},
      {"leg1_market_id", text},
      {"leg1_venue", text},
      {"leg1_side", text},
      {"leg1_limit", price},
      {"leg1_cost_dollars", amount},
      {"leg1_fee_dollars", amount},
      {"leg1_received_at", timestamp}}},
    {"decisions",
     {{"signal_id", text},
      {"taken", flag},
      {"pair_id", text},
      {"filter", text},
      {"measured", text},
      {"allowed", text},
      {"decided_at", timestamp}}},
    {"executions",
     {{"pair_id", text},
      {"signal_id", text},
      {"game_id", text},
      {"quantity", amount},
      {"limit0", price},
      {"limit1", price},
      {"approved_at", timestamp}}},
    {"orders",
     {{"client_order_id", text},
      {"pair_id", text},
      {"leg", number},
      {"venue_order_id", text},
      {"market_id", text},
      {"venue", text},
      {"side", text},
      {"action", text},
      {"status", text},
      {"filled", amount},
      {"notional_dollars", amount},
      {"fee_dollars", amount},
      {"reason", text},
      {"sent_at", timestamp},
      {"reported_at", timestamp}}},
    {"fills",
     {{"fill_id", text},
      {"client_order_id", text},
      {"pair_id", text},
      {"market_id", text},
      {"side", text},
      {"action", text},
      {"price", price},
      {"quantity", amount},
      {"fee_dollars", amount},
      {"filled_at", timestamp},
      {"state", text}}},
    {"pairs",
     {{"pair_id", text},
      {"signal_id", text},
      {"game_id", text},
      {"outcome", text},
      {"requested", amount},
      {"matched", amount},
      {"held0", amount},
      {"held1", amount},
      {"cost_dollars", amount},
      {"fees_dollars", amount},
      {"locked_profit_dollars", amount},
      {"triggered_by", timestamp},
      {"opened_at", timestamp},
      {"closed_at", timestamp},
      {"revision", number}}},
    {"feeds",
     {{"venue", text},
      {"connected", flag},
      {"reason", text},
      {"markets_stale", number},
      {"reported_at", timestamp}}},
    {"balances", {{"venue", text}, {"available_dollars", amount}, {"reported_at", timestamp}}},
    {"venue_states",
     {{"venue", text},
      {"exchange_index", number}, // -1: all of the venue
      {"state", text},
      {"reason", text},
      {"reported_at", timestamp}}},
    {"settlements",
     {{"market_id", text},
      {"venue", text},
      {"side", text},
      {"quantity", amount},
      {"payout_dollars", amount},
      {"fee_dollars", amount},
      {"settled_at", timestamp}}},
    {"drifts",
     {{"venue", text},
      {"what", text},
      {"subject", text},
      {"ledger", text},
      {"at_venue", text},
      {"seen_at", timestamp}}},
    {"trading_states",
     {{"state", text}, {"changed_by", text}, {"reason", text}, {"changed_at", timestamp}}},
    {"positions",
     {{"position_id", text},
      {"game_id", text},
      {"state", text},
      {"matched", amount},
      {"quantity0", amount},
      {"cost0_dollars", amount},
      {"mark0_dollars", amount},
      {"quantity1", amount},
      {"cost1_dollars", amount},
      {"mark1_dollars", amount},
      {"unrealised_dollars", amount},
      {"realised_dollars", amount},
      {"fees_dollars", amount},
      {"reason", text},
      {"told_at", timestamp}}},
    {"exits",
     {{"position_id", text},
      {"exit_id", text},
      {"reason", text},
      {"sold0", amount},
      {"sold1", amount},
      {"proceeds_dollars", amount},
      {"fees_dollars", amount},
      {"refused", text},
      {"ended_at", timestamp}}},
    {"candles",
     {{"market_id", text},
      {"venue", text},
      {"minute", timestamp},
      {"open", amount},
      {"high", amount},
      {"low", amount},
      {"close", amount},
      {"close_bid", price},
      {"close_ask", price},
      {"updates", number}}},
  }};
  return tables;
}

void append_row(HistoryRows& table, const PriceRow& x) {
  const auto price_of = [](const auto& level) {
    return level ? std::optional{level->price} : std::nullopt;
  };
  const auto size_of = [](const auto& level) {
    return level ? std::optional{level->quantity} : std::nullopt;
  };
  table.add(x.market).add(to_string(x.venue)).add(to_string(x.status)).add(to_string(x.reason));
  table.add(price_of(x.bid)).add(price_of(x.ask)).add(size_of(x.bid)).add(size_of(x.ask));
  table.add(static_cast<std::int64_t>(x.version)).add(x.exchange_time).add(x.received_at);
}

void append_row(HistoryRows& table, const GameRow& x) {
  const auto clock_ms =
    x.state.clock ? std::optional<std::int64_t>{*x.state.clock / std::chrono::milliseconds{1}}
                  : std::nullopt;
  table.add(x.event).add(x.game.id).add(std::string_view{x.game.key}).add(to_string(x.game.league));
  table.add(std::string_view{x.game.away.id}).add(std::string_view{x.game.home.id});
  table.add(x.game.start).add(to_string(x.state.phase)).add(std::int64_t{x.state.away_score});
  table.add(std::int64_t{x.state.home_score}).add(std::int64_t{x.state.period}).add(clock_ms);
  table.add(std::string_view{x.state.detail}).add(x.state.fetched_at);
  std::string payload;
  // All three events of a game have the same payload.
  encode_payload(payload, GameUpdate{.game = x.game, .state = x.state});
  table.add(std::string_view{payload});
}

void append_row(HistoryRows& table, const MatchRow& x) {
  table.add(x.matched);
  if (x.game) {
    table.add(x.game->id).add(std::string_view{x.game->key});
  } else {
    table.add_null().add_null();
  }
  table.add(x.venue ? std::optional{to_string(*x.venue)} : std::nullopt);
  table.add(std::string_view{x.listing}).add(x.score).add(x.tradable);
  table.add(std::string_view{x.gate}).add(std::string_view{x.detail}).add(x.at);
  if (x.whole) {
    std::string payload;
    encode_payload(payload, *x.whole);
    table.add(std::string_view{payload});
  } else {
    table.add_null();
  }
}

void append_row(HistoryRows& table, const MarketRow& x) {
  table.add(x.market).add(to_string(x.ref.venue)).add(std::string_view{x.ref.native_id});
  table.add(std::string_view{x.ref.outcomes[0]}).add(std::string_view{x.ref.outcomes[1]});
  table.add(x.game).add(x.at);
}

void append_row(HistoryRows& table, const Signal& x) {
  table.add(x.id).add(to_string(x.type)).add(x.game).add(x.contract).add(x.quantity);
  table.add(x.edge).add(x.edge_per_contract).add(x.in_play).add(x.triggered_by).add(x.expires_at);
  for (const auto& leg : x.legs) {
    table.add(leg.market).add(to_string(leg.venue)).add(to_string(leg.side)).add(leg.limit);
    table.add(leg.cost).add(leg.fee).add(leg.received_at);
  }
}

void append_row(HistoryRows& table, const DecisionRow& x) {
  table.add(x.signal).add(x.pair.has_value()).add(x.pair).add(std::string_view{x.filter});
  table.add(std::string_view{x.measured}).add(std::string_view{x.limit}).add(x.at);
}

void append_row(HistoryRows& table, const ExecutionRequest& x) {
  table.add(x.pair).add(x.signal.id).add(x.signal.game).add(x.quantity);
  table.add(x.limits[0]).add(x.limits[1]).add(x.approved_at);
}

void append_row(HistoryRows& table, const OrderReport& x) {
  table.add(std::string_view{x.client_order_id}).add(x.pair).add(std::int64_t{x.leg});
  table.add(std::string_view{x.venue_order_id}).add(x.market).add(to_string(x.venue));
  table.add(to_string(x.side)).add(to_string(x.action)).add(to_string(x.status)).add(x.filled);
  table.add(x.notional).add(x.fee).add(std::string_view{x.reason});
  table.add(x.sent_at).add(x.reported_at);
}

void append_row(HistoryRows& table, const Fill& x) {
  table.add(std::string_view{x.fill_id}).add(std::string_view{x.client_order_id}).add(x.pair);
  table.add(x.market).add(to_string(x.side)).add(to_string(x.action)).add(x.price);
  table.add(x.quantity).add(x.fee).add(x.at).add(to_string(x.state));
}

void append_row(HistoryRows& table, const PairClosed& x) {
  table.add(x.pair).add(x.signal).add(x.game).add(to_string(x.outcome)).add(x.requested);
  table.add(x.matched).add(x.held[0]).add(x.held[1]).add(x.cost).add(x.fees);
  table.add(x.locked_profit).add(x.triggered_by).add(x.opened_at).add(x.closed_at);
  table.add(std::int64_t{x.revision});
}

void append_row(HistoryRows& table, const FeedStatus& x) {
  table.add(to_string(x.venue)).add(x.connected).add(std::string_view{x.reason});
  table.add(static_cast<std::int64_t>(x.markets_stale)).add(x.at);
}

void append_row(HistoryRows& table, const BalanceUpdate& x) {
  table.add(to_string(x.venue)).add(x.available).add(x.at);
}

void append_row(HistoryRows& table, const VenueStatus& x) {
  table.add(to_string(x.venue)).add(std::int64_t{x.exchange_index.value_or(-1)});
  table.add(to_string(x.state)).add(std::string_view{x.reason}).add(x.at);
}

void append_row(HistoryRows& table, const Settlement& x) {
  table.add(x.market).add(to_string(x.venue)).add(to_string(x.side)).add(x.quantity);
  table.add(x.payout).add(x.fee).add(x.at);
}

void append_row(HistoryRows& table, const DriftRow& x) {
  table.add(to_string(x.venue)).add(std::string_view{x.drift.what});
  table.add(std::string_view{x.drift.subject}).add(std::string_view{x.drift.ledger});
  table.add(std::string_view{x.drift.venue}).add(x.at);
}

void append_row(HistoryRows& table, const TradingControl& x) {
  table.add(to_string(x.state)).add(std::string_view{x.by}).add(std::string_view{x.reason});
  table.add(x.at);
}

void append_row(HistoryRows& table, const PositionUpdate& x) {
  table.add(x.id).add(x.game).add(to_string(x.state)).add(x.matched);
  for (const auto& leg : x.legs) {
    table.add(leg.quantity).add(leg.cost).add(leg.mark);
  }
  table.add(x.unrealised).add(x.realised).add(x.fees).add(std::string_view{x.reason}).add(x.at);
}

void append_row(HistoryRows& table, const ExitEnded& x) {
  table.add(x.position).add(x.exit).add(to_string(x.reason)).add(x.sold[0]).add(x.sold[1]);
  table.add(x.proceeds).add(x.fees).add(std::string_view{x.refused}).add(x.at);
}

void append_row(HistoryRows& table, const Candle& x) {
  table.add(x.market).add(to_string(x.venue)).add(x.start).add(x.open).add(x.high).add(x.low);
  table.add(x.close).add(x.close_bid).add(x.close_ask).add(x.updates);
}

std::optional<std::chrono::days> kept_for(const HistoryRetention& retention, std::size_t index) {
  const auto is_price = std::string_view{history_tables()[index].name} == "prices";
  return is_price ? retention.prices : retention.others;
}

const std::array<const char*, history_table_count>& history_times() {
  static constexpr std::array<const char*, history_table_count> times = {
    "received_at", "fetched_at",  "matched_at",  "matched_at", "triggered_by",
    "decided_at",  "approved_at", "reported_at", "filled_at",  "closed_at",
    "reported_at", "reported_at", "reported_at", "settled_at", "seen_at",
    "changed_at",  "told_at",     "ended_at",    "minute"};
  return times;
}

std::size_t HistoryBatch::size() const {
  return std::apply([](const auto&... rows) { return (rows.size() + ...); }, tables);
}

std::array<std::string, history_table_count> history_table_names() {
  std::array<std::string, history_table_count> names;
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i] = history_tables()[i].name;
  }
  return names;
}

std::optional<std::string> history_time_column(std::string_view table) {
  for (std::size_t i = 0; i < history_table_count; ++i) {
    if (table == history_tables()[i].name) {
      return history_times()[i];
    }
  }
  return std::nullopt;
}

} // namespace arbees
