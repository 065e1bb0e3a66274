#include "bridges/store/parquet_file.hpp"

#include <duckdb.h>
#include <fmt/format.h>

#include "actors/messages/errors.hpp"
#include "bridges/store/duckdb_file.hpp"

namespace arbees {

namespace {

std::string quoted_name(std::string_view name) {
  std::string quoted = "\"";
  for (const auto letter : name) {
    quoted += letter;
    if (letter == '"') {
      quoted += letter;
    }
  }
  return quoted + "\"";
}

std::filesystem::path beside(const std::filesystem::path& path, const char* ending) {
  auto other = path;
  other += ending;
  return other;
}

} // namespace

struct ParquetFile::Impl {
  std::filesystem::path path;
  std::filesystem::path rows; ///< as they came, text
  std::filesystem::path part; ///< the file in the making
  DuckdbDatabase database;
  DuckdbConnection connection;
  duckdb_appender appender = nullptr;
  std::string columns; ///< of the statement that reads the rows again, with their types

  explicit Impl(const std::filesystem::path& target)
    : path{target}, rows{beside(target, ".rows")}, part{beside(target, ".part")} {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  ~Impl() {
    duckdb_appender_destroy(&appender);
    connection.reset();
    database.reset();
    std::error_code ignored;
    for (const auto& file : {rows, beside(rows, ".wal"), part}) {
      std::filesystem::remove(file, ignored);
    }
    std::filesystem::remove_all(beside(rows, ".tmp"), ignored);
  }

  caf::error failed(std::string_view why) const {
    return caf::make_error(Errc::io_failed,
                           fmt::format("{}: {}", path.string(), why.substr(0, why.find('\n'))));
  }

  caf::error execute(const std::string& sql) {
    duckdb_result result;
    caf::error error;
    if (duckdb_query(connection.get(), sql.c_str(), &result) != DuckDBSuccess) {
      const auto* const why = duckdb_result_error(&result);
      error = failed(why == nullptr ? "failed" : why);
    }
    duckdb_destroy_result(&result);
    return error;
  }

  caf::error open() {
    std::error_code ignored;
    std::filesystem::remove(rows, ignored); // of an export that was killed
    duckdb_config config = nullptr;
    duckdb_create_config(&config);
    for (const auto& [name, value] : {std::pair{"threads", "1"},
                                      {"memory_limit", "512MB"},
                                      {"autoinstall_known_extensions", "false"},
                                      {"autoload_known_extensions", "false"}}) {
      duckdb_set_config(config, name, value);
    }
    duckdb_database opened = nullptr;
    char* why = nullptr;
    const auto state = duckdb_open_ext(rows.c_str(), &opened, config, &why);
    duckdb_destroy_config(&config);
    if (state != DuckDBSuccess) {
      auto error = failed(why == nullptr ? "cannot be written" : why);
      duckdb_free(why);
      return error;
    }
    database.reset(static_cast<_duckdb_database*>(opened));
    auto connected = connect_to(database);
    if (!connected) {
      return connected.error();
    }
    connection = std::move(*connected);
    return {};
  }

  caf::error begin(const std::vector<SelectColumn>& wanted) {
    std::string texts;
    for (const auto& column : wanted) {
      const auto name = quoted_name(column.name);
      texts += fmt::format("{}{} VARCHAR", texts.empty() ? "" : ", ", name);
      columns +=
        fmt::format("{}CAST({} AS {}) AS {}", columns.empty() ? "" : ", ", name, column.type, name);
    }
    if (auto error = execute("CREATE TABLE rows (" + texts + ")")) {
      return error;
    }
    return duckdb_appender_create(connection.get(), nullptr, "rows", &appender) == DuckDBSuccess
             ? caf::error{}
             : failed("no appender");
  }

  caf::error append(const std::vector<SelectRow>& added) {
    for (const auto& row : added) {
      for (const auto& value : row) {
        value ? duckdb_append_varchar_length(appender, value->data(), value->size())
              : duckdb_append_null(appender);
      }
      if (duckdb_appender_end_row(appender) != DuckDBSuccess) {
        return failed(duckdb_appender_error(appender));
      }
    }
    return {};
  }

  caf::error finish() {
    if (duckdb_appender_close(appender) != DuckDBSuccess) {
      return failed(duckdb_appender_error(appender));
    }
    if (auto error =
          execute(fmt::format("COPY (SELECT {} FROM rows) TO {} (FORMAT parquet, COMPRESSION zstd)",
                              columns, sql_literal(part.string())))) {
      return error;
    }
    std::error_code error;
    std::filesystem::rename(part, path, error);
    return error ? failed(error.message()) : caf::error{};
  }
};

ParquetFile::ParquetFile(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
ParquetFile::ParquetFile(ParquetFile&&) noexcept = default;
ParquetFile& ParquetFile::operator=(ParquetFile&&) noexcept = default;
ParquetFile::~ParquetFile() = default;

caf::expected<ParquetFile> ParquetFile::create(const std::filesystem::path& path) {
  auto impl = std::make_unique<Impl>(path);
  if (auto error = impl->open()) {
    return error;
  }
  return ParquetFile{std::move(impl)};
}

SelectSink ParquetFile::sink() {
  return {.columns = [impl = impl_.get()](const auto& columns) { return impl->begin(columns); },
          .rows = [impl = impl_.get()](const auto& rows) { return impl->append(rows); }};
}

caf::error ParquetFile::finish() {
  auto error = impl_->finish();
  impl_.reset(); // what is beside the file goes at once
  return error;
}

} // namespace arbees
