#pragma once

#include <optional>
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

/// `text` with every byte that is no valid UTF-8 replaced by '?': neither database takes
/// another.
std::string valid_utf8(std::string_view text);

/// Takes the rows of one table, value by value from left to right. The type of a value must be its
/// column's. Amounts keep every digit; one that no column can hold becomes NULL.
class HistoryRows {
public:
  HistoryRows() = default;
  HistoryRows(const HistoryRows&) = delete;
  HistoryRows& operator=(const HistoryRows&) = delete;
  virtual ~HistoryRows() = default;

  virtual HistoryRows& add(std::string_view value) = 0;
  virtual HistoryRows& add(std::int64_t value) = 0;
  virtual HistoryRows& add(bool value) = 0;
  virtual HistoryRows& add(Price value) = 0;
  virtual HistoryRows& add(Timestamp value) = 0;
  virtual HistoryRows& add_null() = 0;
  HistoryRows& add(Quantity value) { return bounded_amount(value.value()); }
  HistoryRows& add(Money value) { return bounded_amount(value.value()); }
  template <class Tag>
  HistoryRows& add(const Strong<Tag, std::uint64_t>& id) {
    return add(std::string_view{to_hex(id)});
  }
  template <class T>
  HistoryRows& add(const std::optional<T>& value) {
    return value ? add(*value) : add_null();
  }
  virtual void end_row() = 0;
  /// Hands the last rows over. @returns what went wrong with any row, or nothing.
  virtual std::optional<std::string> close() = 0;

protected:
  virtual HistoryRows& add_amount(std::int64_t value) = 0;

private:
  HistoryRows& bounded_amount(std::int64_t value);
};

} // namespace arbees
