#pragma once

#include <caf/expected.hpp>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bridges/store/ledger_kept_pairs.hpp"
#include "bridges/store/ledger_place.hpp"
#include "bridges/store/ledger_reader.hpp"
#include "bridges/store/ledger_verify.hpp"
#include "bridges/store/ledger_writer.hpp"

namespace arbees {

/// The truth about money: a SQLite file, or a PostgreSQL database, with one writer (architecture
/// section 6.3). What it holds is a chain of events; its other tables follow from them, in the same
/// transactions.
class Ledger {
public:
  /// Opens or creates the ledger and brings its schema up to date.
  /// @returns Errc::io_failed with one clear sentence: directory missing, server away, in use by
  /// another process, unreadable, read-only, no database, damaged, with events that were changed,
  /// of a newer arbees, of another trading mode. Errc::bad_configuration for a malformed URL.
  static caf::expected<Ledger> open(LedgerConfig config);

  /// Who has the ledger open for writing; nothing if nobody does, or it cannot be told.
  static std::optional<LedgerHolder> holder(const LedgerConfig& config);

  /// Commits `entries` in their order, all in one transaction; durable on return. An entry that
  /// breaks a rule (known client order id, report on an unknown order) is left out alone.
  /// If the connection is found lost, it is taken up again and the batch written once more.
  /// @returns Errc::ledger_refused if the file or server failed: then nothing of the batch is
  /// recorded, and the same batch may be written again later, unless it is `in_doubt`.
  caf::expected<std::vector<LedgerOutcome>> write(std::span<const LedgerEntry> entries);

  /// The connection is lost: nothing can be written or read before `resume` succeeds.
  [[nodiscard]] bool lost() const { return away_ || place_->lost(); }
  /// The last batch was being committed when the connection was lost: it may be in the ledger.
  [[nodiscard]] bool in_doubt() const { return doubt_.has_value(); }
  /// Takes up a lost connection, with the sole right to write, and finds out about a batch in
  /// doubt.
  /// @returns what became of its entries; nothing if it is not in the ledger, or none was in doubt.
  /// Errc::io_failed while the server is away, or if what it has is not what was written to it.
  caf::expected<std::optional<std::vector<LedgerOutcome>>> resume();

  /// `write` of one entry; the error is that of the entry or of the file.
  caf::error commit_intent(CommitIntent intent, Timestamp received_at);
  caf::error record(LedgerRecord record, Timestamp received_at);

  // Reading; Errc::io_failed if the file fails.
  caf::expected<std::vector<OpenPair>> open_pairs() { return read_open_pairs(database()); }
  /// What must be known of earlier runs before trading goes on: see read_kept_pairs().
  caf::expected<std::vector<PairRestored>> kept_pairs(Timestamp day_began, Timestamp not_before) {
    return read_kept_pairs(database(), day_began, not_before);
  }
  caf::expected<std::map<Venue, BalanceUpdate>> balances() { return read_balances(database()); }
  caf::expected<std::vector<PositionRecord>> positions() { return read_positions(database()); }
  caf::expected<std::vector<SettlementRecord>> settlements() {
    return read_settlements(database());
  }
  caf::expected<std::optional<TradingControl>> trading_control() {
    return read_trading_control(database());
  }
  caf::expected<std::map<Venue, ReconciliationRecord>> reconciliations() {
    return read_reconciliations(database());
  }
  caf::expected<LedgerTotals> totals(Timestamp since) { return read_totals(database(), since); }

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

  /// For people: where the ledger is, never with a password.
  [[nodiscard]] std::string name() const { return place_->name(); }

private:
  /// A batch whose commit was not answered.
  struct Doubt {
    ChainHead head; ///< if it is in the ledger
    std::vector<LedgerOutcome> outcomes;
  };

  Database& database() { return place_->database(); }
  caf::error migrate();
  std::optional<DatabaseFailure> migrate_from(std::size_t version);
  caf::error adopt_trading_mode();
  caf::error begin_writing();
  caf::expected<std::vector<LedgerOutcome>> write_once(std::span<const LedgerEntry> entries);

  LedgerConfig config_;
  std::unique_ptr<LedgerPlace> place_;
  std::unique_ptr<LedgerWriter> writer_; ///< none if the ledger was opened for reading
  bool away_ = false; ///< from a lost connection until all is known of what was written to it
  std::optional<Doubt> doubt_;
};

} // namespace arbees
