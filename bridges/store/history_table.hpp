#pragma once

#include <duckdb.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actors/messages/market.hpp"

namespace arbees {

enum class ColumnType : std::uint8_t {
  text,
  number, ///< BIGINT
  flag,
  price,  ///< DECIMAL(9, 4), dollars per contract
  amount, ///< DECIMAL(18, 6), dollars or contracts
  time,   ///< TIMESTAMP, UTC, microseconds
};

struct Column {
  const char* name;
  ColumnType type;
};

struct TableDefinition {
  const char* name;
  std::vector<Column> columns;
};

/// "CREATE TABLE IF NOT EXISTS …"
std::string create_statement(const TableDefinition& table);

/// `text` with every byte that is no valid UTF-8 replaced by '?': DuckDB takes no other.
std::string valid_utf8(std::string_view text);

/// Appends rows to one table of an open DuckDB connection, column by column, in chunks of DuckDB's
/// own size. Amounts keep every digit: they are written as the decimals' integers.
class HistoryTable {
public:
  HistoryTable(duckdb_connection connection, const TableDefinition& table);
  HistoryTable(const HistoryTable&) = delete;
  HistoryTable& operator=(const HistoryTable&) = delete;
  ~HistoryTable();

  // The values of a row from left to right. The type must be the column's.
  HistoryTable& add(std::string_view value);
  HistoryTable& add(std::int64_t value);
  HistoryTable& add(bool value);
  HistoryTable& add(Price value);
  HistoryTable& add(Quantity value) { return add_amount(value.value()); }
  HistoryTable& add(Money value) { return add_amount(value.value()); }
  HistoryTable& add(Timestamp value);
  template <class Tag>
  HistoryTable& add(const Strong<Tag, std::uint64_t>& id) {
    return add(std::string_view{to_hex(id)});
  }
  template <class T>
  HistoryTable& add(const std::optional<T>& value) {
    return value ? add(*value) : add_null();
  }
  HistoryTable& add_null();
  void end_row();

  /// Hands the last rows over. @returns what went wrong with any row, or nothing.
  std::optional<std::string> close();

private:
  template <class T>
  HistoryTable& put(ColumnType type, T value);
  HistoryTable& add_amount(std::int64_t value);
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
