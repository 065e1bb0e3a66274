#pragma once

#include <caf/expected.hpp>
#include <optional>

#include "bridges/store/database.hpp"
#include "bridges/store/hash_chain.hpp"

namespace arbees {

/// What is wrong in a ledger, and from which event on it cannot be believed.
struct LedgerFault {
  std::int64_t seq = 0; ///< the first wrong event, or the last one that a wrong row follows from
  std::string what;
};

struct LedgerVerdict {
  std::int64_t events = 0; ///< that were read and are right
  std::string head;        ///< hash of the last one: whoever notes it can prove more than this file
  std::int64_t rows = 0;   ///< of other tables that were compared
  std::optional<LedgerFault> fault;
};

/// The chain's head after the newest `limit` events, recomputed from the one before them.
/// @returns Errc::io_failed with the number of the first event that is wrong.
caf::expected<ChainHead>
check_newest_events(Database& database, const ChainHead& origin, std::int64_t limit);

/// The chain's head as the newest event has it, or `origin` if there is none.
caf::expected<ChainHead> newest_event(Database& database, const ChainHead& origin);

/// Looks for damage, recomputes the whole chain, makes every other table again from the events, and
/// compares. Stops at the first fault. All in one read transaction: the writer may go on.
/// @returns Errc::io_failed if that cannot be done at all.
caf::expected<LedgerVerdict> verify_ledger(Database& database, const ChainHead& origin);

} // namespace arbees
