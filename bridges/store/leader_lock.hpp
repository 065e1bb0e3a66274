#pragma once

#include <caf/expected.hpp>
#include <functional>

#include "actors/messages/time.hpp"
#include "bridges/store/ledger_place.hpp"

namespace arbees {

/// The right to assign games, kept where the ledger is: a lock file beside it, or an advisory lock
/// of its database. It keeps nobody from the ledger itself.
/// @returns what takes the right or makes sure that it is still held, waiting a few seconds at
/// most: for how long it is certainly held, counted from the call, or Errc::io_failed with the
/// reason
std::function<caf::expected<Duration>()> leader_lock_beside(const LedgerConfig& ledger);

} // namespace arbees
