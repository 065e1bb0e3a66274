#include "actors/signal_processor/signal_processor_actor.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace arbees {

namespace {

using Processor = SignalProcessorActor::stateful_pointer<SignalProcessorState>;

template <class Message>
void tell(Processor self, const Message& message) {
  for (const auto& sink : self->state.sinks) {
    self->send(sink, message);
  }
}

void approve(Processor self, const ExecutionRequest& request) {
  auto& state = self->state;
  state.risk.approve(request);
  ++state.passed;
  state.cut += request.quantity < request.signal.quantity ? 1 : 0;
  // The executor must wait for nobody.
  for (const auto& target : state.executors) {
    self->send(target, request);
  }
  tell(self, request);
  spdlog::debug("signal_processor.request pair={} signal={} quantity={} of={}",
                to_hex(request.pair), to_hex(request.signal.id), to_string(request.quantity),
                to_string(request.signal.quantity));
}

void reject(Processor self, const SignalRejected& rejected) {
  ++self->state.rejected[rejected.filter];
  tell(self, rejected);
  spdlog::debug("signal_processor.reject signal={} filter={} measured=\"{}\" limit=\"{}\"",
                to_hex(rejected.signal.id), rejected.filter, rejected.measured, rejected.limit);
}

Metrics metrics_of(const SignalProcessorState& state) {
  Metrics metrics{.source = SignalProcessorState::name};
  metrics.values["signals"] = state.signals;
  metrics.values["passed"] = state.passed;
  metrics.values["cut"] = state.cut;
  metrics.values["in_flight"] = static_cast<std::int64_t>(state.risk.pairs_in_flight());
  metrics.values["exposure_micros"] = state.risk.exposure().value();
  metrics.values["held"] = state.risk.pairs().counts().held;
  metrics.values["realised_today_micros"] = state.risk.day().realised().value();
  metrics.values["drawdown_micros"] = state.risk.day().drawdown().value();
  for (const auto venue : {Venue::kalshi, Venue::polymarket}) {
    metrics.values[fmt::format("voided:{}", to_string(venue))] =
      state.risk.venue(venue).voids.voided();
  }
  for (const auto& [filter, count] : state.rejected) {
    metrics.values["rejected:" + filter] = count;
  }
  return metrics;
}

} // namespace

SignalProcessorActor::behavior_type
signal_processor(Processor self, RiskConfig config, std::vector<RequestSink> executors,
                 std::vector<DecisionSink> sinks) {
  self->state.config = config;
  self->state.risk = RiskState{config};
  self->state.executors = std::move(executors);
  self->state.sinks = std::move(sinks);
  return {
    [self](const Signal& signal) {
      auto& state = self->state;
      ++state.signals;
      state.risk.advance(signal.triggered_by);
      const auto decision = judge(signal, state.risk, state.config);
      state.risk.hear_epoch(signal);
      if (const auto* const request = std::get_if<ExecutionRequest>(&decision)) {
        approve(self, *request);
      } else {
        reject(self, std::get<SignalRejected>(decision));
      }
    },
    [self](const MatchedGame& match) { self->state.risk.add(match); },
    [self](const FeedStatus& status) { self->state.risk.add(status); },
    [self](const OrderReport& report) { self->state.risk.add(report); },
    [self](const Fill& fill) { self->state.risk.add(fill); },
    [self](const PairClosed& closed) { self->state.risk.add(closed); },
    [self](const BalanceUpdate& balance) { self->state.risk.add(balance); },
    [self](const VenueStatus& status) { self->state.risk.add(status); },
    [self](const Settlement& settlement) { self->state.risk.add(settlement); },
    [self](const TradingControl& control) { self->state.risk.add(control); },
    [self](const Reconciliation& reconciliation) { self->state.risk.add(reconciliation); },
    [self](const GameEnded& ended) { self->state.risk.add(ended); },
    [self](const Tick& tick) { self->state.risk.advance(tick.now); },
    [self](caf::subscribe_atom, const DecisionSink& sink) { self->state.sinks.push_back(sink); },
    [self](caf::get_atom) { return metrics_of(self->state); },
  };
}

} // namespace arbees
