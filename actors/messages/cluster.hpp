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

/// A shard host's word that it is alive. The first of a connection registers it.
struct HostStatus {
  std::string node;
  std::uint64_t incarnation = 0; ///< of this start of the process
  std::int32_t capacity = 0;     ///< games that it takes
  Timestamp at;                  ///< its clock
  std::vector<HeldGame> games;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, HostStatus& x) {
  return f(caf::meta::type_name("HostStatus"), x.node, x.incarnation, x.capacity, x.at, x.games);
}

/// What the orchestrator thinks of a host.
struct HostAnswer {
  std::string refused; ///< why it gets no games; empty if it may
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, HostAnswer& x) {
  return f(caf::meta::type_name("HostAnswer"), x.refused);
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
  caf::typed_actor<caf::replies_to<HeldAtom>::with<HeldGames>>::extend_with<ShardHostActor>;

/// The orchestrator as other processes see it.
using HostRegistryActor = caf::typed_actor<
  // A host registers, and later says that it is alive.
  caf::replies_to<HostStatus, ShardHostActor>::with<HostAnswer>,
  // A monitor asks which markets to follow.
  caf::reacts_to<caf::subscribe_atom, VenueInterest, WatchSink>>;

/// The orchestrator with hosts in other processes.
using ClusterOrchestratorActor = caf::typed_actor<
  caf::replies_to<HostStatus, ShardHostActor>::with<HostAnswer>>::extend_with<OrchestratorActor>;

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

/// The connection of monitors and shard hosts to the orchestrator.
using OrchestratorLinkActor = caf::typed_actor<
  // Sees to the connection, and says that the host is alive.
  caf::reacts_to<Tick>>::extend_with<MetricsSource>;

} // namespace arbees

CAF_BEGIN_TYPE_ID_BLOCK(arbees_cluster, caf::id_block::arbees::end)

  CAF_ADD_TYPE_ID(arbees_cluster, (arbees::BusGap))
  CAF_ADD_TYPE_ID(arbees_cluster, (arbees::ExecutorPast))
  CAF_ADD_TYPE_ID(arbees_cluster, (arbees::HeldGames))
  CAF_ADD_TYPE_ID(arbees_cluster, (arbees::HostAnswer))
  CAF_ADD_TYPE_ID(arbees_cluster, (arbees::HostStatus))
  CAF_ADD_TYPE_ID(arbees_cluster, (arbees::ReadPast))

  CAF_ADD_TYPE_ID(arbees_cluster, (arbees::PastSink))

CAF_END_TYPE_ID_BLOCK(arbees_cluster)
