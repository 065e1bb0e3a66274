#pragma once

#include <vector>

#include "actors/messages/interfaces.hpp"
#include "actors/signal_processor/filters.hpp"

namespace arbees {

struct SignalProcessorState {
  static constexpr auto name = "signal_processor";

  RiskConfig config;
  RiskState risk{RiskConfig{}};
  std::vector<RequestSink> executors;
  std::vector<DecisionSink> sinks;
  std::int64_t signals = 0;
  std::int64_t passed = 0;
  std::int64_t cut = 0;                         ///< passed with a smaller quantity
  std::map<std::string, std::int64_t> rejected; ///< by filter
  std::int64_t exits = 0;
  std::map<std::string, std::int64_t> exits_rejected; ///< by filter
  Timestamp latched_at;                               ///< when the loss limit stopped new pairs
};

/// Turns each signal into a request, which goes to `executors` before anyone else, or a rejection,
/// and tells all of `sinks` and of those that subscribe later.
SignalProcessorActor::behavior_type
signal_processor(SignalProcessorActor::stateful_pointer<SignalProcessorState> self,
                 RiskConfig config, std::vector<RequestSink> executors,
                 std::vector<DecisionSink> sinks);

} // namespace arbees
