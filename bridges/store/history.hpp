#pragma once

#include <array>
#include <caf/expected.hpp>
#include <deque>
#include <filesystem>
#include <string>
#include <tuple>

#include "actors/messages/account.hpp"
#include "actors/messages/candle.hpp"
#include "actors/messages/control.hpp"
#include "actors/messages/position.hpp"
#include "bridges/store/duckdb_file.hpp"
#include "bridges/store/history_retention.hpp"

namespace arbees {

/// The top of a book: what is kept of a BookUpdate.
struct PriceRow {
  MarketId market;
  Venue venue = Venue::kalshi;
  BookStatus status = BookStatus::stale;
  StaleReason reason = StaleReason::none;
  std::optional<Level> bid; ///< YES prices
  std::optional<Level> ask;
  std::uint64_t version = 0;
  Timestamp exchange_time;
  Timestamp received_at;
};

struct GameRow {
  std::string_view event; ///< "discovered", "update", "ended"
  GameInfo game;
  GameState state;
};

/// A listing or game with what the matching said of it.
struct MatchRow {
  std::shared_ptr<const MatchedGame> whole; ///< null: rejected
  bool matched = false;
  std::optional<GameInfo> game;
  std::optional<Venue> venue;
  std::string listing;
  std::optional<std::int64_t> score;
  bool tradable = false;
  std::string gate;
  std::string detail;
  Timestamp at;
};

/// What a market id means.
struct MarketRow {
  MarketId market;
  MarketRef ref;
  GameId game;
  Timestamp at;
};

/// Why a signal was taken or not.
struct DecisionRow {
  SignalId signal;
  std::optional<PairId> pair; ///< none: rejected
  std::string filter;
  std::string measured;
  std::string limit;
  Timestamp at;
};

/// What a comparison of ledger and venue found.
struct DriftRow {
  Venue venue = Venue::kalshi;
  Drift drift;
  Timestamp at;
};

/// Rows of every table, in the order of arrival.
struct HistoryBatch {
  std::tuple<std::deque<PriceRow>, std::deque<GameRow>, std::deque<MatchRow>, std::deque<MarketRow>,
             std::deque<Signal>, std::deque<DecisionRow>, std::deque<ExecutionRequest>,
             std::deque<OrderReport>, std::deque<Fill>, std::deque<PairClosed>,
             std::deque<FeedStatus>, std::deque<BalanceUpdate>, std::deque<VenueStatus>,
             std::deque<Settlement>, std::deque<DriftRow>, std::deque<TradingControl>,
             std::deque<PositionUpdate>, std::deque<ExitEnded>, std::deque<Candle>>
    tables;

  [[nodiscard]] std::size_t size() const;
};

inline constexpr std::size_t history_table_count =
  std::tuple_size_v<decltype(HistoryBatch::tables)>;

/// Names of the tables, in the order of HistoryBatch::tables.
std::array<std::string, history_table_count> history_table_names();

/// How many rows of each table, in the order of HistoryBatch::tables.
using HistoryCounts = std::array<std::int64_t, history_table_count>;

/// By which time the rows of `table` get old; nothing if there is no such table.
std::optional<std::string> history_time_column(std::string_view table);

struct HistoryConfig {
  std::filesystem::path path;
  std::string memory_limit = "256MB";         ///< DuckDB would take most of the machine
  std::size_t batch_rows = 4096;              ///< so many rows are written without waiting longer
  Duration max_age = std::chrono::seconds{1}; ///< so old, by the messages' own time, a row may get
  Duration retry_after = std::chrono::seconds{5};
  HistoryRetention retention;
  Duration retention_interval = std::chrono::hours{1}; ///< how often old rows are looked for
  std::size_t max_prices = 200'000;    ///< kept per table while DuckDB fails: the oldest go
  std::size_t max_records = 1'000'000; ///< signals, trades: a bound against exhausting memory
};

/// Columns for analysis in a DuckDB file. One process may have it open; it holds no truth of its
/// own and may be deleted.
class History {
public:
  /// Opens or creates the file with all tables and views, on one thread of DuckDB's.
  /// @returns Errc::io_failed with one clear sentence.
  static caf::expected<History> open(const HistoryConfig& config);

  /// Appends all rows in one transaction. @returns Errc::io_failed: none of them was written, and
  /// the file should be opened anew.
  caf::error write(const HistoryBatch& batch);

  /// Puts the batch's executions, orders, fills, pairs and settlements in the place of those that
  /// are there, and adds its other rows. @returns as `write`
  caf::error rebuild(const HistoryBatch& batch);

  /// Deletes what is older than may be kept at `now`. The file does not shrink: its room is used
  /// again. @returns how many rows of each table are gone, or Errc::io_failed
  caf::expected<HistoryCounts> forget(Timestamp now);

  [[nodiscard]] const DuckdbDatabase& database() const { return database_; }

private:
  caf::error write_after(const std::string& sql, const HistoryBatch& batch);
  caf::error execute(const std::string& sql, std::int64_t* changed = nullptr);

  std::string path_;
  HistoryRetention retention_;
  DuckdbDatabase database_;
  DuckdbConnection connection_;
};

} // namespace arbees
