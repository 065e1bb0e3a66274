#pragma once

#include "bridges/store/history.hpp"
#include "bridges/store/ledger.hpp"

namespace arbees {

/// What the ledger knows of the history's tables: executions, fills, the last word on each order
/// and pair, payments, and the markets of all that.
/// @returns Errc::io_failed if the ledger fails
caf::expected<HistoryBatch> history_of(Ledger& ledger);

} // namespace arbees
