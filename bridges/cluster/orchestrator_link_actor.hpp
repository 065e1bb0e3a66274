#pragma once

#include <functional>

#include "actors/messages/cluster.hpp"
#include "bridges/cluster/peer.hpp"

namespace arbees {

struct OrchestratorLinkConfig {
  std::vector<PeerAddress> orchestrators; ///< one of which assigns games
  std::string node;
  std::uint64_t incarnation = 0;
  std::int32_t capacity = 0;
  std::vector<std::string> leagues{}; ///< that it takes before others
  std::vector<Venue> venues{};        ///< whose FeedStatus comes to the link
  std::function<Timestamp()> clock;
  LeasingHostActor host;                             ///< none: no shards here
  std::vector<std::pair<Venue, WatchSink>> monitors; ///< that run here
  Duration heartbeat{std::chrono::seconds{1}};
  std::chrono::milliseconds timeout{3'000};
};

struct OrchestratorLinkState {
  static constexpr auto name = "orchestrator_link";

  OrchestratorLinkConfig config;
  Peer<HostRegistryActor> orchestrator;
  std::size_t turn = 0;       ///< which of the orchestrators is tried
  std::uint64_t attempts = 0; ///< without success, at the last look
  Timestamp now;
  Timestamp told_at;
  std::string refused; ///< the last answer
  std::map<Venue, bool> sees;
  std::map<std::string, std::int64_t> counters;
};

/// Connects this process's monitors and shards to the orchestrator, again and again. A host says
/// that it is alive, which games it has, and how it is: which venues' books come, how long its
/// shards' worker takes to answer, what memory it has; while it cannot, its leases run out by
/// themselves. Metrics: connected, heartbeats, unanswered, refused, lost.
OrchestratorLinkActor::behavior_type
orchestrator_link(OrchestratorLinkActor::stateful_pointer<OrchestratorLinkState> self,
                  OrchestratorLinkConfig config);

} // namespace arbees
