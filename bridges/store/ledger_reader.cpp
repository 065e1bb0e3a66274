#include <fmt/format.h>

#include "actors/messages/errors.hpp"

#include "bridges/store/ledger.hpp"
#include "bridges/store/ledger_text.hpp"

namespace arbees {

namespace {

/// A row's columns from left to right. A text that is not what this program writes is noted, and
/// the row must then not be used.
class RowReader {
public:
  explicit RowReader(const SqliteStatement& row) : row_(row) {}

  std::int64_t integer() { return row_.integer(column_++); }
  std::string text() { return row_.text(column_++); }
  bool null() const { return row_.null(column_); }
  Quantity quantity() { return Quantity{integer()}; }
  Money money() { return Money{integer()}; }
  Price price() { return Price{static_cast<std::int32_t>(integer())}; }
  Timestamp time() { return from_ns(integer()); }

  template <class Id>
  Id id() {
    const auto value = parse_hex(text());
    valid_ = valid_ && value;
    return Id{value.value_or(0)};
  }
  template <class Enum, class Name>
  Enum name(Enum last, Name to_name) {
    const auto value = enum_of(text(), last, to_name);
    valid_ = valid_ && value;
    return value.value_or(Enum{});
  }
  Side side() {
    return name(Side::no, [](Side x) { return to_string(x); });
  }
  Action action() {
    return name(Action::sell, [](Action x) { return to_string(x); });
  }
  Venue venue() {
    return name(Venue::polymarket, [](Venue x) { return to_string(x); });
  }

  [[nodiscard]] bool valid() const { return valid_; }

private:
  const SqliteStatement& row_;
  int column_ = 0;
  bool valid_ = true;
};

caf::error unreadable(std::string_view what, const SqliteFailure& failure) {
  return caf::make_error(Errc::io_failed, fmt::format("ledger: {}: {}", what, failure.text));
}

/// Calls `row(RowReader&)` for every row of `sql`.
template <class F>
caf::error for_each_row(SqliteConnection& database, std::string_view what, std::string_view sql,
                        const std::vector<std::string>& values, F row) {
  SqliteStatement statement;
  if (const auto failure = database.prepare(sql, statement)) {
    return unreadable(what, *failure);
  }
  for (const auto& value : values) {
    statement.bind(value);
  }
  while (statement.next()) {
    RowReader reader{statement};
    row(reader);
    if (!reader.valid()) {
      return caf::make_error(Errc::io_failed,
                             fmt::format("ledger: {}: a row holds a name that is unknown", what));
    }
  }
  return statement.failure() ? unreadable(what, *statement.failure()) : caf::error{};
}

ExecutionRequest read_request(RowReader& row) {
  ExecutionRequest request;
  auto& signal = request.signal;
  request.pair = row.id<PairId>();
  signal.id = row.id<SignalId>();
  signal.game = row.id<GameId>();
  signal.contract = row.id<ContractId>();
  signal.type = row.name(SignalType::directional, [](SignalType x) { return to_string(x); });
  signal.quantity = row.quantity();
  signal.edge = row.money();
  signal.edge_per_contract = row.money();
  signal.assignment_epoch = static_cast<std::uint64_t>(row.integer());
  signal.in_play = row.integer() != 0;
  request.quantity = row.quantity();
  signal.triggered_by = row.time();
  signal.expires_at = row.time();
  request.approved_at = row.time();
  return request;
}

OrderIntent read_intent(RowReader& row, PairId pair) {
  OrderIntent intent{.pair = pair};
  intent.client_order_id = row.text();
  intent.leg = static_cast<std::uint8_t>(row.integer());
  intent.purpose = row.name(OrderPurpose::unwind, [](OrderPurpose x) { return to_string(x); });
  intent.attempt = static_cast<std::uint8_t>(row.integer());
  intent.market = row.id<MarketId>();
  intent.exchange_index = static_cast<std::int32_t>(row.integer());
  intent.side = row.side();
  intent.action = row.action();
  intent.limit = row.price();
  intent.quantity = row.quantity();
  intent.time_in_force = row.name(TimeInForce::good_till_cancelled, to_text);
  intent.created_at = row.time();
  intent.ref.venue = row.venue();
  intent.ref.native_id = row.text();
  for (auto& token : intent.ref.tokens) {
    token = row.text();
  }
  for (auto& outcome : intent.ref.outcomes) {
    outcome = row.text();
  }
  return intent;
}

OrderReport read_report(RowReader& row, const OrderIntent& intent) {
  OrderReport report{.pair = intent.pair,
                     .leg = intent.leg,
                     .client_order_id = intent.client_order_id,
                     .market = intent.market,
                     .venue = intent.ref.venue,
                     .side = intent.side,
                     .action = intent.action};
  report.status = row.name(OrderStatus::unknown, [](OrderStatus x) { return to_string(x); });
  report.venue_order_id = row.text();
  report.filled = row.quantity();
  report.notional = row.money();
  report.fee = row.money();
  report.reason = row.text();
  report.sent_at = row.time();
  return report;
}

} // namespace

caf::expected<std::vector<OpenPair>> Ledger::open_pairs() {
  std::vector<OpenPair> pairs;
  // Also a pair that was closed while one of its orders is not known to be done.
  auto error = for_each_row(
    database_, "pairs",
    "SELECT pair_id, signal_id, game_id, contract_id, signal_type, signal_quantity_e6, edge_e6, "
    "edge_per_contract_e6, assignment_epoch, in_play, quantity_e6, triggered_by_ns, "
    "expires_at_ns, approved_at_ns, intent_at_ns FROM pairs WHERE outcome IS NULL OR pair_id IN "
    "(SELECT pair_id FROM orders WHERE status IN ('intent', 'accepted', 'unknown')) "
    "ORDER BY intent_at_ns, pair_id",
    {}, [&](RowReader& row) {
      auto& pair = pairs.emplace_back(OpenPair{.request = read_request(row)});
      pair.intent_at = row.time();
    });
  for (auto& pair : pairs) {
    for (const auto part : {&Ledger::read_legs, &Ledger::read_orders, &Ledger::read_fills}) {
      error = error ? error : (this->*part)(pair);
    }
  }
  if (error) {
    return error;
  }
  return pairs;
}

caf::error Ledger::read_legs(OpenPair& pair) {
  return for_each_row(
    database_, "legs",
    "SELECT leg, market_id, venue, side, signal_limit_e4, signal_quantity_e6, signal_cost_e6, "
    "signal_fee_e6, book_epoch, book_version, exchange_time_ns, received_at_ns, limit_e4 "
    "FROM legs WHERE pair_id = ? AND leg BETWEEN 0 AND 1",
    {to_hex(pair.request.pair)}, [&](RowReader& row) {
      const auto i = static_cast<std::size_t>(row.integer());
      auto& leg = pair.request.signal.legs[i];
      leg.market = row.id<MarketId>();
      leg.venue = row.venue();
      leg.side = row.side();
      leg.limit = row.price();
      leg.quantity = row.quantity();
      leg.cost = row.money();
      leg.fee = row.money();
      leg.book_epoch = static_cast<std::uint32_t>(row.integer());
      leg.book_version = static_cast<std::uint64_t>(row.integer());
      leg.exchange_time = row.time();
      leg.received_at = row.time();
      pair.request.limits[i] = row.price();
    });
}

caf::error Ledger::read_orders(OpenPair& pair) {
  return for_each_row(
    database_, "orders",
    "SELECT client_order_id, leg, purpose, attempt, market_id, exchange_index, side, action, "
    "limit_e4, quantity_e6, time_in_force, created_at_ns, venue, native_id, yes_token, no_token, "
    "yes_outcome, "
    "no_outcome, intent_at_ns, reported_at_ns, status, venue_order_id, filled_e6, notional_e6, "
    "fee_e6, reason, sent_at_ns FROM orders JOIN markets USING (market_id) WHERE pair_id = ? "
    "ORDER BY client_order_id",
    {to_hex(pair.request.pair)}, [&](RowReader& row) {
      auto& order = pair.orders.emplace_back();
      order.intent = read_intent(row, pair.request.pair);
      order.intent_at = row.time();
      if (!row.null()) {
        const auto reported_at = row.time();
        order.report = read_report(row, order.intent);
        order.report->reported_at = reported_at;
      }
    });
}

caf::error Ledger::read_fills(OpenPair& pair) {
  return for_each_row(
    database_, "fills",
    "SELECT fill_id, client_order_id, market_id, side, action, price_e4, quantity_e6, fee_e6, "
    "at_ns FROM fills WHERE pair_id = ? ORDER BY id",
    {to_hex(pair.request.pair)}, [&](RowReader& row) {
      auto& fill = pair.fills.emplace_back(Fill{.pair = pair.request.pair});
      fill.fill_id = row.text();
      fill.client_order_id = row.text();
      fill.market = row.id<MarketId>();
      fill.side = row.side();
      fill.action = row.action();
      fill.price = row.price();
      fill.quantity = row.quantity();
      fill.fee = row.money();
      fill.at = row.time();
    });
}

caf::expected<std::map<Venue, BalanceUpdate>> Ledger::balances() {
  std::map<Venue, BalanceUpdate> balances;
  auto error =
    for_each_row(database_, "balances", "SELECT venue, available_e6, at_ns FROM balances", {},
                 [&](RowReader& row) {
                   BalanceUpdate balance;
                   balance.venue = row.venue();
                   balance.available = row.money();
                   balance.at = row.time();
                   balances[balance.venue] = balance;
                 });
  if (error) {
    return error;
  }
  return balances;
}

caf::expected<std::vector<PositionRecord>> Ledger::positions() {
  std::vector<PositionRecord> positions;
  auto error = for_each_row(
    database_, "positions",
    "SELECT market_id, side, quantity_e6, cost_e6, realized_e6, fees_e6, "
    "coalesce(native_id, ''), venue FROM positions LEFT JOIN markets USING (market_id) "
    "ORDER BY market_id, side DESC",
    {}, [&](RowReader& row) {
      auto& record = positions.emplace_back();
      record.market = row.id<MarketId>();
      record.side = row.side();
      record.position.quantity = row.quantity();
      record.position.cost = row.money();
      record.position.realized = row.money();
      record.position.fees = row.money();
      record.native_id = row.text();
      if (!row.null()) {
        record.venue = row.venue();
      }
    });
  if (error) {
    return error;
  }
  return positions;
}

caf::expected<LedgerTotals> Ledger::totals(Timestamp since) {
  LedgerTotals totals;
  const auto oldest = std::to_string(to_ns(since));
  auto error = for_each_row(
    database_, "pairs",
    "SELECT coalesce(outcome, 'open'), coalesce(locked_profit_e6, 0), coalesce(cost_e6, 0), "
    "intent_at_ns - triggered_by_ns FROM pairs WHERE intent_at_ns >= CAST(? AS INTEGER)",
    {oldest}, [&](RowReader& row) {
      ++totals.pairs[row.text()];
      totals.locked_profit += row.money();
      totals.cost += row.money();
      totals.tick_to_intent.record(Duration{row.integer()});
    });
  error = error ? error
                : for_each_row(database_, "orders",
                               "SELECT fee_e6, status IN ('intent', 'accepted', 'unknown'), "
                               "coalesce(reported_at_ns - sent_at_ns, 0) FROM orders "
                               "WHERE intent_at_ns >= CAST(? AS INTEGER)",
                               {oldest}, [&](RowReader& row) {
                                 ++totals.orders;
                                 totals.fees += row.money();
                                 if (row.integer() == 0) {
                                   totals.order_latency.record(Duration{row.integer()});
                                 }
                               });
  error = error ? error
                : for_each_row(database_, "fills",
                               "SELECT count(*) FROM fills f JOIN orders o USING "
                               "(client_order_id) WHERE o.intent_at_ns >= CAST(? AS INTEGER)",
                               {oldest}, [&](RowReader& row) { totals.fills = row.integer(); });
  if (error) {
    return error;
  }
  return totals;
}

} // namespace arbees
