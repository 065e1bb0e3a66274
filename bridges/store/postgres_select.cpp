#include "bridges/store/postgres_select.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "actors/messages/errors.hpp"
#include "bridges/store/postgres.hpp"
#include "bridges/store/postgres_url.hpp"

namespace arbees {

namespace {

using Clock = std::chrono::steady_clock;

/// So many rows are in memory at a time.
constexpr auto rows_per_fetch = 1'000;
/// How much later than the server we notice that the time is over: it should say so itself.
constexpr auto patience_with_server = std::chrono::seconds{5};

// pg_type.dat
constexpr std::uint32_t bool_type = 16;
constexpr std::uint32_t int8_type = 20;
constexpr std::uint32_t int2_type = 21;
constexpr std::uint32_t int4_type = 23;
constexpr std::uint32_t float4_type = 700;
constexpr std::uint32_t float8_type = 701;
constexpr std::uint32_t date_type = 1082;
constexpr std::uint32_t timestamp_type = 1114;
constexpr std::uint32_t numeric_type = 1700;

constexpr auto greatest_decimal = 38; ///< DuckDB's

caf::error failed(const std::string& url, const DatabaseFailure& failure) {
  if (failure.code == "SQLSTATE 57014") { // query_canceled, by statement_timeout
    return caf::make_error(Errc::timed_out, "the statement was stopped: its time is over");
  }
  if (failure.code == "SQLSTATE 42601") { // syntax_error
    return caf::make_error(
      Errc::bad_frame,
      failure.text + ": one statement that reads is allowed: SELECT, WITH, VALUES, TABLE");
  }
  return caf::make_error(Errc::io_failed,
                         fmt::format("history {}: {}", shown_postgres_url(url), describe(failure)));
}

std::vector<SelectColumn> columns_of(const PostgresResult& result) {
  std::vector<SelectColumn> columns;
  for (const auto& column : result.columns) {
    columns.push_back({.name = column.name, .type = duckdb_type_of(column.type, column.modifier)});
  }
  return columns;
}

/// Booleans are what both databases write differently.
void spell_as_duckdb(PostgresResult& result) {
  for (std::size_t i = 0; i < result.columns.size(); ++i) {
    if (result.columns[i].type == bool_type) {
      for (auto& row : result.rows) {
        row[i] =
          row[i] ? std::optional<std::string>{*row[i] == "t" ? "true" : "false"} : std::nullopt;
      }
    }
  }
}

/// A cursor with the statement that was asked for. PostgreSQL takes no other than one that reads.
class Cursor {
public:
  Cursor(const std::string& url, const SelectRequest& request)
    : url_(url),
      request_(request),
      connection_({.url = url,
                   .application = fmt::format("arbees query {}", ::getpid()),
                   .answer_timeout = request.time_limit + patience_with_server}) {}

  caf::error open() {
    if (const auto failure = connection_.connect()) {
      return failed(url_, *failure);
    }
    const auto begin = fmt::format(
      "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = {}; "
      "SET LOCAL search_path = arbees_history, public",
      std::max<std::int64_t>(request_.time_limit.count(), 1));
    if (const auto failure = connection_.execute(begin)) {
      return failed(url_, *failure);
    }
    const auto declared = connection_.select("DECLARE asked NO SCROLL CURSOR FOR " + request_.sql);
    const auto* const failure = std::get_if<DatabaseFailure>(&declared);
    return failure == nullptr ? caf::error{} : failed(url_, *failure);
  }

  /// The next rows; none at the end.
  caf::expected<PostgresResult> fetch() {
    auto fetched = connection_.select(fmt::format("FETCH {} FROM asked", rows_per_fetch));
    if (const auto* const failure = std::get_if<DatabaseFailure>(&fetched)) {
      return failed(url_, *failure);
    }
    auto& result = std::get<PostgresResult>(fetched);
    spell_as_duckdb(result);
    return std::move(result);
  }

private:
  const std::string& url_;
  const SelectRequest& request_;
  PostgresConnection connection_;
};

} // namespace

std::string duckdb_type_of(std::uint32_t type, int modifier) {
  switch (type) {
    case bool_type:
      return "BOOLEAN";
    case int8_type:
      return "BIGINT";
    case int2_type:
      return "SMALLINT";
    case int4_type:
      return "INTEGER";
    case float4_type:
      return "FLOAT";
    case float8_type:
      return "DOUBLE";
    case date_type:
      return "DATE";
    case timestamp_type:
      return "TIMESTAMP";
    case numeric_type:
      break;
    default:
      return "VARCHAR";
  }
  // numeric.c: 4 is added to keep -1 apart; the scale has eleven bits, with its sign.
  const auto packed = modifier - 4;
  const auto precision = (packed >> 16) & 0xffff;
  const auto scale = ((packed & 0x7ff) ^ 1024) - 1024;
  const auto fits =
    modifier >= 4 && precision <= greatest_decimal && scale >= 0 && scale <= precision;
  // Sums and averages have any number of digits: JSON keeps them all of a DOUBLE's text.
  return fits ? fmt::format("DECIMAL({},{})", precision, scale) : "DOUBLE";
}

caf::expected<SelectEnd>
select_from_postgres(const std::string& url, const SelectRequest& request, const SelectSink& sink) {
  if (request.sql.find('\0') != std::string::npos) {
    return caf::make_error(Errc::bad_frame, "a statement has no zero bytes");
  }
  const auto deadline = Clock::now() + request.time_limit;
  Cursor cursor{url, request};
  if (auto error = cursor.open()) {
    return error;
  }
  SelectEnd end;
  for (auto first = true;; first = false) {
    auto result = cursor.fetch();
    if (!result) {
      return result.error();
    }
    if (first) {
      if (auto error = sink.columns(columns_of(*result))) {
        return error;
      }
    }
    if (result->rows.empty()) {
      return end;
    }
    if (request.max_rows > 0 && end.rows + result->rows.size() > request.max_rows) {
      result->rows.resize(request.max_rows - end.rows);
      end.cut = true;
    }
    end.rows += result->rows.size();
    if (auto error = sink.rows(result->rows)) {
      return error;
    }
    if (end.cut) {
      return end;
    }
    if (Clock::now() > deadline) {
      return caf::make_error(Errc::timed_out, "the statement was stopped: its time is over");
    }
  }
}

} // namespace arbees
