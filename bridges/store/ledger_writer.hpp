#pragma once

#include <array>
#include <map>
#include <span>
#include <vector>

#include "bridges/store/database.hpp"
#include "bridges/store/hash_chain.hpp"
#include "bridges/store/ledger_event.hpp"
#include "bridges/store/ledger_reader.hpp"

namespace arbees {

/// What became of one entry of a batch that was committed.
struct LedgerOutcome {
  caf::error refused;     ///< Errc::ledger_refused: it broke a rule and changed nothing
  bool duplicate = false; ///< it said nothing new, and changed nothing
};

/// An execution or payment that the venue stamped this long before the first balance was heard is
/// in that balance, even if it is told later. Stamps have the grain of a second, and two clocks.
inline constexpr Duration baseline_slack = std::chrono::seconds{2};

/// How each record becomes an event of the chain, and rows of the tables that follow from it.
class LedgerWriter {
public:
  using Failure = std::optional<DatabaseFailure>;

  /// @param database must outlive the writer
  LedgerWriter(Database& database, ChainHead head) : database_(database), head_(std::move(head)) {}

  Failure prepare();

  /// Commits `entries` in their order in one transaction. On a failure nothing of it is recorded,
  /// or it is in doubt.
  Failure write(std::span<const LedgerEntry> entries, std::vector<LedgerOutcome>& outcomes);

  /// Tells the chain what a ledger without one holds. Inside a transaction of the caller.
  Failure tell_history();

  [[nodiscard]] const ChainHead& head() const { return head_; }

  /// The head that the ledger has if the last `write`, whose commit was not answered, is in it.
  [[nodiscard]] const std::optional<ChainHead>& in_doubt() const { return in_doubt_; }
  /// After a connection was taken up again, on which `head` was found.
  Failure go_on_from(ChainHead head);

private:
  enum Sql : std::size_t {
    begin,
    commit,
    savepoint,
    release,
    rollback_to,
    insert_event,
    insert_pair,
    insert_leg,
    take_up_pair,
    insert_market,
    insert_order,
    insert_report,
    update_order,
    insert_fill,
    same_fill,
    change_fill,
    insert_change,
    counted_fills,
    select_position,
    upsert_position,
    delete_position,
    select_settlement,
    upsert_settlement,
    own_settlement,
    select_pair,
    close_pair,
    upsert_balance,
    insert_baseline,
    move_baseline,
    venue_of_market,
    insert_control,
    select_reconciliation,
    upsert_reconciliation,
    insert_drift,
    place_order,
    sql_count,
  };
  Statement& statement(Sql which) { return *statements_[which]; }
  Failure write_entry(const LedgerEntry& entry, LedgerOutcome& outcome);
  Failure apply(const LedgerEntry& entry, LedgerOutcome& outcome);
  Failure apply(const CommitIntent& intent, Timestamp received_at, LedgerOutcome&);
  Failure apply(const OrderReport& report, Timestamp received_at, LedgerOutcome&);
  Failure apply(const Fill& fill, Timestamp received_at, LedgerOutcome& outcome);
  Failure apply(const PairClosed& pair, Timestamp received_at, LedgerOutcome& outcome);
  Failure apply(const BalanceUpdate& balance, Timestamp received_at, LedgerOutcome&);
  Failure apply(const Settlement& settlement, Timestamp received_at, LedgerOutcome& outcome);
  Failure apply(const TradingControl& control, Timestamp received_at, LedgerOutcome&);
  Failure apply(const Reconciliation& compared, Timestamp received_at, LedgerOutcome& outcome);
  Failure apply(const MoneyAccepted& accepted, Timestamp received_at, LedgerOutcome&);
  Failure append(const EventText& event, Timestamp at);

  Failure insert_legs(const ExecutionRequest& request);
  Failure insert_one(const OrderIntent& order, const CommitIntent& intent, std::size_t place,
                     Timestamp received_at);
  Failure update_from(const OrderReport& report);
  Failure change_state(const Fill& fill, Timestamp received_at, LedgerOutcome& outcome);
  Failure take_place(const PairClosed& pair, LedgerOutcome& outcome);

  Failure move_position(const Fill& fill);
  Failure rebuild_position(MarketId market, Side side);
  Failure write_position(MarketId market, Side side, const Position& position);
  Failure settle(MarketId market, Side side, Position& position);
  Failure read_baselines();
  Failure read_money(Venue venue, std::optional<MarketId> market, Money& money);
  /// Does `change`, and keeps it out of what moved since the baseline if `at` is before that.
  template <class F>
  Failure
  before_or_after_baseline(std::optional<Venue> venue, MarketId market, Timestamp at, F change);
  Failure find_venue(MarketId market, std::optional<Venue>& venue);

  Failure tell_pairs();
  Failure tell_reports();
  Failure tell_fills();
  Failure tell_closings();
  Failure tell_balances();

  Database& database_;
  ChainHead head_;
  std::optional<ChainHead> in_doubt_;
  std::map<Venue, BaselineRecord> baselines_;
  std::array<std::unique_ptr<Statement>, sql_count> statements_;
};

} // namespace arbees
