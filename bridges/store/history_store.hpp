#pragma once

#include <caf/expected.hpp>
#include <memory>

#include "bridges/store/duckdb_file.hpp"
#include "bridges/store/history_batch.hpp"
#include "bridges/store/history_place.hpp"
#include "bridges/store/history_retention.hpp"

namespace arbees {

struct HistoryConfig {
  HistoryPlace place;
  std::string memory_limit = "256MB";         ///< DuckDB would take most of the machine
  std::size_t batch_rows = 4096;              ///< so many rows are written without waiting longer
  Duration max_age = std::chrono::seconds{1}; ///< so old, by the messages' own time, a row may get
  Duration retry_after = std::chrono::seconds{5};
  HistoryRetention retention;
  Duration retention_interval = std::chrono::hours{1}; ///< how often old rows are looked for
  /// So many of a table PostgreSQL deletes at a time: while it does, nothing is written.
  std::size_t forget_rows = 100'000;
  std::size_t max_prices = 200'000;    ///< kept per table while the store fails: the oldest go
  std::size_t max_records = 1'000'000; ///< signals, trades: a bound against exhausting memory
};

/// Where a history is: a DuckDB file, or a PostgreSQL database. It holds no truth of its own and
/// may be deleted. Errors are Errc::io_failed with one clear sentence.
class HistoryStore {
public:
  HistoryStore() = default;
  HistoryStore(HistoryStore&&) = default;
  HistoryStore& operator=(HistoryStore&&) = default;
  virtual ~HistoryStore() = default;

  /// Appends all rows in one transaction. A batch that failed may be tried again, as the same
  /// object and before any other: its rows are there once then, also if the answer to its commit
  /// had got lost.
  virtual caf::error write(const HistoryBatch& batch) = 0;
  /// Puts the batch's executions, orders, fills, pairs and settlements in the place of those that
  /// are there, and adds its other rows.
  virtual caf::error rebuild(const HistoryBatch& batch) = 0;
  /// Deletes what is older than may be kept at `now`, or a part of it: when HistoryConfig's
  /// `forget_rows` of a table are gone there may be more. @returns how many rows of each are gone
  virtual caf::expected<HistoryCounts> forget(Timestamp now) = 0;
  /// For readers beside the writer; null if they need no leave of this process.
  [[nodiscard]] virtual const DuckdbDatabase* shared_file() const { return nullptr; }
};

/// Opens or creates the history with all tables and views.
caf::expected<std::unique_ptr<HistoryStore>> open_history_store(const HistoryConfig& config);

} // namespace arbees
