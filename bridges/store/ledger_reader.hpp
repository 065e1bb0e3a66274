#pragma once

#include <caf/expected.hpp>
#include <map>
#include <optional>
#include <vector>

#include "actors/messages/account.hpp"
#include "actors/messages/control.hpp"
#include "actors/messages/latency_histogram.hpp"

#include "bridges/store/database.hpp"
#include "bridges/store/position.hpp"

// The ledger's tables as values. Errc::io_failed if the file fails, or holds what arbees never
// writes.

namespace arbees {

/// Sums over pairs and orders whose intent is not older than a given time.
struct LedgerTotals {
  std::map<std::string, std::int64_t> pairs; ///< by outcome, and "open"
  std::int64_t orders = 0;
  std::int64_t fills = 0;
  Money locked_profit; ///< of closed pairs, after fees
  Money cost;          ///< of closed pairs, without fees
  Money fees;          ///< of all orders
  LatencyHistogram tick_to_intent;
  LatencyHistogram order_latency; ///< sent to latest report, orders that are done
};

/// The first balance ever heard of a venue, and money_moved at that moment.
struct BaselineRecord {
  BalanceUpdate balance;
  Money moved;
};

/// When a venue was compared with the ledger, and how the last comparison ended.
struct ReconciliationRecord {
  std::optional<Timestamp> clean_at;
  std::optional<Timestamp> drift_at;
  std::optional<Timestamp> failed_at;
  std::string failed;    ///< empty if the last one could be made
  bool drifting = false; ///< by the last one that could be made
};

/// Pairs that may still move: not closed, with an order that is not known to be done, with a fill
/// that may still be voided, or with executions that only an order's report counts.
caf::expected<std::vector<OpenPair>> read_open_pairs(Database& database);
caf::expected<std::vector<OpenPair>> read_all_pairs(Database& database);
/// The pairs for which `condition`, SQL on the table of pairs, holds; oldest first.
caf::expected<std::vector<OpenPair>>
read_pairs_where(Database& database, std::string_view condition);
caf::expected<std::map<Venue, BalanceUpdate>> read_balances(Database& database);
caf::expected<std::map<Venue, BaselineRecord>> read_baselines(Database& database);
/// By market and side, also what is flat by now.
caf::expected<std::vector<PositionRecord>>
read_positions(Database& database, std::optional<MarketId> market = std::nullopt);
caf::expected<std::vector<SettlementRecord>>
read_settlements(Database& database, std::optional<MarketId> market = std::nullopt);
/// Orders of a venue that may still be executed, or may not have been sent.
caf::expected<std::vector<WorkingOrder>> read_working_orders(Database& database, Venue venue);
/// The last word on what arbees may do; none if nobody ever said anything.
caf::expected<std::optional<TradingControl>> read_trading_control(Database& database);
caf::expected<std::map<Venue, ReconciliationRecord>> read_reconciliations(Database& database);
caf::expected<LedgerTotals> read_totals(Database& database, Timestamp since);

} // namespace arbees
