#pragma once

#include <duckdb.h>

#include "bridges/store/history_rows.hpp"

namespace arbees {

/// Appends rows to one table of an open DuckDB connection, column by column, in chunks of DuckDB's
/// own size. Amounts are written as the decimals' integers.
class HistoryTable final : public HistoryRows {
public:
  HistoryTable(duckdb_connection connection, const TableDefinition& table);
  ~HistoryTable() override;

  using HistoryRows::add;
  HistoryRows& add(std::string_view value) override;
  HistoryRows& add(std::int64_t value) override;
  HistoryRows& add(bool value) override;
  HistoryRows& add(Price value) override;
  HistoryRows& add(Timestamp value) override;
  HistoryRows& add_null() override;
  void end_row() override;
  std::optional<std::string> close() override;

protected:
  HistoryRows& add_amount(std::int64_t value) override;

private:
  template <class T>
  HistoryRows& put(ColumnType type, T value);
  duckdb_vector next_column(ColumnType type);
  void hand_over();
  void note(duckdb_state state);

  const TableDefinition& table_;
  duckdb_appender appender_ = nullptr;
  duckdb_data_chunk chunk_ = nullptr;
  idx_t column_ = 0;
  idx_t row_ = 0;
  std::optional<std::string> failure_;
};

} // namespace arbees
