#include "bridges/store/ledger.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "actors/messages/errors.hpp"

#include "bridges/store/ledger_schema.hpp"

namespace arbees {

namespace {

caf::error io_failed(const std::filesystem::path& path, std::string_view why) {
  return caf::make_error(Errc::io_failed, fmt::format("ledger {}: {}", path.string(), why));
}

caf::error refused(std::string_view why) {
  return caf::make_error(Errc::ledger_refused, std::string{why});
}

std::string text_of(const SqliteFailure& failure) {
  return fmt::format("{} (SQLite code {})", failure.text, failure.code);
}

/// Why there can be no ledger at this path, told better than SQLite would.
std::string obstacle(const LedgerConfig& config) {
  std::error_code code;
  const auto directory = config.path.has_parent_path() ? config.path.parent_path() : ".";
  if (!std::filesystem::is_directory(directory, code)) {
    return fmt::format("directory {} does not exist", directory.string());
  }
  const auto status = std::filesystem::status(config.path, code);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return "not a regular file";
  }
  if (config.access == SqliteAccess::read && !std::filesystem::exists(status)) {
    return "no such file";
  }
  return {};
}

} // namespace

caf::expected<Ledger> Ledger::open(LedgerConfig config) {
  if (const auto why = obstacle(config); !why.empty()) {
    return io_failed(config.path, why);
  }
  Ledger ledger;
  if (config.access == SqliteAccess::write) {
    auto lock = FileLock::acquire(config.path.string() + ".lock");
    if (!lock) {
      return io_failed(config.path, describe(lock.error()));
    }
    ledger.lock_ = std::move(*lock);
  }
  ledger.config_ = std::move(config);
  if (const auto failure =
        SqliteConnection::open(ledger.config_.path, ledger.config_.access, ledger.database_)) {
    return io_failed(ledger.config_.path, text_of(*failure));
  }
  for (const auto step : {&Ledger::check_file, &Ledger::migrate, &Ledger::adopt_trading_mode,
                          &Ledger::prepare_statements}) {
    if (auto error = (ledger.*step)()) {
      return error;
    }
  }
  return ledger;
}

caf::error Ledger::check_file() {
  const auto& path = config_.path;
  if (const auto failure = database_.execute(
        fmt::format("PRAGMA busy_timeout = {}; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = "
                    "OFF; PRAGMA temp_store = MEMORY; SELECT count(*) FROM sqlite_schema;",
                    config_.busy_timeout.count()))) {
    return io_failed(path, text_of(*failure));
  }
  const auto application = database_.value("PRAGMA application_id").value_or("0");
  const auto objects = database_.value("SELECT count(*) FROM sqlite_schema").value_or("0");
  const auto empty = application == "0" && objects == "0";
  if (application != std::to_string(ledger_application_id)
      && (!empty || config_.access == SqliteAccess::read)) {
    return io_failed(path, "not a ledger of arbees");
  }
  const auto version = database_.value("PRAGMA user_version").value_or("0");
  if (std::stoll(version) > std::ssize(ledger_migrations())) {
    return io_failed(path, fmt::format("schema version {} is of a newer arbees, this one knows {}",
                                       version, ledger_migrations().size()));
  }
  if (config_.access == SqliteAccess::read) {
    return caf::none;
  }
  const auto damage = database_.value("PRAGMA quick_check(1)");
  return damage == "ok"
           ? caf::error{}
           : io_failed(path, fmt::format("damaged: {}",
                                         damage ? *damage : database_.last_failure().text));
}

caf::error Ledger::migrate() {
  const auto version =
    static_cast<std::size_t>(std::stoull(database_.value("PRAGMA user_version").value_or("0")));
  const auto migrations = ledger_migrations();
  if (config_.access == SqliteAccess::read) {
    return version == migrations.size()
             ? caf::error{}
             : io_failed(config_.path,
                         fmt::format("schema version {}, expected {}: run arbees once", version,
                                     migrations.size()));
  }
  // FULL: a commit is on disk when it returns. The limit gives the space of a long-held
  // reader's log back.
  if (const auto failure =
        database_.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
                          "PRAGMA journal_size_limit = 67108864;")) {
    return io_failed(config_.path, text_of(*failure));
  }
  if (database_.value("PRAGMA journal_mode") != "wal") {
    return io_failed(config_.path, "the file system does not support SQLite's write-ahead log");
  }
  for (auto next = version; next < migrations.size(); ++next) {
    const auto failure = database_.execute(
      fmt::format("BEGIN IMMEDIATE; PRAGMA application_id = {}; {} PRAGMA user_version = {}; "
                  "COMMIT;",
                  ledger_application_id, migrations[next], next + 1));
    if (failure) {
      return io_failed(config_.path,
                       fmt::format("schema version {}: {}", next + 1, text_of(*failure)));
    }
  }
  struct stat status {};
  if (::stat(config_.path.c_str(), &status) != 0) {
    return io_failed(config_.path, std::strerror(errno));
  }
  file_ = {status.st_dev, status.st_ino};
  return caf::none;
}

caf::error Ledger::adopt_trading_mode() {
  if (config_.access == SqliteAccess::write) {
    SqliteStatement insert;
    auto failure = database_.prepare(
      "INSERT INTO meta (key, value) VALUES ('trading_mode', ?) ON CONFLICT DO NOTHING", insert);
    if (failure || (failure = insert.bind(config_.trading_mode).run())) {
      return io_failed(config_.path, text_of(*failure));
    }
  }
  const auto mode = database_.value("SELECT value FROM meta WHERE key = 'trading_mode'");
  if (config_.access == SqliteAccess::write && mode != config_.trading_mode) {
    return io_failed(config_.path,
                     fmt::format("holds {} trades and cannot be used for {}: choose another file",
                                 mode.value_or("unknown"), config_.trading_mode));
  }
  return caf::none;
}

caf::error Ledger::prepare_statements() {
  if (config_.access == SqliteAccess::read) {
    return caf::none;
  }
  static constexpr std::array<const char*, sql_count> texts = {
    "BEGIN IMMEDIATE",
    "COMMIT",
    "SAVEPOINT entry",
    "RELEASE entry",
    "ROLLBACK TO entry",
    "INSERT INTO pairs (pair_id, signal_id, game_id, contract_id, signal_type, signal_quantity_e6, "
    "edge_e6, edge_per_contract_e6, assignment_epoch, in_play, quantity_e6, triggered_by_ns, "
    "expires_at_ns, approved_at_ns, intent_at_ns) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) "
    "ON CONFLICT DO NOTHING",
    "INSERT INTO legs VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    "INSERT INTO markets VALUES (?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
    "INSERT INTO orders (client_order_id, pair_id, leg, purpose, attempt, market_id, "
    "exchange_index, side, action, limit_e4, quantity_e6, time_in_force, intent_at_ns, "
    "created_at_ns) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    "INSERT INTO order_reports (client_order_id, venue_order_id, status, filled_e6, notional_e6, "
    "fee_e6, reason, sent_at_ns, reported_at_ns, recorded_at_ns) VALUES (?,?,?,?,?,?,?,?,?,?)",
    // What is known of an order never becomes less: a late report does not undo a newer one, and
    // an order that is done is not open again.
    "UPDATE orders SET status = ?2, venue_order_id = ?3, filled_e6 = ?4, notional_e6 = ?5, "
    "fee_e6 = ?6, reason = ?7, sent_at_ns = ?8, reported_at_ns = ?9 WHERE client_order_id = ?1 "
    "AND coalesce(reported_at_ns, ?9) <= ?9 "
    "AND (status IN ('intent', 'accepted', 'unknown') OR ?2 NOT IN ('accepted', 'unknown'))",
    "INSERT INTO fills (market_id, fill_id, client_order_id, pair_id, side, action, price_e4, "
    "quantity_e6, fee_e6, at_ns) VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
    "SELECT 1 FROM fills WHERE market_id = ? AND fill_id = ? AND client_order_id = ? AND "
    "side = ? AND action = ? AND price_e4 = ? AND quantity_e6 = ? AND fee_e6 = ?",
    "SELECT quantity_e6, cost_e6, realized_e6, fees_e6 FROM positions "
    "WHERE market_id = ? AND side = ?",
    "INSERT INTO positions VALUES (?,?,?,?,?,?) ON CONFLICT DO UPDATE SET "
    "quantity_e6 = excluded.quantity_e6, cost_e6 = excluded.cost_e6, "
    "realized_e6 = excluded.realized_e6, fees_e6 = excluded.fees_e6",
    "UPDATE pairs SET outcome = ?2, requested_e6 = ?3, matched_e6 = ?4, held_0_e6 = ?5, "
    "held_1_e6 = ?6, cost_e6 = ?7, fees_e6 = ?8, locked_profit_e6 = ?9, opened_at_ns = ?10, "
    "closed_at_ns = ?11 WHERE pair_id = ?1",
    "INSERT INTO balances VALUES (?,?,?) ON CONFLICT DO UPDATE SET "
    "available_e6 = excluded.available_e6, at_ns = excluded.at_ns "
    "WHERE excluded.at_ns >= balances.at_ns",
  };
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (const auto failure = database_.prepare(texts[i], statements_[i])) {
      return io_failed(config_.path, text_of(*failure));
    }
  }
  return caf::none;
}

/// SQLite goes on writing into a file that was deleted or replaced under it: those commits would
/// be gone with the process.
caf::error Ledger::check_same_file() const {
  struct stat status {};
  if (::stat(config_.path.c_str(), &status) != 0) {
    return refused(fmt::format("{}: {}", config_.path.string(), std::strerror(errno)));
  }
  return status.st_dev == file_.device && status.st_ino == file_.inode
           ? caf::error{}
           : refused(fmt::format("{} was replaced by another file", config_.path.string()));
}

caf::expected<std::vector<LedgerOutcome>> Ledger::write(std::span<const LedgerEntry> entries) {
  if (config_.access == SqliteAccess::read) {
    return refused("the ledger was opened for reading");
  }
  if (auto error = check_same_file()) {
    return error;
  }
  std::vector<LedgerOutcome> outcomes(entries.size());
  auto failure = statement(begin).run();
  for (std::size_t i = 0; i < entries.size() && !failure; ++i) {
    failure = write_entry(entries[i], outcomes[i]);
  }
  if (!failure) {
    failure = statement(commit).run();
  }
  if (failure) {
    if (database_.in_transaction()) {
      // Fails only if SQLite has rolled back by itself, which is as good.
      database_.execute("ROLLBACK");
    }
    return refused(text_of(*failure));
  }
  return outcomes;
}

Ledger::Failure Ledger::write_entry(const LedgerEntry& entry, LedgerOutcome& outcome) {
  if (auto failure = statement(savepoint).run()) {
    return failure;
  }
  auto failure = apply(entry, outcome);
  if (failure && !failure->constraint()) {
    return failure;
  }
  if (failure) {
    outcome.refused = refused(failure->text);
    if (auto fatal = statement(rollback_to).run()) {
      return fatal;
    }
  }
  return statement(release).run();
}

caf::error Ledger::commit_intent(CommitIntent intent, Timestamp received_at) {
  return record(std::move(intent), received_at);
}

caf::error Ledger::record(LedgerRecord record, Timestamp received_at) {
  const LedgerEntry entry{.record = std::move(record), .received_at = received_at};
  const auto outcomes = write({&entry, 1});
  return outcomes ? outcomes->front().refused : outcomes.error();
}

} // namespace arbees
