#include "app/query_command.hpp"

#include <fmt/format.h>

#include "actors/messages/errors.hpp"
#include "app/rows_output.hpp"
#include "bridges/store/history_client.hpp"

namespace arbees {

ExitCode query_history(const CommandLine& line, const Config& config) {
  RowsOutput output{line.csv    ? RowsFormat::csv
                    : line.json ? RowsFormat::json
                                : RowsFormat::table,
                    stdout};
  const auto end = select_from_history(history_place(line, config),
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
