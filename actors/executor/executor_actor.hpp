#pragma once

#include "actors/executor/pair_desk.hpp"
#include "actors/messages/interfaces.hpp"

namespace arbees {

/// One gateway per venue, by Venue.
using VenueGateways = std::array<VenueGatewayActor, 2>;

/// What an earlier process left, as the ledger has it.
struct ExecutorStart {
  std::vector<OpenPair> open_pairs;
  std::vector<PairRestored> held_pairs; ///< have ended, and hold what is not paid
  TradingControl trading;               ///< the last one: it is latched
  Timestamp now;
};

/// What venues said that holds until their next word: for a sink that is subscribed later.
struct StandingNews {
  std::map<std::pair<Venue, std::optional<std::int32_t>>, VenueStatus> states; ///< by shard
  std::map<Venue, BalanceUpdate> balances;
  std::map<Venue, Reconciliation> reconciliations;
};

struct ExecutorState {
  static constexpr auto name = "executor";

  PairDesk desk{ExecutorConfig{}};
  LedgerActor ledger;
  VenueGateways gateways;
  std::vector<TradeSink> sinks;
  StandingNews standing;
  std::vector<PairClosed> ended_unheard; ///< before anybody had subscribed: restored pairs
};

/// Both legs of every request as one pair, to a terminal state. To be subscribed to the books of
/// all markets, and told of every matched game. The ledger hears of everything by itself, before
/// the other sinks, and must not be subscribed as well.
ExecutorActor::behavior_type
executor(ExecutorActor::stateful_pointer<ExecutorState> self, ExecutorConfig config,
         LedgerActor ledger, VenueGateways gateways, ExecutorStart start = {});

} // namespace arbees
