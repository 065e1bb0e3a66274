#pragma once

#include "bridges/store/history_store.hpp"
#include "bridges/store/postgres.hpp"

namespace arbees {

/// The same tables in the schema arbees_history of a PostgreSQL database, where anybody may ask
/// beside the writer. Where the database has the extension timescaledb they are hypertables.
class PostgresHistory final : public HistoryStore {
public:
  /// Connects, and creates what is missing.
  /// @returns Errc::io_failed with one clear sentence, never with the password
  static caf::expected<std::unique_ptr<PostgresHistory>> open(const HistoryConfig& config);

  explicit PostgresHistory(const HistoryConfig& config);

  caf::error write(const HistoryBatch& batch) override;
  caf::error rebuild(const HistoryBatch& batch) override;
  caf::expected<HistoryCounts> forget(Timestamp now) override;

private:
  caf::error create();
  void make_hypertables();
  caf::error write_after(const std::string& sql, const HistoryBatch& batch);
  caf::error execute(const std::string& sql);
  [[nodiscard]] caf::error failed(std::string_view why) const;

  std::string name_; ///< for people, without the password
  HistoryRetention retention_;
  PostgresConnection connection_;
};

} // namespace arbees
