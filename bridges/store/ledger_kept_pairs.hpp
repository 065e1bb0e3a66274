#pragma once

#include <caf/expected.hpp>
#include <vector>

#include "actors/messages/position.hpp"
#include "bridges/store/sqlite.hpp"

namespace arbees {

/// Pairs of earlier runs that still matter, oldest first: open ones; those that ended since
/// `day_began` or were paid since then, for the day's profit; those that ended since `not_before`
/// and hold contracts that no venue has paid for.
/// @returns Errc::io_failed if the file fails, or holds what arbees never writes
caf::expected<std::vector<PairRestored>>
read_kept_pairs(Database& database, Timestamp day_began, Timestamp not_before);

} // namespace arbees
