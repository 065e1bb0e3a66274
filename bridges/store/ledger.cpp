#include "bridges/store/ledger.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "actors/messages/errors.hpp"

#include "bridges/store/ledger_schema.hpp"

namespace arbees {

namespace {

/// Hashed anew whenever a ledger is opened: about a tenth of a second.
constexpr std::int64_t events_checked_at_start = 100'000;

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
        SqliteConnection::open(ledger.config_.path, ledger.config_.access, *ledger.database_)) {
    return io_failed(ledger.config_.path, text_of(*failure));
  }
  for (const auto step : {&Ledger::check_file, &Ledger::migrate, &Ledger::adopt_trading_mode,
                          &Ledger::begin_writing}) {
    if (auto error = (ledger.*step)()) {
      return error;
    }
  }
  return ledger;
}

caf::error Ledger::check_file() {
  const auto& path = config_.path;
  if (config_.access == SqliteAccess::write && database_->read_only()) {
    return io_failed(path, "the file is read-only: arbees must be able to write in it");
  }
  if (const auto failure = database_->execute(
        fmt::format("PRAGMA busy_timeout = {}; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = "
                    "OFF; PRAGMA temp_store = MEMORY; SELECT count(*) FROM sqlite_schema;",
                    config_.busy_timeout.count()))) {
    return io_failed(path, text_of(*failure));
  }
  const auto application = database_->value("PRAGMA application_id").value_or("0");
  const auto objects = database_->value("SELECT count(*) FROM sqlite_schema").value_or("0");
  const auto empty = application == "0" && objects == "0";
  if (application != std::to_string(ledger_application_id)
      && (!empty || config_.access == SqliteAccess::read)) {
    return io_failed(path, "not a ledger of arbees");
  }
  const auto version = database_->value("PRAGMA user_version").value_or("0");
  if (std::stoll(version) > std::ssize(ledger_migrations())) {
    return io_failed(path, fmt::format("schema version {} is of a newer arbees, this one knows {}",
                                       version, ledger_migrations().size()));
  }
  if (config_.access == SqliteAccess::read) {
    return caf::none;
  }
  const auto damage = database_->value("PRAGMA quick_check(1)");
  return damage == "ok"
           ? caf::error{}
           : io_failed(path, fmt::format("damaged: {}",
                                         damage ? *damage : database_->last_failure().text));
}

caf::error Ledger::migrate() {
  const auto version =
    static_cast<std::size_t>(std::stoull(database_->value("PRAGMA user_version").value_or("0")));
  const auto known = ledger_migrations().size();
  if (config_.access == SqliteAccess::read) {
    return version == known
             ? caf::error{}
             : io_failed(config_.path,
                         fmt::format("schema version {}, expected {}: run arbees once", version,
                                     known));
  }
  // FULL: a commit is on disk when it returns. The limit gives the space of a long-held
  // reader's log back.
  if (const auto failure =
        database_->execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
                           "PRAGMA journal_size_limit = 67108864;")) {
    return io_failed(config_.path, text_of(*failure));
  }
  if (database_->value("PRAGMA journal_mode") != "wal") {
    return io_failed(config_.path, "the file system does not support SQLite's write-ahead log");
  }
  if (const auto failure = version < known ? migrate_from(version) : std::nullopt) {
    database_->execute("ROLLBACK");
    return io_failed(config_.path, fmt::format("from schema version {} to {}: {}", version, known,
                                               text_of(*failure)));
  }
  struct stat status {};
  if (::stat(config_.path.c_str(), &status) != 0) {
    return io_failed(config_.path, std::strerror(errno));
  }
  file_ = {status.st_dev, status.st_ino};
  return caf::none;
}

/// All steps in one transaction: a ledger is of the old schema or of the new one.
std::optional<SqliteFailure> Ledger::migrate_from(std::size_t version) {
  const auto migrations = ledger_migrations();
  auto failure = database_->execute(
    fmt::format("BEGIN IMMEDIATE; PRAGMA application_id = {};", ledger_application_id));
  for (auto next = version; next < migrations.size() && !failure; ++next) {
    failure = database_->execute(migrations[next]);
  }
  if (!failure && version < chained_schema_version) {
    const auto mode = database_->value("SELECT value FROM meta WHERE key = 'trading_mode'");
    LedgerWriter writer{*database_, chain_origin(mode.value_or(config_.trading_mode))};
    failure = writer.prepare();
    failure = failure ? std::move(failure) : writer.tell_history();
  }
  return failure ? std::move(failure)
                 : database_->execute(
                   fmt::format("PRAGMA user_version = {}; COMMIT;", migrations.size()));
}

caf::error Ledger::adopt_trading_mode() {
  if (config_.access == SqliteAccess::write) {
    SqliteStatement insert;
    auto failure = database_->prepare(
      "INSERT INTO meta (key, value) VALUES ('trading_mode', ?) ON CONFLICT DO NOTHING", insert);
    if (failure || (failure = insert.bind(config_.trading_mode).run())) {
      return io_failed(config_.path, text_of(*failure));
    }
  }
  const auto mode = database_->value("SELECT value FROM meta WHERE key = 'trading_mode'");
  if (config_.access == SqliteAccess::write && mode != config_.trading_mode) {
    return io_failed(config_.path,
                     fmt::format("holds {} trades and cannot be used for {}: choose another file",
                                 mode.value_or("unknown"), config_.trading_mode));
  }
  config_.trading_mode = mode.value_or("unknown");
  return caf::none;
}

caf::error Ledger::begin_writing() {
  if (config_.access == SqliteAccess::read) {
    return caf::none;
  }
  auto head =
    check_newest_events(*database_, chain_origin(config_.trading_mode), events_checked_at_start);
  if (!head) {
    return io_failed(config_.path, describe(head.error()));
  }
  writer_ = std::make_unique<LedgerWriter>(*database_, std::move(*head));
  const auto failure = writer_->prepare();
  return failure ? io_failed(config_.path, text_of(*failure)) : caf::error{};
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
  if (!writer_) {
    return refused("the ledger was opened for reading");
  }
  if (auto error = check_same_file()) {
    return error;
  }
  std::vector<LedgerOutcome> outcomes;
  if (const auto failure = writer_->write(entries, outcomes)) {
    return refused(text_of(*failure));
  }
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
  const auto positions = read_positions(*database_);
  const auto settlements = read_settlements(*database_);
  const auto baselines = read_baselines(*database_);
  auto working = read_working_orders(*database_, venue);
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
  return verify_ledger(*database_, chain_origin(config_.trading_mode));
}

} // namespace arbees
