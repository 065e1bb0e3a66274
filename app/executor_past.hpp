#pragma once

#include <caf/expected.hpp>
#include <set>

#include "actors/messages/cluster.hpp"
#include "app/config.hpp"
#include "bridges/store/ledger.hpp"

namespace arbees {

/// How long ended pairs that hold something are told to who starts. Paper is never paid for what
/// it holds, so that its pairs only count for as long as their games may last.
Duration patience_with_held_pairs(const Config& config);

/// The settlements of the markets of `pairs`.
caf::expected<std::vector<Settlement>>
settlements_of(Ledger& ledger, const std::vector<PairRestored>& pairs);

/// What of today and of held pairs is in the ledger, for another process. Reads beside the writer.
caf::expected<ExecutorPast> read_executor_past(const Config& config, Timestamp now);

} // namespace arbees
