#include "bridges/store/ledger.hpp"

#include <fmt/format.h>

#include "bridges/store/ledger_schema.hpp"

namespace arbees {

namespace {

/// Hashed anew whenever a ledger is opened: about a tenth of a second.
constexpr std::int64_t events_checked_at_start = 100'000;

caf::error refused(std::string why) {
  return caf::make_error(Errc::ledger_refused, std::move(why));
}

} // namespace

caf::expected<Ledger> Ledger::open(LedgerConfig config) {
  Ledger ledger;
  ledger.place_ = config.url.empty() ? ledger_in_file(config) : ledger_on_server(config);
  ledger.config_ = std::move(config);
  if (auto error = ledger.place_->open()) {
    return error;
  }
  for (const auto step : {&Ledger::migrate, &Ledger::adopt_trading_mode, &Ledger::begin_writing}) {
    if (auto error = (ledger.*step)()) {
      return error;
    }
  }
  return ledger;
}

std::optional<LedgerHolder> Ledger::holder(const LedgerConfig& config) {
  return config.url.empty() ? holder_of_file(config.path) : holder_on_server(config);
}

caf::error Ledger::migrate() {
  const auto version = place_->version();
  if (!version) {
    return version.error();
  }
  if (*version > ledger_schema_version) {
    return place_->failed(fmt::format("schema version {} is of a newer arbees, this one knows {}",
                                      *version, ledger_schema_version));
  }
  if (*version == ledger_schema_version) {
    return {};
  }
  if (config_.access == DatabaseAccess::read) {
    return place_->failed(fmt::format("schema version {}, expected {}: run arbees once", *version,
                                      ledger_schema_version));
  }
  if (const auto failure = migrate_from(*version)) {
    database().execute("ROLLBACK");
    return place_->failed(fmt::format("from schema version {} to {}: {}", *version,
                                      ledger_schema_version, describe(*failure)));
  }
  return {};
}

/// All steps in one transaction: a ledger is of the old schema or of the new one.
std::optional<DatabaseFailure> Ledger::migrate_from(std::size_t version) {
  const auto migrations = place_->migrations();
  auto failure = database().execute(place_->begin_migration());
  for (auto next = version; next < migrations.size() && !failure; ++next) {
    failure = database().execute(migrations[next]);
  }
  if (!failure && version < chained_schema_version) {
    const auto mode = database().value("SELECT value FROM meta WHERE key = 'trading_mode'");
    LedgerWriter writer{database(), chain_origin(mode.value_or(config_.trading_mode))};
    failure = writer.prepare();
    failure = failure ? std::move(failure) : writer.tell_history();
  }
  return failure ? std::move(failure) : database().execute(place_->end_migration());
}

caf::error Ledger::adopt_trading_mode() {
  if (config_.access == DatabaseAccess::write) {
    if (const auto failure =
          database()
            .prepare(
              "INSERT INTO meta (key, value) VALUES ('trading_mode', ?) ON CONFLICT DO NOTHING")
            ->bind(config_.trading_mode)
            .run()) {
      return place_->failed(*failure);
    }
  }
  const auto mode = database().value("SELECT value FROM meta WHERE key = 'trading_mode'");
  if (config_.access == DatabaseAccess::write && mode != config_.trading_mode) {
    return place_->failed(
      fmt::format("holds {} trades and cannot be used for {}: choose another {}",
                  mode.value_or("unknown"), config_.trading_mode,
                  config_.url.empty() ? "file" : "database"));
  }
  config_.trading_mode = mode.value_or("unknown");
  return {};
}

caf::error Ledger::begin_writing() {
  if (config_.access == DatabaseAccess::read) {
    return {};
  }
  auto head =
    check_newest_events(database(), chain_origin(config_.trading_mode), events_checked_at_start);
  if (!head) {
    return place_->failed(describe(head.error()));
  }
  writer_ = std::make_unique<LedgerWriter>(database(), std::move(*head));
  const auto failure = writer_->prepare();
  return failure ? place_->failed(*failure) : caf::error{};
}

caf::expected<std::vector<LedgerOutcome>> Ledger::write(std::span<const LedgerEntry> entries) {
  if (!writer_) {
    return refused("the ledger was opened for reading");
  }
  if (away_) {
    return refused(name() + ": the connection is lost");
  }
  auto outcomes = write_once(entries);
  if (outcomes || !place_->lost()) {
    return outcomes;
  }
  auto resumed = resume();
  if (!resumed) {
    return outcomes;
  }
  return *resumed ? std::move(**resumed) : write_once(entries);
}

caf::expected<std::vector<LedgerOutcome>> Ledger::write_once(std::span<const LedgerEntry> entries) {
  if (const auto why = place_->obstacle_to_writing(); !why.empty()) {
    return refused(fmt::format("{}: {}", name(), why));
  }
  std::vector<LedgerOutcome> outcomes;
  if (const auto failure = writer_->write(entries, outcomes)) {
    if (writer_->in_doubt()) {
      doubt_ = {.head = *writer_->in_doubt(), .outcomes = std::move(outcomes)};
    }
    return refused(describe(*failure));
  }
  return outcomes;
}

caf::expected<std::optional<std::vector<LedgerOutcome>>> Ledger::resume() {
  away_ = true;
  if (place_->lost()) {
    if (auto error = place_->open()) {
      return error;
    }
  }
  const auto found = newest_event(database(), chain_origin(config_.trading_mode));
  if (!found) {
    return found.error();
  }
  std::optional<std::vector<LedgerOutcome>> outcomes;
  if (doubt_ && *found == doubt_->head) {
    outcomes = std::move(doubt_->outcomes);
  } else if (*found != writer_->head()) {
    return place_->failed(
      fmt::format("its newest event is {} with hash {:.16}, but {} with hash {:.16} was committed: "
                  "another ledger, or one that was set back",
                  found->seq, found->hash, writer_->head().seq, writer_->head().hash));
  }
  if (const auto failure = writer_->go_on_from(*found)) {
    return place_->failed(*failure);
  }
  doubt_.reset();
  away_ = false;
  return outcomes;
}

caf::error Ledger::commit_intent(CommitIntent intent, Timestamp received_at) {
  return record(std::move(intent), received_at);
}

caf::error Ledger::record(LedgerRecord record, Timestamp received_at) {
  const LedgerEntry entry{.record = std::move(record), .received_at = received_at};
  const auto outcomes = write({&entry, 1});
  return outcomes ? outcomes->front().refused : outcomes.error();
}

caf::expected<AccountView> Ledger::account(Venue venue) {
  const auto positions = read_positions(database());
  const auto settlements = read_settlements(database());
  const auto baselines = read_baselines(database());
  auto working = read_working_orders(database(), venue);
  for (const auto& error :
       {positions ? caf::error{} : positions.error(),
        settlements ? caf::error{} : settlements.error(),
        baselines ? caf::error{} : baselines.error(), working ? caf::error{} : working.error()}) {
    if (error) {
      return error;
    }
  }
  AccountView view{.venue = venue, .working = std::move(*working)};
  for (const auto& record : *positions) {
    if (record.venue == venue && record.position.quantity != Quantity{0}) {
      view.holdings.push_back({.market = record.market,
                               .native_id = record.native_id,
                               .side = record.side,
                               .quantity = record.position.quantity});
    }
  }
  if (const auto baseline = baselines->find(venue); baseline != baselines->end()) {
    const auto& [balance, moved_before] = baseline->second;
    view.available =
      balance.available + (money_moved(venue, *positions, *settlements) - moved_before);
  }
  return view;
}

caf::expected<LedgerVerdict> Ledger::verify() {
  return verify_ledger(database(), chain_origin(config_.trading_mode));
}

} // namespace arbees
