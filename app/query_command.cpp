#include "app/query_command.hpp"

#include <fmt/format.h>

#include "actors/messages/errors.hpp"
#include "app/rows_output.hpp"
#include "bridges/store/history_client.hpp"

namespace arbees {

caf::expected<std::filesystem::path> history_file(const CommandLine& line, const Config& config) {
  if (line.history) {
    return *line.history;
  }
  if (!config.files.history_url.empty()) {
    return caf::make_error(Errc::bad_configuration,
                           "the history is in PostgreSQL: ask it there, in schema arbees_history");
  }
  return config.files.history;
}

ExitCode query_history(const CommandLine& line, const Config& config) {
  const auto file = history_file(line, config);
  if (!file) {
    fmt::print(stderr, "arbees: {}\n", describe(file.error()));
    return ExitCode::configuration;
  }
  RowsOutput output{line.csv    ? RowsFormat::csv
                    : line.json ? RowsFormat::json
                                : RowsFormat::table,
                    stdout};
  const auto end = select_from_history(*file,
                                       {.sql = line.sql,
                                        .max_rows = line.max_rows,
                                        .time_limit = std::chrono::seconds{line.time_limit}},
                                       output.sink());
  if (!end) {
    fmt::print(stderr, "arbees: {}\n", describe(end.error()));
    return ExitCode::failure;
  }
  if (!output.finish()) {
    fmt::print(stderr, "arbees: not all could be written\n");
    return ExitCode::failure;
  }
  if (end->cut) {
    fmt::print(stderr, "arbees: only the first {} rows; --max-rows 0 shows all\n", end->rows);
  }
  return ExitCode::ok;
}

} // namespace arbees
