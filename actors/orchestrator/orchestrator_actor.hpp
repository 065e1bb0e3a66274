#pragma once

#include "actors/messages/cluster.hpp"
#include "actors/orchestrator/game_book.hpp"
#include "actors/orchestrator/host_circuit.hpp"
#include "actors/orchestrator/lease_book.hpp"

namespace arbees {

struct OrchestratorConfig {
  std::string source = "orchestrator"; ///< of its metrics
  GameBookConfig games;
  LeaseConfig lease;
  HostCircuitConfig circuit;
  /// A host whose clock differs by more gets no games: its leases would end at another time.
  Duration max_clock_skew{std::chrono::milliseconds{1500}};
  /// A host whose shards take longer to answer is given nothing more.
  Duration slow_answer{std::chrono::milliseconds{500}};
  /// A host that was asked to give a game up has so long to say that it did.
  Duration release_timeout{std::chrono::seconds{2}};
  /// Assigns games only while MayAssign says so: there is another orchestrator.
  bool needs_lock = false;
};

struct KnownHost {
  ShardHostActor actor;
  LeasingHostActor leasing; ///< the same; none: of this process
  HostStatus status;        ///< the last; its node is empty for this process
  Timestamp heard_at;
  bool was_silent = false;
};

struct OrchestratorState {
  static constexpr auto name = "orchestrator";

  OrchestratorConfig config;
  GameBook games{{}, {}};
  LeaseBook leases{Duration{}};
  HostCircuits circuits{{}};
  std::set<std::string> draining; ///< nodes, by an operator's word
  Timestamp now;
  std::vector<GameSink> subscribers;
  std::map<HostNumber, KnownHost> hosts;
  HostNumber next_host = 1;
  bool leads = false; ///< assigns games
  Timestamp leads_until;
  std::int64_t hosts_lost = 0;
  std::int64_t hosts_refused = 0;
  std::int64_t games_moved = 0;
  std::int64_t releases_unanswered = 0;
  std::vector<std::pair<Venue, WatchSink>> monitors;
};

/// Publishes games and matches, tells monitors what to follow, and leases games to shard hosts.
/// A host in another process says again and again that it is alive; one that is out of sight keeps
/// its games until their leases are over. One that is blind where others see, or that an operator
/// drains, hands its games over; one that comes and goes gets none for a while.
ClusterOrchestratorActor::behavior_type
orchestrator(ClusterOrchestratorActor::stateful_pointer<OrchestratorState> self,
             OrchestratorConfig config, std::map<League, LeagueTable> tables);

} // namespace arbees
