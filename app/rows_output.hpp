#pragma once

#include <cstdio>

#include "bridges/store/history_select.hpp"

namespace arbees {

enum class RowsFormat { table, csv, json };

/// Writes the result of a statement to `out`: a table for people once it is complete, CSV (RFC
/// 4180) or a JSON array of objects as it comes. In JSON numbers keep every digit.
class RowsOutput {
public:
  RowsOutput(RowsFormat format, std::FILE* out) : format_{format}, out_{out} {}

  [[nodiscard]] SelectSink sink();
  /// What stands behind the last row. @returns false if not all could be written
  bool finish();

private:
  void write(const SelectRow& row);
  void write_table();

  RowsFormat format_;
  std::FILE* out_;
  std::vector<SelectColumn> columns_;
  std::vector<SelectRow> rows_; ///< of a table
  bool first_ = true;
};

/// `row` as one line of CSV, NULL as nothing.
std::string csv_line(const SelectRow& row);

} // namespace arbees
