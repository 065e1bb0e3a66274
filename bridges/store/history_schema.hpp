#pragma once

#include "bridges/store/history_batch.hpp"
#include "bridges/store/history_retention.hpp"
#include "bridges/store/history_rows.hpp"

namespace arbees {

/// In the order of HistoryBatch::tables; each one's columns in the order of its `append_row`.
const std::array<TableDefinition, history_table_count>& history_tables();

// Adds all values of one row.
void append_row(HistoryRows& table, const PriceRow& x);
void append_row(HistoryRows& table, const GameRow& x);
void append_row(HistoryRows& table, const MatchRow& x);
void append_row(HistoryRows& table, const MarketRow& x);
void append_row(HistoryRows& table, const Signal& x);
void append_row(HistoryRows& table, const DecisionRow& x);
void append_row(HistoryRows& table, const ExecutionRequest& x);
void append_row(HistoryRows& table, const OrderReport& x);
void append_row(HistoryRows& table, const Fill& x);
void append_row(HistoryRows& table, const PairClosed& x);
void append_row(HistoryRows& table, const FeedStatus& x);
void append_row(HistoryRows& table, const BalanceUpdate& x);
void append_row(HistoryRows& table, const VenueStatus& x);
void append_row(HistoryRows& table, const Settlement& x);
void append_row(HistoryRows& table, const DriftRow& x);
void append_row(HistoryRows& table, const TradingControl& x);
void append_row(HistoryRows& table, const PositionUpdate& x);
void append_row(HistoryRows& table, const ExitEnded& x);
void append_row(HistoryRows& table, const Candle& x);

/// Of which rows the ledger knows all: they can be made anew.
inline constexpr const char* delete_what_the_ledger_knows =
  "DELETE FROM executions; DELETE FROM orders; DELETE FROM fills; DELETE FROM pairs; "
  "DELETE FROM settlements;";

/// How long the rows of table `index` are kept.
std::optional<std::chrono::days> kept_for(const HistoryRetention& retention, std::size_t index);

/// The time by which rows get old, of each of history_tables().
const std::array<const char*, history_table_count>& history_times();
/// The same of `table`; nothing if there is no such table.
std::optional<std::string> history_time_column(std::string_view table);

/// What is asked for most, made of the tables. In words that DuckDB and PostgreSQL have in common.
inline constexpr const char* history_views = R"sql(
CREATE OR REPLACE VIEW signals_explained AS
SELECT s.*,
  CASE WHEN d.taken THEN 'taken' WHEN d.taken IS NULL THEN 'undecided' ELSE 'rejected' END
    AS decision,
  d.filter, d.measured, d.allowed, d.pair_id, d.decided_at
FROM signals s LEFT JOIN decisions d USING (signal_id);
CREATE OR REPLACE VIEW market_names AS
SELECT market_id, min(venue) AS venue, min(native_id) AS native_id,
  min(yes_outcome) AS yes_outcome, min(game_id) AS game_id
FROM markets GROUP BY market_id;
)sql";

} // namespace arbees
