#include <fmt/format.h>

#include "bridges/store/ledger_event.hpp"
#include "bridges/store/ledger_replay.hpp"
#include "bridges/store/ledger_text.hpp"

// The tables as the events have them, row by row as text, next to how they are read from the file.

namespace arbees {

namespace {

/// The columns of a row as it is being made.
class Row {
public:
  explicit Row(std::int64_t seq) { row_.seq = seq; }

  Row& operator()(std::string_view text) {
    row_.columns.emplace_back(text);
    return *this;
  }
  Row& operator()(std::integral auto number) {
    return (*this)(std::string_view{fmt::format("{}", static_cast<std::int64_t>(number))});
  }
  Row& operator()(Timestamp at) { return (*this)(to_ns(at)); }
  template <class Tag>
  Row& operator()(const Strong<Tag, std::uint64_t>& id) {
    return (*this)(to_hex(id));
  }
  template <class Tag, std::signed_integral Rep>
  Row& operator()(const Strong<Tag, Rep>& amount) {
    return (*this)(amount.value());
  }
  template <class Enum>
  requires std::is_enum_v<Enum> Row& operator()(Enum value) { return (*this)(to_string(value)); }
  template <class T>
  Row& operator()(const std::optional<T>& value) {
    return value ? (*this)(*value) : (*this)("null");
  }
  /// 64 bits as SQLite has them.
  Row& bits(std::uint64_t value) { return (*this)(static_cast<std::int64_t>(value)); }

  void into(LedgerRows& rows, std::size_t key_columns) {
    std::string key;
    for (std::size_t i = 0; i < key_columns; ++i) {
      key += (i == 0 ? "" : " ") + row_.columns[i];
    }
    rows[std::move(key)] = std::move(row_);
  }

private:
  LedgerRow row_;
};

void write_request(Row& row, const ExecutionRequest& request) {
  const auto& signal = request.signal;
  row(request.pair)(signal.id)(signal.game)(signal.contract)(signal.type)(signal.quantity)(
    signal.edge)(signal.edge_per_contract);
  row.bits(signal.assignment_epoch)(signal.in_play)(request.quantity)(signal.triggered_by)(
    signal.expires_at)(request.approved_at);
}

void write_end(Row& row, const std::optional<PairClosed>& closed) {
  if (!closed) {
    for (auto i = 0; i < 11; ++i) {
      row("null");
    }
    return;
  }
  row(closed->outcome)(closed->requested)(closed->matched)(closed->held[0])(closed->held[1])(
    closed->cost)(closed->fees)(closed->locked_profit)(closed->opened_at)(closed->closed_at)(
    closed->reason);
}

} // namespace

const std::vector<LedgerTableSql>& ledger_tables() {
  static const std::vector<LedgerTableSql> tables = {
    {"pairs", 1,
     "SELECT pair_id, signal_id, game_id, contract_id, signal_type, signal_quantity_e6, edge_e6, "
     "edge_per_contract_e6, assignment_epoch, in_play, quantity_e6, triggered_by_ns, "
     "expires_at_ns, approved_at_ns, intent_at_ns, batches, closings, outcome, requested_e6, "
     "matched_e6, held_0_e6, held_1_e6, cost_e6, fees_e6, locked_profit_e6, opened_at_ns, "
     "closed_at_ns, reason FROM pairs"},
    {"legs", 2,
     "SELECT pair_id, leg, market_id, venue, side, signal_limit_e4, signal_quantity_e6, "
     "signal_cost_e6, signal_fee_e6, book_epoch, book_version, exchange_time_ns, received_at_ns, "
     "limit_e4, post_only FROM legs"},
    {"markets", 1,
     "SELECT market_id, venue, native_id, yes_token, no_token, yes_outcome, no_outcome "
     "FROM markets"},
    {"orders", 1,
     "SELECT client_order_id, pair_id, leg, purpose, attempt, market_id, exchange_index, side, "
     "action, limit_e4, quantity_e6, time_in_force, intent_at_ns, created_at_ns, post_only, "
     "order_expires_at_ns, batch, intent_seq, place, status, venue_order_id, filled_e6, "
     "notional_e6, fee_e6, voided_e6, reason, sent_at_ns, reported_at_ns FROM orders"},
    {"order_reports", 1,
     "SELECT row_number() OVER (ORDER BY id), client_order_id, venue_order_id, status, filled_e6, "
     "notional_e6, fee_e6, voided_e6, reason, sent_at_ns, reported_at_ns, recorded_at_ns "
     "FROM order_reports"},
    {"fills", 1,
     "SELECT row_number() OVER (ORDER BY id), market_id, fill_id, client_order_id, pair_id, side, "
     "action, price_e4, quantity_e6, fee_e6, at_ns, state FROM fills"},
    {"fill_changes", 1,
     "SELECT row_number() OVER (ORDER BY id), market_id, fill_id, state, recorded_at_ns "
     "FROM fill_changes"},
    {"positions", 2,
     "SELECT market_id, side, quantity_e6, cost_e6, realized_e6, fees_e6 FROM positions"},
    {"settlements", 2,
     "SELECT market_id, side, venue, native_id, quantity_e6, payout_e6, fee_e6, at_ns, "
     "own_quantity_e6, own_payout_e6, own_fee_e6 FROM settlements"},
    {"balances", 1, "SELECT venue, available_e6, at_ns, shards FROM balances"},
    {"baselines", 1, "SELECT venue, available_e6, at_ns, moved_e6 FROM baselines"},
    {"trading_controls", 1,
     "SELECT row_number() OVER (ORDER BY id), state, by_whom, reason, at_ns FROM trading_controls"},
    {"drifts", 1,
     "SELECT row_number() OVER (ORDER BY id), venue, what, subject, ledger_says, venue_says, "
     "at_ns FROM drifts"},
  };
  return tables;
}

std::map<std::string_view, LedgerRows> LedgerReplay::tables() const {
  auto tables = lists_;
  for (const auto& table : ledger_tables()) {
    tables[table.name];
  }
  write_pairs(tables);
  write_orders(tables);
  write_money(tables);
  return tables;
}

void LedgerReplay::write_pairs(std::map<std::string_view, LedgerRows>& tables) const {
  for (const auto& [id, pair] : pairs_) {
    Row row{pair.seq};
    write_request(row, pair.request);
    row(pair.intent_at)(pair.batches)(pair.closings);
    write_end(row, pair.closed);
    row.into(tables["pairs"], 1);
    for (std::size_t i = 0; i < pair.request.signal.legs.size(); ++i) {
      const auto& leg = pair.request.signal.legs[i];
      Row leg_row{pair.seq};
      leg_row(id)(i)(leg.market)(leg.venue)(leg.side)(leg.limit)(leg.quantity)(leg.cost)(leg.fee)(
        leg.book_epoch);
      leg_row.bits(leg.book_version)(leg.exchange_time)(leg.received_at)(pair.request.limits[i])(
        leg.post_only);
      leg_row.into(tables["legs"], 2);
    }
  }
  for (const auto& [id, known] : markets_) {
    const auto& [ref, seq] = known;
    Row row{seq};
    row(id)(ref.venue)(ref.native_id)(ref.tokens[0])(ref.tokens[1])(ref.outcomes[0])(
      ref.outcomes[1]);
    row.into(tables["markets"], 1);
  }
}

void LedgerReplay::write_orders(std::map<std::string_view, LedgerRows>& tables) const {
  for (const auto& [id, order] : orders_) {
    const auto& intent = order.intent;
    Row row{order.seq};
    row(id)(intent.pair)(intent.leg)(intent.purpose)(intent.attempt)(intent.market)(
      intent.exchange_index)(intent.side)(intent.action)(intent.limit)(intent.quantity)(
      to_text(intent.time_in_force))(order.intent_at)(intent.created_at)(intent.post_only)(
      intent.expires_at)(order.batch)(order.intent_seq)(order.place);
    if (order.report) {
      const auto& report = *order.report;
      row(report.status)(report.venue_order_id)(report.filled)(report.notional)(report.fee)(
        report.voided)(report.reason)(report.sent_at)(report.reported_at);
    } else {
      row("intent")("")(0)(0)(0)(0)("")("null")("null");
    }
    row.into(tables["orders"], 1);
  }
  for (std::size_t i = 0; i < fills_.size(); ++i) {
    const auto& [fill, seq] = fills_[i];
    Row row{seq};
    row(i + 1)(fill.market)(fill.fill_id)(fill.client_order_id)(fill.pair)(fill.side)(fill.action)(
      fill.price)(fill.quantity)(fill.fee)(fill.at)(fill.state);
    row.into(tables["fills"], 1);
  }
}

void LedgerReplay::write_money(std::map<std::string_view, LedgerRows>& tables) const {
  for (const auto& [key, held] : held_) {
    const auto made = make(held);
    if (made.position) {
      Row row{held.seq};
      row(key.first)(key.second)(made.position->quantity)(made.position->cost)(
        made.position->realized)(made.position->fees);
      row.into(tables["positions"], 2);
    }
    if (held.settlement) {
      const auto& paid = *held.settlement;
      Row row{held.seq};
      row(paid.market)(paid.side)(paid.venue)(paid.native_id)(paid.quantity)(paid.payout)(paid.fee)(
        paid.at)(made.own.quantity)(made.own.payout)(made.own.fee);
      row.into(tables["settlements"], 2);
    }
  }
  for (const auto& [venue, known] : balances_) {
    const auto& [balance, seq] = known;
    Row row{seq};
    row(venue)(balance.available)(balance.at)(shards_text(balance.shards));
    row.into(tables["balances"], 1);
  }
  for (const auto& [venue, baseline] : baselines_) {
    Row row{baseline.seq};
    row(venue)(baseline.balance.available)(baseline.balance.at)(baseline.moved);
    row.into(tables["baselines"], 1);
  }
}

} // namespace arbees
