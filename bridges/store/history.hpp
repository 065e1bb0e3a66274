#pragma once

#include "bridges/store/history_store.hpp"

namespace arbees {

/// Columns for analysis in a DuckDB file. One process may have it open. The file does not shrink
/// when rows are deleted: their room is used again.
class History final : public HistoryStore {
public:
  /// Opens or creates the file with all tables and views, on one thread of DuckDB's.
  /// @returns Errc::io_failed with one clear sentence.
  static caf::expected<History> open(const HistoryConfig& config);

  caf::error write(const HistoryBatch& batch) override;
  caf::error rebuild(const HistoryBatch& batch) override;
  caf::expected<HistoryCounts> forget(Timestamp now) override;
  [[nodiscard]] const DuckdbDatabase* shared_file() const override { return &database_; }

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
