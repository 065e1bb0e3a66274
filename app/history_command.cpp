#include "app/history_command.hpp"

#include <fmt/format.h>

#include "actors/messages/errors.hpp"
#include "bridges/store/history_rebuild.hpp"
#include "bridges/store/postgres_url.hpp"

namespace arbees {

ExitCode rebuild_history(const CommandLine& line, const Config& config) {
  const auto refuse = [](const caf::error& error) {
    fmt::print(stderr, "arbees: {}\n", describe(error));
    return ExitCode::failure;
  };
  auto place = ledger_config(config, DatabaseAccess::read);
  if (line.ledger) {
    place = {.path = *line.ledger, .access = DatabaseAccess::read, .trading_mode = config.mode};
  }
  auto ledger = Ledger::open(std::move(place));
  if (!ledger) {
    return refuse(ledger.error());
  }
  const auto batch = history_of(*ledger);
  if (!batch) {
    return refuse(batch.error());
  }
  HistoryConfig store{.path = line.history.value_or(config.files.history)};
  if (!line.history) {
    store.url = config.files.history_url;
  }
  const auto history = open_history_store(store);
  if (!history) {
    return refuse(history.error());
  }
  if (const auto error = (*history)->rebuild(*batch)) {
    return refuse(error);
  }
  fmt::print("history {}: {} rows from ledger {}\n",
             store.url.empty() ? store.path.string() : shown_postgres_url(store.url), batch->size(),
             ledger->name());
  return ExitCode::ok;
}

} // namespace arbees
