#pragma once

#include <array>
#include <caf/expected.hpp>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "actors/messages/account.hpp"

#include "actors/messages/latency_histogram.hpp"
#include "bridges/store/file_lock.hpp"
#include "bridges/store/position.hpp"
#include "bridges/store/sqlite.hpp"

namespace arbees {

struct LedgerConfig {
  std::filesystem::path path;
  SqliteAccess access = SqliteAccess::write;   ///< `read` needs no lock and sees what is committed
  std::string trading_mode = "paper";          ///< of the ledger's whole life: money is not mixed
  std::chrono::milliseconds busy_timeout{500}; ///< for another program that writes in the file
};

using LedgerRecord = std::variant<CommitIntent, OrderReport, Fill, PairClosed, BalanceUpdate>;

struct LedgerEntry {
  LedgerRecord record;
  Timestamp received_at; ///< when the ledger got it
};

/// What became of one entry of a batch that was committed.
struct LedgerOutcome {
  caf::error refused;     ///< Errc::ledger_refused: it broke a rule and changed nothing
  bool duplicate = false; ///< a fill that was there already, with the same content
};

struct PositionRecord {
  MarketId market;
  std::string native_id; ///< empty if no order of ours named the market
  std::optional<Venue> venue;
  Side side = Side::yes;
  Position position;
};

/// Sums over pairs and orders whose intent is not older than a given time.
struct LedgerTotals {
  std::map<std::string, std::int64_t> pairs; ///< by outcome, and "open"
  std::int64_t orders = 0;
  std::int64_t fills = 0;
  Money locked_profit; ///< of closed pairs, after fees
  Money cost;          ///< of closed pairs, without fees
  Money fees;          ///< of all orders
  LatencyHistogram tick_to_intent;
  LatencyHistogram order_latency; ///< sent to latest report, orders that are done
};

/// The truth about money: a SQLite file with one writer (architecture section 6.3).
class Ledger {
public:
  /// Opens or creates the ledger and brings its schema up to date.
  /// @returns Errc::io_failed with one clear sentence: directory missing, in use by another
  /// process, unreadable, no database, damaged, of a newer arbees, of another trading mode.
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
  caf::expected<std::vector<OpenPair>> open_pairs();
  caf::expected<std::map<Venue, BalanceUpdate>> balances();
  caf::expected<std::vector<PositionRecord>> positions(); ///< by market and side, flat ones too
  caf::expected<LedgerTotals> totals(Timestamp since);

  [[nodiscard]] const LedgerConfig& config() const { return config_; }

private:
  enum Sql : std::size_t {
    begin,
    commit,
    savepoint,
    release,
    rollback_to,
    insert_pair,
    insert_leg,
    insert_market,
    insert_order,
    insert_report,
    update_order,
    insert_fill,
    same_fill,
    select_position,
    upsert_position,
    close_pair,
    upsert_balance,
    sql_count,
  };
  using Failure = std::optional<SqliteFailure>;
  struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
  };

  caf::error check_file();
  caf::error migrate();
  caf::error adopt_trading_mode();
  caf::error prepare_statements();
  SqliteStatement& statement(Sql which) { return statements_[which]; }

  caf::error check_same_file() const;
  Failure write_entry(const LedgerEntry& entry, LedgerOutcome& outcome);
  Failure apply(const LedgerEntry& entry, LedgerOutcome& outcome);
  Failure apply(const CommitIntent& intent, Timestamp received_at);
  Failure apply(const OrderIntent& order, Timestamp received_at);
  Failure apply(const OrderReport& report, Timestamp received_at);
  Failure apply(const Fill& fill, LedgerOutcome& outcome);
  Failure apply(const PairClosed& pair);
  Failure apply(const BalanceUpdate& balance);
  Failure insert_legs(const ExecutionRequest& request);
  Failure move_position(const Fill& fill);

  caf::error read_legs(OpenPair& pair);
  caf::error read_orders(OpenPair& pair);
  caf::error read_fills(OpenPair& pair);

  LedgerConfig config_;
  FileLock lock_; // released after the connection is closed
  FileIdentity file_;
  SqliteConnection database_;
  std::array<SqliteStatement, sql_count> statements_;
};

} // namespace arbees
