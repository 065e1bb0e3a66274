#pragma once

#include <functional>

#include "actors/messages/cluster.hpp"

namespace arbees {

struct ExecutorDoorConfig {
  std::string mode = "paper";
  RequestSink executor;
  PastReaderActor past;
  /// As they stand before the executor has told anything: on paper, where no venue speaks.
  std::vector<VenueStatus> venues;
  std::vector<BalanceUpdate> balances;
  /// How long after its end a request may still come: for clocks that differ and slow wires.
  Duration lateness{std::chrono::milliseconds{500}};
  std::chrono::milliseconds past_timeout{9'000};
};

struct ExecutorDoorState {
  static constexpr auto name = "executor_door";

  struct Passed {
    Timestamp at;
    std::optional<PairClosed> closed;
  };

  ExecutorDoorConfig config;
  Timestamp now;
  std::map<PairId, Passed> passed;      ///< of the last hour
  std::map<PairId, Timestamp> given_up; ///< never to be passed on
  Timestamp forgot_at;
  std::map<std::pair<Venue, std::optional<std::int32_t>>, VenueStatus> venues;
  std::map<Venue, BalanceUpdate> balances;
  std::map<Venue, Reconciliation> reconciliations;
  TradingControl trading;
  std::map<std::string, std::int64_t> counters;
};

/// Lets requests of other processes in to the executor, and tells them what it and its ledger
/// know. A request that comes late, or was given up by who made it, is not carried out.
/// Metrics: passed, late, given_up, exits_passed, exits_late, pasts, controls, wrong_mode.
ExecutorDoorActor::behavior_type
executor_door(ExecutorDoorActor::stateful_pointer<ExecutorDoorState> self,
              ExecutorDoorConfig config);

/// Answers with what `read` reads. Spawned detached.
PastReaderActor::behavior_type
past_reader(PastReaderActor::pointer self, std::function<caf::expected<ExecutorPast>()> read);

} // namespace arbees
