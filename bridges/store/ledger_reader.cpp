#include "bridges/store/ledger_reader.hpp"

#include "bridges/store/ledger_event.hpp"
#include "bridges/store/ledger_rows.hpp"

namespace arbees {

namespace {

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
  intent.purpose = row.name(OrderPurpose::exit, [](OrderPurpose x) { return to_string(x); });
  intent.attempt = static_cast<std::uint8_t>(row.integer());
  intent.market = row.id<MarketId>();
  intent.exchange_index = static_cast<std::int32_t>(row.integer());
  intent.side = row.side();
  intent.action = row.action();
  intent.limit = row.price();
  intent.quantity = row.quantity();
  intent.time_in_force = row.name(TimeInForce::good_till_cancelled, to_text);
  intent.created_at = row.time();
  intent.post_only = row.integer() != 0;
  intent.expires_at = row.maybe_time();
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
  report.voided = row.quantity();
  report.reason = row.text();
  report.sent_at = row.time();
  return report;
}

caf::error read_legs(Database& database, OpenPair& pair) {
  return for_each_row(
    database, "legs",
    "SELECT leg, market_id, venue, side, signal_limit_e4, signal_quantity_e6, signal_cost_e6, "
    "signal_fee_e6, book_epoch, book_version, exchange_time_ns, received_at_ns, limit_e4, "
    "post_only "
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
      leg.post_only = row.integer() != 0;
    });
}

caf::error read_orders(Database& database, OpenPair& pair) {
  return for_each_row(
    database, "orders",
    "SELECT client_order_id, leg, purpose, attempt, market_id, exchange_index, side, action, "
    "limit_e4, quantity_e6, time_in_force, created_at_ns, post_only, order_expires_at_ns, venue, "
    "native_id, yes_token, no_token, yes_outcome, no_outcome, intent_at_ns, reported_at_ns, "
    "status, venue_order_id, filled_e6, notional_e6, fee_e6, voided_e6, reason, sent_at_ns "
    "FROM orders JOIN markets USING (market_id) WHERE pair_id = ? "
    "ORDER BY intent_seq, place, intent_at_ns, client_order_id",
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

caf::error read_fills(Database& database, OpenPair& pair) {
  return for_each_row(
    database, "fills",
    "SELECT fill_id, client_order_id, market_id, side, action, price_e4, quantity_e6, fee_e6, "
    "at_ns, state FROM fills WHERE pair_id = ? ORDER BY id",
    {to_hex(pair.request.pair)}, [&](RowReader& row) {
      auto& fill = pair.fills.emplace_back(Fill{.pair = pair.request.pair});
      fill.fill_id = row.text();
      fill.client_order_id = row.text();
      fill.market = row.id<MarketId>();
      row.execution(fill);
      fill.state = row.name(FillState::voided, [](FillState x) { return to_string(x); });
    });
}

/// The pairs for which `condition` holds, oldest first.
caf::expected<std::vector<OpenPair>> read_pairs(Database& database, std::string_view condition) {
  std::vector<OpenPair> pairs;
  auto error = for_each_row(
    database, "pairs",
    fmt::format(
      "SELECT pair_id, signal_id, game_id, contract_id, signal_type, signal_quantity_e6, edge_e6, "
      "edge_per_contract_e6, assignment_epoch, in_play, quantity_e6, triggered_by_ns, "
      "expires_at_ns, approved_at_ns, intent_at_ns, batches, closings FROM pairs WHERE {} "
      "ORDER BY intent_at_ns, pair_id",
      condition),
    {}, [&](RowReader& row) {
      auto& pair = pairs.emplace_back(OpenPair{.request = read_request(row)});
      pair.intent_at = row.time();
      pair.batches = static_cast<std::uint32_t>(row.integer());
      pair.closed_before = static_cast<std::uint32_t>(row.integer());
    });
  for (auto& pair : pairs) {
    for (const auto part : {read_legs, read_orders, read_fills}) {
      error = error ? error : part(database, pair);
    }
  }
  if (error) {
    return error;
  }
  return pairs;
}

} // namespace

caf::expected<std::vector<OpenPair>> read_open_pairs(Database& database) {
  return read_pairs(database,
                    "outcome IS NULL OR pair_id IN (SELECT pair_id FROM orders WHERE status IN "
                    "('intent', 'accepted', 'unknown')) OR pair_id IN (SELECT pair_id FROM fills "
                    "WHERE state = 'provisional') OR pair_id IN (SELECT o.pair_id FROM orders o "
                    "WHERE o.filled_e6 + o.voided_e6 > (SELECT COALESCE(SUM(f.quantity_e6), 0) "
                    "FROM fills f WHERE f.pair_id = o.pair_id AND f.client_order_id = "
                    "o.client_order_id))");
}

caf::expected<std::vector<OpenPair>>
read_pairs_where(Database& database, std::string_view condition) {
  return read_pairs(database, condition);
}

caf::expected<std::vector<OpenPair>> read_all_pairs(Database& database) {
  return read_pairs(database, "1 = 1");
}

caf::expected<std::map<Venue, BalanceUpdate>> read_balances(Database& database) {
  std::map<Venue, BalanceUpdate> balances;
  auto error =
    for_each_row(database, "balances", "SELECT venue, available_e6, at_ns, shards FROM balances",
                 {}, [&](RowReader& row) {
                   BalanceUpdate balance;
                   balance.venue = row.venue();
                   balance.available = row.money();
                   balance.at = row.time();
                   auto shards = parse_shards(row.text());
                   row.expect(static_cast<bool>(shards));
                   balance.shards = shards ? std::move(*shards) : std::vector<ShardBalance>{};
                   balances[balance.venue] = std::move(balance);
                 });
  if (error) {
    return error;
  }
  return balances;
}

caf::expected<std::map<Venue, BaselineRecord>> read_baselines(Database& database) {
  std::map<Venue, BaselineRecord> baselines;
  auto error = for_each_row(database, "baselines",
                            "SELECT venue, available_e6, at_ns, moved_e6 FROM baselines", {},
                            [&](RowReader& row) {
                              BaselineRecord baseline;
                              baseline.balance.venue = row.venue();
                              baseline.balance.available = row.money();
                              baseline.balance.at = row.time();
                              baseline.moved = row.money();
                              baselines[baseline.balance.venue] = baseline;
                            });
  if (error) {
    return error;
  }
  return baselines;
}

caf::expected<std::vector<PositionRecord>>
read_positions(Database& database, std::optional<MarketId> market) {
  std::vector<PositionRecord> positions;
  const auto values = market ? std::vector{to_hex(*market)} : std::vector<std::string>{};
  auto error = for_each_row(
    database, "positions",
    fmt::format("SELECT p.market_id, p.side, p.quantity_e6, p.cost_e6, p.realized_e6, p.fees_e6, "
                "coalesce(m.native_id, ''), m.venue FROM positions p LEFT JOIN markets m "
                "ON m.market_id = p.market_id {} ORDER BY p.market_id, p.side DESC",
                market ? "WHERE p.market_id = ?" : ""),
    values, [&](RowReader& row) {
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

caf::expected<std::vector<SettlementRecord>>
read_settlements(Database& database, std::optional<MarketId> market) {
  std::vector<SettlementRecord> settlements;
  const auto values = market ? std::vector{to_hex(*market)} : std::vector<std::string>{};
  auto error = for_each_row(
    database, "settlements",
    fmt::format("SELECT market_id, side, venue, native_id, quantity_e6, payout_e6, fee_e6, at_ns, "
                "own_quantity_e6, own_payout_e6, own_fee_e6 FROM settlements {} "
                "ORDER BY market_id, side DESC",
                market ? "WHERE market_id = ?" : ""),
    values, [&](RowReader& row) {
      auto& [settlement, own] = settlements.emplace_back();
      settlement.market = row.id<MarketId>();
      settlement.side = row.side();
      settlement.venue = row.venue();
      settlement.native_id = row.text();
      settlement.quantity = row.quantity();
      settlement.payout = row.money();
      settlement.fee = row.money();
      settlement.at = row.time();
      own.quantity = row.quantity();
      own.payout = row.money();
      own.fee = row.money();
    });
  if (error) {
    return error;
  }
  return settlements;
}

caf::expected<std::vector<WorkingOrder>> read_working_orders(Database& database, Venue venue) {
  std::vector<WorkingOrder> orders;
  auto error = for_each_row(
    database, "orders",
    "SELECT client_order_id, venue_order_id, native_id, filled_e6 FROM orders JOIN markets "
    "USING (market_id) WHERE status IN ('intent', 'accepted', 'unknown') AND venue = ? "
    "ORDER BY intent_seq, place",
    {std::string{to_string(venue)}}, [&](RowReader& row) {
      auto& order = orders.emplace_back();
      order.client_order_id = row.text();
      order.venue_order_id = row.text();
      order.native_id = row.text();
      order.filled = row.quantity();
    });
  if (error) {
    return error;
  }
  return orders;
}

caf::expected<std::optional<TradingControl>> read_trading_control(Database& database) {
  std::optional<TradingControl> control;
  auto error = for_each_row(
    database, "trading_controls",
    "SELECT state, by_whom, reason, at_ns FROM trading_controls ORDER BY id DESC LIMIT 1", {},
    [&](RowReader& row) {
      control.emplace();
      control->state = row.name(TradingState::halted, [](TradingState x) { return to_string(x); });
      control->by = row.text();
      control->reason = row.text();
      control->at = row.time();
    });
  if (error) {
    return error;
  }
  return control;
}

caf::expected<std::map<Venue, ReconciliationRecord>> read_reconciliations(Database& database) {
  std::map<Venue, ReconciliationRecord> records;
  auto error = for_each_row(database, "reconciliations",
                            "SELECT venue, clean_at_ns, drift_at_ns, failed_at_ns, failed, "
                            "drifts <> '' FROM reconciliations",
                            {}, [&](RowReader& row) {
                              auto& record = records[row.venue()];
                              record.clean_at = row.maybe_time();
                              record.drift_at = row.maybe_time();
                              record.failed_at = row.maybe_time();
                              record.failed = row.text();
                              record.drifting = row.integer() != 0;
                            });
  if (error) {
    return error;
  }
  return records;
}

caf::expected<LedgerTotals> read_totals(Database& database, Timestamp since) {
  LedgerTotals totals;
  const auto oldest = std::to_string(to_ns(since));
  auto error = for_each_row(
    database, "pairs",
    "SELECT coalesce(outcome, 'open'), coalesce(locked_profit_e6, 0), coalesce(cost_e6, 0), "
    "intent_at_ns - triggered_by_ns FROM pairs WHERE intent_at_ns >= CAST(? AS BIGINT)",
    {oldest}, [&](RowReader& row) {
      ++totals.pairs[row.text()];
      totals.locked_profit += row.money();
      totals.cost += row.money();
      totals.tick_to_intent.record(Duration{row.integer()});
    });
  error = error ? error
                : for_each_row(database, "orders",
                               "SELECT fee_e6, status IN ('intent', 'accepted', 'unknown'), "
                               "coalesce(reported_at_ns - sent_at_ns, 0) FROM orders "
                               "WHERE intent_at_ns >= CAST(? AS BIGINT)",
                               {oldest}, [&](RowReader& row) {
                                 ++totals.orders;
                                 totals.fees += row.money();
                                 if (row.integer() == 0) {
                                   totals.order_latency.record(Duration{row.integer()});
                                 }
                               });
  error = error ? error
                : for_each_row(database, "fills",
                               "SELECT count(*) FROM fills f JOIN orders o USING "
                               "(client_order_id) WHERE f.state <> 'voided' AND "
                               "o.intent_at_ns >= CAST(? AS BIGINT)",
                               {oldest}, [&](RowReader& row) { totals.fills = row.integer(); });
  if (error) {
    return error;
  }
  return totals;
}

} // namespace arbees
