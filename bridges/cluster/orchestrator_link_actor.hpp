#pragma once

#include "actors/messages/cluster.hpp"
#include "bridges/cluster/peer.hpp"

namespace arbees {

struct OrchestratorLinkConfig {
  PeerAddress orchestrator;
  std::string node;
  std::uint64_t incarnation = 0;
  std::int32_t capacity = 0;
  LeasingHostActor host;                             ///< none: no shards here
  std::vector<std::pair<Venue, WatchSink>> monitors; ///< that run here
  Duration heartbeat{std::chrono::seconds{1}};
  std::chrono::milliseconds timeout{3'000};
};

struct OrchestratorLinkState {
  static constexpr auto name = "orchestrator_link";

  OrchestratorLinkConfig config;
  Peer<HostRegistryActor> orchestrator;
  Timestamp now;
  Timestamp told_at;
  std::string refused; ///< the last answer
  std::map<std::string, std::int64_t> counters;
};

/// Connects this process's monitors and shards to the orchestrator, again and again. A host says
/// that it is alive and which games it has; while it cannot, its leases run out by themselves.
/// Metrics: connected, heartbeats, unanswered, refused, lost.
OrchestratorLinkActor::behavior_type
orchestrator_link(OrchestratorLinkActor::stateful_pointer<OrchestratorLinkState> self,
                  OrchestratorLinkConfig config);

} // namespace arbees
