#pragma once

#include <variant>

#include "actors/messages/account.hpp"
#include "actors/messages/control.hpp"

namespace arbees {

/// All that the ledger keeps.
using LedgerRecord = std::variant<CommitIntent, OrderReport, Fill, PairClosed, BalanceUpdate,
                                  Settlement, TradingControl, Reconciliation, MoneyAccepted>;

struct LedgerEntry {
  LedgerRecord record;
  Timestamp received_at; ///< when the ledger got it
};

} // namespace arbees
