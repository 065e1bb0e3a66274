#pragma once

#include <duckdb.h>

#include <atomic>
#include <caf/expected.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace arbees {

struct SelectRequest {
  std::string sql;
  std::size_t max_rows = 0; ///< 0: all
  std::chrono::milliseconds time_limit{10'000};
};

struct SelectColumn {
  std::string name;
  std::string type; ///< DuckDB's name of it: "DECIMAL(18,6)"
};

/// Values as DuckDB writes them; none is NULL.
using SelectRow = std::vector<std::optional<std::string>>;

struct SelectEnd {
  std::size_t rows = 0;
  bool cut = false; ///< there were more rows than were asked for
};

/// Takes a result: its columns once, then its rows, some at a time. An error ends it.
struct SelectSink {
  std::function<caf::error(const std::vector<SelectColumn>&)> columns;
  std::function<caf::error(const std::vector<SelectRow>&)> rows;
};

/// How another thread ends a statement; the first reason stays.
class SelectStop {
public:
  /// @param why a literal
  void stop(const char* why) {
    const char* none = nullptr;
    why_.compare_exchange_strong(none, why);
  }
  [[nodiscard]] const char* why() const { return why_; } ///< null: go on

private:
  std::atomic<const char*> why_ = nullptr;
};

/// Runs one statement that only reads (SELECT, WITH, FROM, VALUES, DESCRIBE, SHOW, SUMMARIZE) in a
/// read-only transaction, and streams its result: no more of it is in memory than a piece.
/// @returns Errc::bad_frame for anything but one such statement, Errc::io_failed if it fails, and
///   Errc::timed_out with the reason if it was stopped
caf::expected<SelectEnd> run_select(duckdb_connection connection, const SelectRequest& request,
                                    const SelectSink& sink, const SelectStop& stop);

/// `text` as a literal of SQL.
std::string sql_literal(std::string_view text);

} // namespace arbees
