#include "app/history_command.hpp"

#include <fmt/format.h>

#include "actors/messages/errors.hpp"
#include "bridges/store/history_rebuild.hpp"

namespace arbees {

ExitCode rebuild_history(const CommandLine& line, const Config& config) {
  const auto refuse = [](const caf::error& error) {
    fmt::print(stderr, "arbees: {}\n", describe(error));
    return ExitCode::failure;
  };
  auto truth = ledger_config(config, DatabaseAccess::read);
  if (line.ledger) {
    truth = {.path = *line.ledger, .access = DatabaseAccess::read, .trading_mode = config.mode};
  }
  auto ledger = Ledger::open(std::move(truth));
  if (!ledger) {
    return refuse(ledger.error());
  }
  const auto batch = history_of(*ledger);
  if (!batch) {
    return refuse(batch.error());
  }
  const auto place = history_place(line, config);
  const auto history = open_history_store({.place = place});
  if (!history) {
    return refuse(history.error());
  }
  if (const auto error = (*history)->rebuild(*batch)) {
    return refuse(error);
  }
  fmt::print("history {}: {} rows from ledger {}\n", shown_place(place), batch->size(),
             ledger->name());
  return ExitCode::ok;
}

} // namespace arbees
