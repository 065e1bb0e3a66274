#pragma once

#include <caf/expected.hpp>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bridges/store/file_lock.hpp"
#include "bridges/store/ledger_kept_pairs.hpp"
#include "bridges/store/ledger_reader.hpp"
#include "bridges/store/ledger_verify.hpp"
#include "bridges/store/ledger_writer.hpp"

namespace arbees {

struct LedgerConfig {
  std::filesystem::path path;
  SqliteAccess access = SqliteAccess::write;   ///< `read` needs no lock and sees what is committed
  std::string trading_mode = "paper";          ///< of the ledger's whole life: money is not mixed
  std::chrono::milliseconds busy_timeout{500}; ///< for another program that writes in the file
};

/// The truth about money: a SQLite file with one writer (architecture section 6.3). What it holds
/// is a chain of events; its other tables follow from them, in the same transactions.
class Ledger {
public:
  /// Opens or creates the ledger and brings its schema up to date.
  /// @returns Errc::io_failed with one clear sentence: directory missing, in use by another
  /// process, unreadable, read-only, no database, damaged, with events that were changed, of a
  /// newer arbees, of another trading mode.
  static caf::expected<Ledger> open(LedgerConfig config);

  /// Commits `entries` in their order, all in one transaction; durable on return. An entry that
  /// breaks a rule (known client order id, report on an unknown order) is left out alone.
  /// @returns Errc::ledger_refused if the file failed: then nothing of the batch is recorded, and
  /// the same batch may be written again later.
  caf::expected<std::vector<LedgerOutcome>> write(std::span<const LedgerEntry> entries);

  /// `write` of one entry; the error is that of the entry or of the file.
  caf::error commit_intent(CommitIntent intent, Timestamp received_at);
  caf::error record(LedgerRecord record, Timestamp received_at);

  // Reading; Errc::io_failed if the file fails.
  caf::expected<std::vector<OpenPair>> open_pairs() { return read_open_pairs(*database_); }
  /// What must be known of earlier runs before trading goes on: see read_kept_pairs().
  caf::expected<std::vector<PairRestored>> kept_pairs(Timestamp day_began, Timestamp not_before) {
    return read_kept_pairs(*database_, day_began, not_before);
  }
  caf::expected<std::map<Venue, BalanceUpdate>> balances() { return read_balances(*database_); }
  caf::expected<std::vector<PositionRecord>> positions() { return read_positions(*database_); }
  caf::expected<std::vector<SettlementRecord>> settlements() {
    return read_settlements(*database_);
  }
  caf::expected<std::optional<TradingControl>> trading_control() {
    return read_trading_control(*database_);
  }
  caf::expected<std::map<Venue, ReconciliationRecord>> reconciliations() {
    return read_reconciliations(*database_);
  }
  caf::expected<LedgerTotals> totals(Timestamp since) { return read_totals(*database_, since); }

  /// The account at `venue` by the ledger, without the two stamps: what is held and was not paid
  /// for, what may still be executed, and the free money that must be there. That is the first
  /// balance ever heard and all that the ledger booked since: a deposit or withdrawal, or what
  /// somebody else trades with the same account, is no part of it and shows as a difference.
  /// Provisional fills count, as the venue takes their money at once; money that a venue keeps
  /// apart for resting orders is not taken off.
  caf::expected<AccountView> account(Venue venue);

  /// Recomputes the chain and all that follows from it. Reads in one snapshot.
  caf::expected<LedgerVerdict> verify();

  [[nodiscard]] const LedgerConfig& config() const { return config_; }

private:
  struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
  };

  caf::error check_file();
  caf::error migrate();
  std::optional<SqliteFailure> migrate_from(std::size_t version);
  caf::error adopt_trading_mode();
  caf::error begin_writing();
  caf::error check_same_file() const;

  LedgerConfig config_;
  FileLock lock_; // released after the connection is closed
  FileIdentity file_;
  std::unique_ptr<SqliteConnection> database_ = std::make_unique<SqliteConnection>();
  std::unique_ptr<LedgerWriter> writer_; ///< none if the ledger was opened for reading
};

} // namespace arbees
