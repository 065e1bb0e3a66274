#include "bridges/store/history_table.hpp"

#include <fmt/format.h>

#include <cassert>

namespace arbees {

namespace {

duckdb_logical_type logical_type(ColumnType type) {
  switch (type) {
    case ColumnType::text:
      return duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    case ColumnType::number:
      return duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
    case ColumnType::flag:
      return duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN);
    case ColumnType::price:
      return duckdb_create_decimal_type(9, 4);
    case ColumnType::amount:
      return duckdb_create_decimal_type(18, 6);
    case ColumnType::time:
      return duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP);
  }
  return nullptr;
}

} // namespace

HistoryTable::HistoryTable(duckdb_connection connection, const TableDefinition& table)
  : table_(table) {
  note(duckdb_appender_create(connection, nullptr, table.name, &appender_));
  std::vector<duckdb_logical_type> types;
  for (const auto& column : table.columns) {
    types.push_back(logical_type(column.type));
  }
  chunk_ = duckdb_create_data_chunk(types.data(), types.size());
  for (auto& type : types) {
    duckdb_destroy_logical_type(&type);
  }
}

HistoryTable::~HistoryTable() {
  duckdb_destroy_data_chunk(&chunk_);
  duckdb_appender_destroy(&appender_);
}

void HistoryTable::note(duckdb_state state) {
  if (state != DuckDBSuccess && !failure_) {
    const auto* const error = appender_ == nullptr ? nullptr : duckdb_appender_error(appender_);
    failure_ = fmt::format("{}: {}", table_.name, error == nullptr ? "no appender" : error);
  }
}

duckdb_vector HistoryTable::next_column(ColumnType type) {
  assert(column_ < table_.columns.size() && table_.columns[column_].type == type);
  return duckdb_data_chunk_get_vector(chunk_, column_++);
}

template <class T>
HistoryRows& HistoryTable::put(ColumnType type, T value) {
  static_cast<T*>(duckdb_vector_get_data(next_column(type)))[row_] = value;
  return *this;
}

HistoryRows& HistoryTable::add(std::string_view value) {
  const auto text = valid_utf8(value);
  duckdb_vector_assign_string_element_len(next_column(ColumnType::text), row_, text.data(),
                                          text.size());
  return *this;
}

HistoryRows& HistoryTable::add(std::int64_t value) {
  return put(ColumnType::number, value);
}
HistoryRows& HistoryTable::add(bool value) {
  return put(ColumnType::flag, value);
}
HistoryRows& HistoryTable::add(Price value) {
  return put(ColumnType::price, value.value());
}
HistoryRows& HistoryTable::add(Timestamp value) {
  return put(ColumnType::time, to_us(value));
}

HistoryRows& HistoryTable::add_amount(std::int64_t value) {
  return put(ColumnType::amount, value);
}

HistoryRows& HistoryTable::add_null() {
  assert(column_ < table_.columns.size());
  const auto vector = duckdb_data_chunk_get_vector(chunk_, column_++);
  duckdb_vector_ensure_validity_writable(vector);
  duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row_);
  return *this;
}

void HistoryTable::end_row() {
  assert(column_ == table_.columns.size());
  column_ = 0;
  if (++row_ == duckdb_vector_size()) {
    hand_over();
  }
}

void HistoryTable::hand_over() {
  if (row_ > 0 && !failure_) {
    duckdb_data_chunk_set_size(chunk_, row_);
    note(duckdb_append_data_chunk(appender_, chunk_));
  }
  duckdb_data_chunk_reset(chunk_);
  row_ = 0;
}

std::optional<std::string> HistoryTable::close() {
  hand_over();
  if (!failure_) {
    note(duckdb_appender_close(appender_));
  }
  return failure_;
}

} // namespace arbees
