#include "app/export_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstring>

#include "actors/messages/errors.hpp"
#include "app/rows_output.hpp"
#include "bridges/store/history_client.hpp"
#include "bridges/store/history_schema.hpp"
#include "bridges/store/parquet_file.hpp"

namespace arbees {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto longest_table = std::chrono::minutes{10};

/// How far a table has come, on standard error: many lines into a file would help nobody.
class Progress {
public:
  explicit Progress(std::string table) : table_{std::move(table)} {}

  void add(std::size_t rows) {
    rows_ += rows;
    if (terminal_ && Clock::now() - shown_at_ > std::chrono::milliseconds{200}) {
      shown_at_ = Clock::now();
      fmt::print(stderr, "\r{}: {} rows, {} a second ", table_, rows_, rate());
      std::fflush(stderr);
    }
  }

  void end(const std::filesystem::path& file) const {
    fmt::print(stderr, "{}{}: {} rows, {} a second, into {}\n", terminal_ ? "\r" : "", table_,
               rows_, rate(), file.string());
  }

private:
  std::size_t rate() const {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began_);
    return rows_ * 1000 / static_cast<std::size_t>(std::max<long>(ms.count(), 1));
  }

  std::string table_;
  bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  Clock::time_point began_ = Clock::now();
  Clock::time_point shown_at_ = began_;
  std::size_t rows_ = 0;
};

/// Nothing else than a time may stand where a time is expected: the database says what is wrong
/// with it.
std::string condition(const CommandLine& line, const std::string& column) {
  std::string text;
  for (const auto& [time, comparison] : {std::pair{line.from, ">="}, {line.to, "<"}}) {
    if (!time.empty()) {
      text += fmt::format("{} {} {} CAST({} AS TIMESTAMP)", text.empty() ? " WHERE" : " AND",
                          column, comparison, sql_literal(time));
    }
  }
  return text;
}

/// A sink that also counts.
SelectSink counted(SelectSink sink, Progress& progress) {
  return {.columns = std::move(sink.columns),
          .rows = [rows = std::move(sink.rows), &progress](const auto& added) {
            progress.add(added.size());
            return rows(added);
          }};
}

caf::error write_parquet(const HistoryPlace& history, const SelectRequest& request,
                         const std::filesystem::path& path, Progress& progress) {
  auto file = ParquetFile::create(path);
  if (!file) {
    return file.error();
  }
  const auto end = select_from_history(history, request, counted(file->sink(), progress));
  return end ? file->finish() : end.error();
}

caf::error write_csv(const HistoryPlace& history, const SelectRequest& request,
                     const std::filesystem::path& path, Progress& progress) {
  auto part = path;
  part += ".part";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(part.c_str(), "w"),
                                                             &std::fclose};
  const auto failed = [&] {
    return caf::make_error(Errc::io_failed, path.string() + ": " + std::strerror(errno));
  };
  if (!file) {
    return failed();
  }
  RowsOutput output{RowsFormat::csv, file.get()};
  const auto end = select_from_history(history, request, counted(output.sink(), progress));
  std::error_code error;
  if (!end || !output.finish()) {
    auto why = end ? failed() : end.error();
    std::filesystem::remove(part, error);
    return why;
  }
  std::filesystem::rename(part, path, error);
  return error ? caf::make_error(Errc::io_failed, path.string() + ": " + error.message())
               : caf::error{};
}

} // namespace

ExitCode export_history(const CommandLine& line, const Config& config) {
  const auto refuse = [](ExitCode code, const std::string& why) {
    fmt::print(stderr, "arbees: {}\n", why);
    return code;
  };
  auto tables = line.tables;
  if (line.all_tables) {
    const auto names = history_table_names();
    tables.assign(names.begin(), names.end());
  }
  if (tables.empty()) {
    return refuse(ExitCode::usage, "export: --table NAME or --all");
  }
  std::error_code error;
  std::filesystem::create_directories(line.dir, error);
  const auto history = history_place(line, config);
  for (const auto& table : tables) {
    const auto time = history_time_column(table);
    if (!time) {
      return refuse(ExitCode::usage, fmt::format("export: the history has no table '{}': {}", table,
                                                 fmt::join(history_table_names(), ", ")));
    }
    const SelectRequest request{.sql =
                                  fmt::format("SELECT * FROM {}{}", table, condition(line, *time)),
                                .time_limit = longest_table};
    const auto path = line.dir / (table + "." + line.format);
    Progress progress{table};
    const auto write = line.format == "csv" ? write_csv : write_parquet;
    if (const auto failed = write(history, request, path, progress)) {
      return refuse(ExitCode::failure, fmt::format("{}: {}", table, describe(failed)));
    }
    progress.end(path);
  }
  return ExitCode::ok;
}

} // namespace arbees
