#include "bridges/store/history_select.hpp"

#include <fmt/format.h>

#include "actors/messages/errors.hpp"

namespace arbees {

namespace {

constexpr auto stopped_early = "the statement was stopped";

/// A result under way, given back whatever happens.
class Result {
public:
  Result() = default;
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
  ~Result() {
    if (filled_) {
      duckdb_destroy_result(&result_);
    }
    duckdb_destroy_pending(&pending_);
    duckdb_destroy_prepare(&statement_);
  }

  /// @returns what went wrong
  std::optional<std::string> execute(duckdb_connection connection, const std::string& sql) {
    if (duckdb_prepare(connection, sql.c_str(), &statement_) != DuckDBSuccess) {
      return text_of(duckdb_prepare_error(statement_));
    }
    if (duckdb_pending_prepared_streaming(statement_, &pending_) != DuckDBSuccess) {
      return text_of(duckdb_pending_error(pending_));
    }
    filled_ = true;
    if (duckdb_execute_pending(pending_, &result_) != DuckDBSuccess) {
      return text_of(duckdb_result_error(&result_));
    }
    return std::nullopt;
  }

  /// The next rows, all columns text; none at the end. @returns nothing if it failed
  std::optional<std::vector<SelectRow>> next() {
    auto* chunk = duckdb_fetch_chunk(result_);
    if (chunk == nullptr) {
      if (const auto* const error = duckdb_result_error(&result_); error != nullptr && *error) {
        failure_ = text_of(error);
        return std::nullopt;
      }
      return std::vector<SelectRow>{};
    }
    auto rows = rows_of(chunk);
    duckdb_destroy_data_chunk(&chunk);
    return rows;
  }

  [[nodiscard]] const std::string& failure() const { return failure_; }

private:
  static std::string text_of(const char* why) {
    const std::string text = why == nullptr ? "failed" : why;
    return text.substr(0, text.find('\n'));
  }

  static std::vector<SelectRow> rows_of(duckdb_data_chunk chunk) {
    const auto columns = duckdb_data_chunk_get_column_count(chunk);
    std::vector<SelectRow> rows(duckdb_data_chunk_get_size(chunk), SelectRow(columns));
    for (idx_t column = 0; column < columns; ++column) {
      const auto vector = duckdb_data_chunk_get_vector(chunk, column);
      auto* const values = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
      auto* const valid = duckdb_vector_get_validity(vector);
      for (std::size_t row = 0; row < rows.size(); ++row) {
        if (valid == nullptr || duckdb_validity_row_is_valid(valid, row)) {
          rows[row][column].emplace(duckdb_string_t_data(&values[row]),
                                    duckdb_string_t_length(values[row]));
        }
      }
    }
    return rows;
  }

  duckdb_prepared_statement statement_ = nullptr;
  duckdb_pending_result pending_ = nullptr;
  duckdb_result result_{};
  bool filled_ = false;
  std::string failure_;
};

caf::error failed(std::string why, const SelectStop& stop) {
  if (const auto* const reason = stop.why()) {
    return caf::make_error(Errc::timed_out, fmt::format("{}: {}", stopped_early, reason));
  }
  return caf::make_error(Errc::io_failed, std::move(why));
}

caf::error no_select(std::string_view why) {
  return caf::make_error(Errc::bad_frame, std::string{why});
}

/// What the statement is, before any of it runs.
caf::error check(duckdb_connection connection, const std::string& sql) {
  if (sql.find('\0') != std::string::npos) {
    return no_select("a statement has no zero bytes");
  }
  duckdb_extracted_statements statements = nullptr;
  const auto count = duckdb_extract_statements(connection, sql.c_str(), &statements);
  caf::error error;
  if (count != 1) {
    const auto* const why = duckdb_extract_statements_error(statements);
    const std::string text = why == nullptr ? "" : why;
    error = no_select(count > 1      ? "one statement at a time"
                      : text.empty() ? "no statement"
                                     : text.substr(0, text.find('\n')));
  } else {
    duckdb_prepared_statement prepared = nullptr;
    if (duckdb_prepare_extracted_statement(connection, statements, 0, &prepared) != DuckDBSuccess) {
      const std::string why = duckdb_prepare_error(prepared);
      error = caf::make_error(Errc::io_failed, why.substr(0, why.find('\n')));
    } else if (duckdb_prepared_statement_type(prepared) != DUCKDB_STATEMENT_TYPE_SELECT) {
      error = no_select(
        "only statements that read are allowed: SELECT, WITH, FROM, VALUES, "
        "DESCRIBE, SHOW, SUMMARIZE");
    }
    duckdb_destroy_prepare(&prepared);
  }
  duckdb_destroy_extracted(&statements);
  return error;
}

caf::error tell_columns(duckdb_connection connection, const std::string& source,
                        const SelectSink& sink, const SelectStop& stop) {
  Result result;
  if (auto why = result.execute(connection,
                                "SELECT column_name, column_type FROM (DESCRIBE SELECT "
                                "* FROM "
                                  + source + ")")) {
    return failed(std::move(*why), stop);
  }
  std::vector<SelectColumn> columns;
  for (auto rows = result.next(); rows && !rows->empty(); rows = result.next()) {
    for (auto& row : *rows) {
      columns.push_back({.name = row[0].value_or(""), .type = row[1].value_or("")});
    }
  }
  return sink.columns(columns);
}

caf::expected<SelectEnd>
tell_rows(duckdb_connection connection, const std::string& source, const SelectRequest& request,
          const SelectSink& sink, const SelectStop& stop) {
  const auto limit = request.max_rows;
  Result result;
  if (auto why = result.execute(connection, "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM " + source
                                              + (limit > 0 ? fmt::format(" LIMIT {}", limit + 1)
                                                           : std::string{}))) {
    return failed(std::move(*why), stop);
  }
  SelectEnd end;
  for (;;) {
    if (stop.why() != nullptr) {
      return failed({}, stop);
    }
    auto rows = result.next();
    if (!rows) {
      return failed(result.failure(), stop);
    }
    if (rows->empty()) {
      return end;
    }
    if (limit > 0 && end.rows + rows->size() > limit) {
      rows->resize(limit - end.rows);
      end.cut = true;
    }
    end.rows += rows->size();
    if (auto error = sink.rows(*rows)) {
      return error;
    }
    if (end.cut) {
      return end;
    }
  }
}

} // namespace

std::string sql_literal(std::string_view text) {
  std::string literal = "'";
  for (const auto letter : text) {
    literal += letter;
    if (letter == '\'') {
      literal += letter;
    }
  }
  return literal + "'";
}

caf::expected<SelectEnd> run_select(duckdb_connection connection, const SelectRequest& request,
                                    const SelectSink& sink, const SelectStop& stop) {
  // Whatever a statement turns out to do, this transaction writes nothing.
  if (duckdb_query(connection, "BEGIN TRANSACTION READ ONLY", nullptr) != DuckDBSuccess) {
    return failed("no transaction", stop);
  }
  const auto run = [&]() -> caf::expected<SelectEnd> {
    if (auto error = check(connection, request.sql)) {
      return error;
    }
    // query() takes one statement that reads, and nothing that could close a bracket around it.
    const auto source = "query(" + sql_literal(request.sql) + ")";
    if (auto error = tell_columns(connection, source, sink, stop)) {
      return error;
    }
    return tell_rows(connection, source, request, sink, stop);
  };
  auto end = run();
  duckdb_query(connection, "ROLLBACK", nullptr);
  return end;
}

} // namespace arbees
