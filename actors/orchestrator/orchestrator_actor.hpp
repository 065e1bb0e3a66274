#pragma once

#include "actors/messages/cluster.hpp"
#include "actors/orchestrator/game_book.hpp"
#include "actors/orchestrator/lease_book.hpp"

namespace arbees {

struct OrchestratorConfig {
  std::string source = "orchestrator"; ///< of its metrics
  GameBookConfig games;
  LeaseConfig lease;
  /// A host whose clock differs by more gets no games: its leases would end at another time.
  Duration max_clock_skew{std::chrono::milliseconds{1500}};
};

struct KnownHost {
  ShardHostActor actor;
  std::string node; ///< empty: this process
};

struct OrchestratorState {
  static constexpr auto name = "orchestrator";

  std::string source;
  GameBook games{{}, {}};
  Duration max_clock_skew{};
  LeaseBook leases{Duration{}};
  Timestamp now;
  std::vector<GameSink> subscribers;
  std::map<HostNumber, KnownHost> hosts;
  HostNumber next_host = 1;
  std::int64_t hosts_lost = 0;
  std::int64_t hosts_refused = 0;
  std::vector<std::pair<Venue, WatchSink>> monitors;
};

/// Publishes games and matches, tells monitors what to follow, and leases games to shard hosts.
/// A host in another process says again and again that it is alive; one that is out of sight keeps
/// its games until their leases are over.
ClusterOrchestratorActor::behavior_type
orchestrator(ClusterOrchestratorActor::stateful_pointer<OrchestratorState> self,
             OrchestratorConfig config, std::map<League, LeagueTable> tables);

} // namespace arbees
