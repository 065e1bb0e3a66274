#pragma once

#include "actors/messages/interfaces.hpp"

// What processes say to each other over CAF's network layer: who is there, who has which game, and
// what the executor's ledger knows. Only programs that run on several hosts include this.

namespace arbees {

/// An actor's word to a shard host: which games have you?
using HeldAtom = caf::atom_constant<caf::atom("held")>;

/// Are you there?
using AliveAtom = caf::atom_constant<caf::atom("alive")>;

/// A game that a shard host works on, and until when it may.
struct HeldGame {
  GameId game;
  std::uint64_t epoch = 0;
  Timestamp lease_until;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, HeldGame& x) {
  return f(caf::meta::type_name("HeldGame"), x.game, x.epoch, x.lease_until);
}

struct HeldGames {
  std::vector<HeldGame> games;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, HeldGames& x) {
  return f(caf::meta::type_name("HeldGames"), x.games);
}

/// What a shard host finds when it looks at itself.
struct HostHealth {
  std::vector<std::string> blind; ///< names of venues whose books do not come
  Duration answers_in{};          ///< how long its shards' worker took to answer
  std::int64_t memory_bytes = 0;  ///< resident; 0: not known
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, HostHealth& x) {
  return f(caf::meta::type_name("HostHealth"), x.blind, x.answers_in, x.memory_bytes);
}

/// A shard host's word that it is alive. The first of a connection registers it.
struct HostStatus {
  std::string node;
  std::uint64_t incarnation = 0;    ///< of this start of the process
  std::int32_t capacity = 0;        ///< games that it takes
  std::vector<std::string> leagues; ///< that it takes before others, by name; none: all alike
  Timestamp at;                     ///< its clock
  std::vector<HeldGame> games;
  HostHealth health;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, HostStatus& x) {
  return f(caf::meta::type_name("HostStatus"), x.node, x.incarnation, x.capacity, x.leagues, x.at,
           x.games, x.health);
}

/// A shard host is to work no more on a game: another gets it.
struct ReleaseGame {
  GameId game;
  std::uint64_t epoch = 0; ///< a later assignment stands
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, ReleaseGame& x) {
  return f(caf::meta::type_name("ReleaseGame"), x.game, x.epoch);
}

/// An operator's word: the node is to have no games, or may have some again.
struct DrainNode {
  std::string node;
  bool drains = true;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, DrainNode& x) {
  return f(caf::meta::type_name("DrainNode"), x.node, x.drains);
}

/// A shard host as the orchestrator sees it.
struct HostView {
  std::string node; ///< empty: the orchestrator's own process
  std::uint64_t incarnation = 0;
  std::int32_t capacity = 0;
  std::int64_t games = 0;
  Timestamp heard_at;
  std::string circuit; ///< closed, open, half_open
  bool drains = false;
  HostHealth health;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, HostView& x) {
  return f(caf::meta::type_name("HostView"), x.node, x.incarnation, x.capacity, x.games, x.heard_at,
           x.circuit, x.drains, x.health);
}

struct HostsView {
  std::vector<HostView> hosts;
  std::vector<std::string> draining; ///< nodes, also of those that are not there
  std::int64_t waiting = 0;          ///< games without a host
  bool leads = true;                 ///< whether this orchestrator assigns them
  Timestamp at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, HostsView& x) {
  return f(caf::meta::type_name("HostsView"), x.hosts, x.draining, x.waiting, x.leads, x.at);
}

/// An operator asks who is there.
using HostsAtom = caf::atom_constant<caf::atom("hosts")>;

/// What the orchestrator thinks of a host.
struct HostAnswer {
  std::string refused; ///< why it gets no games; empty if it may
  bool leads = true;   ///< false: another orchestrator may
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, HostAnswer& x) {
  return f(caf::meta::type_name("HostAnswer"), x.refused, x.leads);
}

/// This orchestrator, and no other, may assign games until then.
struct MayAssign {
  Timestamp until;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, MayAssign& x) {
  return f(caf::meta::type_name("MayAssign"), x.until);
}

/// Asks the executor's process what must be known before anything is approved.
struct ReadPast {
  std::string mode;          ///< of the asker: paper and live must not meet
  std::vector<PairId> asked; ///< pairs of which nothing was heard, long after they expired
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, ReadPast& x) {
  return f(caf::meta::type_name("ReadPast"), x.mode, x.asked);
}

/// How the executor, its ledger and its venues stand.
struct ExecutorPast {
  Timestamp at;
  TradingControl trading;
  std::vector<PairRestored> pairs; ///< of today, and whatever is held
  std::vector<Settlement> settlements;
  std::vector<BalanceUpdate> balances;
  std::vector<VenueStatus> venues;
  std::vector<Reconciliation> reconciliations;
  std::vector<PairClosed> ended; ///< of those asked for, which the ledger never saw
  std::vector<PairId> unknown;   ///< of those asked for: they will be refused if they still come
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, ExecutorPast& x) {
  return f(caf::meta::type_name("ExecutorPast"), x.at, x.trading, x.pairs, x.settlements,
           x.balances, x.venues, x.reconciliations, x.ended, x.unknown);
}

/// Messages of `source` were lost, or it was started anew: what it said must be asked for.
struct BusGap {
  std::string source;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, BusGap& x) {
  return f(caf::meta::type_name("BusGap"), x.source);
}

using BusGapSink = caf::typed_actor<caf::reacts_to<BusGap>>;

/// Tells whether a venue's market data comes, now and whenever that changes.
using FeedStatusSource = caf::typed_actor<caf::reacts_to<caf::subscribe_atom, FeedStatusSink>>;

/// Follows the books and the connection of one venue: a monitor here, or the bus.
using BookMirrorActor = caf::typed_actor<
  // As they come from the bus.
  caf::reacts_to<BookUpdate>, caf::reacts_to<FeedStatus>,
  // Silence of the bus is an outage of the feed.
  caf::reacts_to<Tick>,
  // As of a monitor.
  caf::reacts_to<caf::subscribe_atom, FeedSink>,
  caf::reacts_to<caf::subscribe_atom,
                 FeedStatusSink>>::extend_with<BookSource>::extend_with<MetricsSource>;

/// Says again what still holds, for processes that come late.
using StateRepeaterActor =
  caf::typed_actor<caf::reacts_to<Tick>>::extend_with<FeedSink>::extend_with<GameSink>;

/// A shard host that tells what it has.
using LeasingHostActor =
  caf::typed_actor<caf::replies_to<HeldAtom>::with<HeldGames>,
                   // Stops the game's shard; answers what it has now.
                   caf::replies_to<ReleaseGame>::with<HeldGames>>::extend_with<ShardHostActor>;

/// Whom an operator's program talks to.
using HostOfficeActor = caf::typed_actor<
  // Who is there.
  caf::replies_to<HostsAtom>::with<HostsView>,
  // The node's games move away, or it may have some again; as above.
  caf::replies_to<DrainNode>::with<HostsView>>;

/// The orchestrator as other processes see it.
using HostRegistryActor = caf::typed_actor<
  // A host registers, and later says that it is alive.
  caf::replies_to<HostStatus, LeasingHostActor>::with<HostAnswer>,
  // A monitor asks which markets to follow.
  caf::reacts_to<caf::subscribe_atom, VenueInterest, WatchSink>>;

/// The orchestrator with hosts in other processes.
using ClusterOrchestratorActor = caf::typed_actor<
  caf::replies_to<HostStatus, LeasingHostActor>::with<HostAnswer>,
  // Of its lock, again and again.
  caf::reacts_to<MayAssign>>::extend_with<HostOfficeActor>::extend_with<OrchestratorActor>;

/// The executor as other processes see it.
using RemoteExecutorActor = caf::typed_actor<
  // Answers how all stands; Errc::bad_configuration if the other trades in another mode.
  caf::replies_to<ReadPast>::with<ExecutorPast>,
  // The signal processor's loss limit; nobody resumes this way.
  caf::reacts_to<caf::put_atom, TradingControl>,
  // Answers at once.
  caf::replies_to<AliveAtom>::with<AliveAtom>>;

/// Reads the past out of the ledger, on a thread of its own.
using PastReaderActor = caf::typed_actor<caf::replies_to<ReadPast>::with<ExecutorPast>>;

/// Where the executor's process takes requests in that come over the bus.
using ExecutorDoorActor = caf::typed_actor<
  // Passed on, unless they are too old or were given up.
  caf::reacts_to<ExecutionRequest>, caf::reacts_to<ExitRequest>,
  // Requests grow old by it.
  caf::reacts_to<Tick>>::
  // What the executor says, to be repeated to who comes late.
  extend_with<TradeSink>::extend_with<RemoteExecutorActor>::extend_with<MetricsSource>;

/// What the executor says, with the past before it: the signal processor, the position tracker.
using PastSink =
  caf::typed_actor<caf::reacts_to<PairRestored>, caf::reacts_to<Tick>>::extend_with<TradeSink>;

/// The executor's voice in a process without it.
using ExecutorLinkActor = caf::typed_actor<
  // Hears the past, then all that the executor says.
  caf::reacts_to<caf::subscribe_atom, PastSink>,
  // Sees to the connection.
  caf::reacts_to<Tick>,
  // A pair was approved: something must be heard of it.
  caf::reacts_to<ExecutionRequest>,
  // The loss limit was passed: told until the executor has obeyed.
  caf::reacts_to<caf::put_atom, TradingControl>,
  // Asks for the past anew.
  caf::reacts_to<BusGap>>::extend_with<TradeSink>::extend_with<MetricsSource>;

/// Holds an orchestrator's lock.
using LeadershipActor = caf::typed_actor<caf::reacts_to<Tick>>::extend_with<MetricsSource>;

/// The connection of monitors and shard hosts to the orchestrator.
using OrchestratorLinkActor = caf::typed_actor<
  // Sees to the connection, and says that the host is alive.
  caf::reacts_to<Tick>,
  // Whether books come.
  caf::reacts_to<FeedStatus>>::extend_with<MetricsSource>;

} // namespace arbees

CAF_BEGIN_TYPE_ID_BLOCK(arbees_cluster, caf::id_block::arbees::end)

  CAF_ADD_TYPE_ID(arbees_cluster, (arbees::BusGap))
  CAF_ADD_TYPE_ID(arbees_cluster, (arbees::DrainNode))
  CAF_ADD_TYPE_ID(arbees_cluster, (arbees::ExecutorPast))
  CAF_ADD_TYPE_ID(arbees_cluster, (arbees::HeldGames))
  CAF_ADD_TYPE_ID(arbees_cluster, (arbees::HostAnswer))
  CAF_ADD_TYPE_ID(arbees_cluster, (arbees::HostStatus))
  CAF_ADD_TYPE_ID(arbees_cluster, (arbees::HostsView))
  CAF_ADD_TYPE_ID(arbees_cluster, (arbees::MayAssign))
  CAF_ADD_TYPE_ID(arbees_cluster, (arbees::ReadPast))
  CAF_ADD_TYPE_ID(arbees_cluster, (arbees::ReleaseGame))

  CAF_ADD_TYPE_ID(arbees_cluster, (arbees::LeasingHostActor))
  CAF_ADD_TYPE_ID(arbees_cluster, (arbees::PastSink))

CAF_END_TYPE_ID_BLOCK(arbees_cluster)
