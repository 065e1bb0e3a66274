#include "bridges/store/history_rows.hpp"

#include <fmt/format.h>

namespace arbees {

namespace {

/// DECIMAL(18, 6) holds less than 10^12 whole units.
constexpr std::int64_t amount_limit = 1'000'000'000'000'000'000;

const char* sql_name(ColumnType type) {
  switch (type) {
    case ColumnType::text:
      return "VARCHAR";
    case ColumnType::number:
      return "BIGINT";
    case ColumnType::flag:
      return "BOOLEAN";
    case ColumnType::price:
      return "DECIMAL(9, 4)";
    case ColumnType::amount:
      return "DECIMAL(18, 6)";
    case ColumnType::time:
      return "TIMESTAMP";
  }
  return "VARCHAR";
}

/// The length of the valid UTF-8 sequence that `text` begins with, or 0 (RFC 3629).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto lead = byte(0);
  if (lead < 0x80) {
    return 1;
  }
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) {
      return 0;
    }
  }
  const auto overlong = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xf0 && byte(1) < 0x90);
  const auto no_scalar = (lead == 0xed && byte(1) > 0x9f) || (lead == 0xf4 && byte(1) > 0x8f);
  return overlong || no_scalar ? 0 : length;
}

} // namespace

std::string create_statement(const TableDefinition& table) {
  std::string columns;
  for (const auto& column : table.columns) {
    columns +=
      fmt::format("{}{} {}", columns.empty() ? "" : ", ", column.name, sql_name(column.type));
  }
  return fmt::format("CREATE TABLE IF NOT EXISTS {} ({});", table.name, columns);
}

std::string valid_utf8(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const auto length = sequence_length(text);
    if (length == 0) {
      result += '?';
      text.remove_prefix(1);
    } else {
      result += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return result;
}

HistoryRows& HistoryRows::bounded_amount(std::int64_t value) {
  return value <= -amount_limit || value >= amount_limit ? add_null() : add_amount(value);
}

} // namespace arbees
