#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bridges/store/ledger_record.hpp"
#include "bridges/store/position.hpp"

namespace arbees {

/// One row of a table as its columns' texts, "null" for NULL, with the event that touched it last.
struct LedgerRow {
  std::vector<std::string> columns;
  std::int64_t seq = 0;
};

/// Rows by their key: the first columns, as many as the table's key has, with a space between.
using LedgerRows = std::map<std::string, LedgerRow>;

/// Makes the ledger's tables from its events alone: the writer's rules once more, told apart from
/// SQL, so that each proves the other.
class LedgerReplay {
public:
  /// @returns why no ledger can hold this event after those before it; empty if it can.
  std::string apply(std::int64_t seq, bool opens, Timestamp at, const LedgerRecord& record);

  /// Tables by name, with the columns that `ledger_table_sql` selects.
  [[nodiscard]] std::map<std::string_view, LedgerRows> tables() const;

private:
  struct Pair {
    ExecutionRequest request;
    Timestamp intent_at;
    std::uint32_t batches = 0;
    std::uint32_t closings = 0;
    std::optional<PairClosed> closed;
    std::int64_t seq = 0;
  };
  struct Order {
    OrderIntent intent;
    Timestamp intent_at;
    std::uint32_t batch = 0;
    std::int64_t intent_seq = 0;
    std::size_t place = 0;
    std::optional<OrderReport> report;
    std::int64_t seq = 0;
  };
  struct KnownFill {
    Fill fill;
    std::int64_t seq = 0;
  };
  struct Held {
    std::vector<std::size_t> fills; ///< index in fills_, in the order of arrival
    std::optional<Settlement> settlement;
    std::int64_t seq = 0;
  };
  struct Made {
    std::optional<Position> position; ///< none if no fill counts
    OwnSettlement own;
  };
  struct Baseline {
    BalanceUpdate balance;
    Money moved;
    std::int64_t seq = 0;
  };
  struct Event {
    std::int64_t seq = 0;
    bool opens = false;
    Timestamp at;
  };
  using HeldKey = std::pair<MarketId, Side>;

  std::string apply(const Event& event, const CommitIntent& intent);
  std::string apply(const Event& event, const OrderReport& report);
  std::string apply(const Event& event, const Fill& fill);
  std::string apply(const Event& event, const PairClosed& pair);
  std::string apply(const Event& event, const BalanceUpdate& balance);
  std::string apply(const Event& event, const Settlement& settlement);
  std::string apply(const Event& event, const TradingControl& control);
  std::string apply(const Event& event, const Reconciliation& compared);
  std::string apply(const Event& event, const MoneyAccepted& accepted);

  [[nodiscard]] Made make(const Held& held) const;
  [[nodiscard]] Money money_of(Venue venue, std::optional<MarketId> market) const;
  template <class F>
  void before_or_after_baseline(std::optional<Venue> venue, MarketId market, Timestamp at,
                                std::int64_t seq, F change);
  void append(std::string_view table, std::int64_t seq, std::vector<std::string> columns);
  void write_pairs(std::map<std::string_view, LedgerRows>& tables) const;
  void write_orders(std::map<std::string_view, LedgerRows>& tables) const;
  void write_money(std::map<std::string_view, LedgerRows>& tables) const;

  std::map<PairId, Pair> pairs_;
  std::map<MarketId, std::pair<MarketRef, std::int64_t>> markets_;
  std::map<std::string, Order> orders_;
  std::vector<KnownFill> fills_;
  std::map<std::pair<MarketId, std::string>, std::size_t> fill_index_;
  std::map<HeldKey, Held> held_;
  std::map<Venue, std::pair<BalanceUpdate, std::int64_t>> balances_;
  std::map<Venue, Baseline> baselines_;
  std::map<std::string_view, LedgerRows> lists_; ///< tables that only grow
};

/// A table and how its rows are read for the comparison.
struct LedgerTableSql {
  std::string_view name;
  std::size_t key_columns = 1;
  std::string_view sql;
};

/// Every table that follows from the events.
const std::vector<LedgerTableSql>& ledger_tables();

} // namespace arbees
