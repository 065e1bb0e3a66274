#pragma once

#include <memory>

#include "bridges/store/history_select.hpp"

#include <filesystem>

namespace arbees {

/// A Parquet file in the making: rows as text become columns of their own types. While it is made
/// the rows are in a DuckDB file beside it, not in memory.
class ParquetFile {
public:
  /// @returns Errc::io_failed if nothing can be written beside `path`
  static caf::expected<ParquetFile> create(const std::filesystem::path& path);

  ParquetFile(ParquetFile&&) noexcept;
  ParquetFile& operator=(ParquetFile&&) noexcept;
  ~ParquetFile();

  /// To be filled by one statement's result.
  [[nodiscard]] SelectSink sink();
  /// Writes the file: it appears whole. Nothing can be added after it. @returns Errc::io_failed
  caf::error finish();

private:
  struct Impl;
  explicit ParquetFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

} // namespace arbees
