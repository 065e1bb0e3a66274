#pragma once

#include "actors/messages/interfaces.hpp"
#include "actors/orchestrator/game_book.hpp"
#include "actors/orchestrator/lease_book.hpp"

namespace arbees {

struct OrchestratorConfig {
  std::string source = "orchestrator"; ///< of its metrics
  GameBookConfig games;
  Duration lease = std::chrono::seconds{15};
};

struct OrchestratorState {
  static constexpr auto name = "orchestrator";

  std::string source;
  GameBook games{{}, {}};
  LeaseBook leases{Duration{}};
  Timestamp now;
  std::vector<GameSink> subscribers;
  std::map<HostNumber, ShardHostActor> hosts;
  HostNumber next_host = 1;
  std::vector<std::pair<Venue, WatchSink>> monitors;
};

/// Publishes games and matches, tells monitors what to follow, and leases games to shard hosts.
OrchestratorActor::behavior_type
orchestrator(OrchestratorActor::stateful_pointer<OrchestratorState> self, OrchestratorConfig config,
             std::map<League, LeagueTable> tables);

} // namespace arbees
