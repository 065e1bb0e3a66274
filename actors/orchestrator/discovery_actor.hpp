#pragma once

#include "actors/orchestrator/discovery_book.hpp"

namespace arbees {

struct DiscoveryState {
  static constexpr auto name = "discovery";

  DiscoveryBook book;
  Timestamp now;
  std::map<std::string, std::int64_t> counters;
};

/// Metrics: games, answered, and per problem its name: unknown, not_matched, ambiguous, too_many,
/// too_late, malformed.
DiscoveryActor::behavior_type
discovery(DiscoveryActor::stateful_pointer<DiscoveryState> self, DiscoveryConfig config);

} // namespace arbees
