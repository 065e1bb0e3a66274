#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/messages/interfaces.hpp"

namespace arbees {

/// What a run came to, for its summary. Written by one actor, read after that actor has ended.
struct RunRecord {
  std::map<GameId, MatchedGame> matched;                ///< the latest state of each match
  std::map<std::string, std::string> rejected_listings; ///< venue and listing to the last gate
  std::uint64_t signals = 0;
  std::uint64_t requests = 0;
  std::map<std::string, std::uint64_t> rejections; ///< by filter
  std::map<std::string, std::int64_t> pairs;       ///< by outcome
  std::map<PairId, PairClosed> closed;             ///< the last word on each
  Money locked_profit; ///< of closed pairs, after fees; unhedged contracts count nothing
  Money fees;
  Quantity matched_contracts;
  std::uint64_t exits = 0;          ///< that ordered something
  std::uint64_t exits_rejected = 0; ///< by risk
  std::uint64_t exits_refused = 0;  ///< by the executor
  std::uint64_t drifts = 0;         ///< in which ledger and venues differed, each time it was seen
};

/// Hears of everything but prices.
using RunRecorderActor =
  GameSink::extend_with<SignalSink>::extend_with<DecisionSink>::extend_with<TradeSink>;

struct RunRecorderState {
  static constexpr auto name = "run_recorder";

  std::shared_ptr<RunRecord> record;
};

RunRecorderActor::behavior_type
run_recorder(RunRecorderActor::stateful_pointer<RunRecorderState> self,
             std::shared_ptr<RunRecord> record);

} // namespace arbees
