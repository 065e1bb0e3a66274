#pragma once

#include <set>

#include "bridges/store/history_store.hpp"
#include "bridges/store/postgres.hpp"

namespace arbees {

/// The same tables in the schema arbees_history of a PostgreSQL database, where anybody may ask
/// beside the writer. Where the database has the extension timescaledb they are hypertables.
/// A session that was lost is taken up again by the next call.
class PostgresHistory final : public HistoryStore {
public:
  /// Connects, and creates what is missing.
  /// @returns Errc::io_failed with one clear sentence, never with the password
  static caf::expected<std::unique_ptr<PostgresHistory>> open(const HistoryConfig& config);

  explicit PostgresHistory(const HistoryConfig& config);

  caf::error write(const HistoryBatch& batch) override;
  /// Refused while another process writes to the history.
  caf::error rebuild(const HistoryBatch& batch) override;
  caf::expected<HistoryCounts> forget(Timestamp now) override;

private:
  /// A transaction whose commit was sent and not answered.
  struct Doubt {
    const HistoryBatch* batch;
    std::string transaction; ///< as the server numbers it
  };

  caf::error make_ready();
  caf::error create();
  caf::expected<std::set<std::string>> existing();
  void make_hypertables(const std::vector<std::size_t>& tables);
  caf::expected<bool> committed(const std::string& transaction);
  caf::error write_after(const std::string& sql, const HistoryBatch& batch);
  caf::error insert(const HistoryBatch& batch);
  caf::error commit(const HistoryBatch& batch, std::string transaction);
  caf::error execute(const std::string& sql);
  [[nodiscard]] caf::error failed(std::string_view why) const;

  std::string name_; ///< for people, without the password
  HistoryRetention retention_;
  std::size_t forget_rows_;
  PostgresConnection connection_;
  bool ready_ = false; ///< connected, and all tables are there
  std::optional<Doubt> doubt_;
};

} // namespace arbees
