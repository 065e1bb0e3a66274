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

void judge_exit(Processor self, const ExitSignal& exit) {
  auto& state = self->state;
  ++state.exits;
  state.risk.advance(exit.triggered_by);
  const auto decision = judge(exit, state.risk, state.config);
  if (const auto* const request = std::get_if<ExitRequest>(&decision)) {
    state.risk.approve(*request);
    for (const auto& target : state.executors) {
      self->send(target, *request);
    }
    tell(self, *request);
    return;
  }
  const auto& rejected = std::get<ExitRejected>(decision);
  ++state.exits_rejected[rejected.filter];
  tell(self, rejected);
  spdlog::info("signal_processor.exit_rejected position={} filter={} measured=\"{}\" limit=\"{}\"",
               to_hex(exit.position), rejected.filter, rejected.measured, rejected.limit);
}

/// The day's losses stop new pairs for good: the executor latches it in the ledger, so that a
/// restart does not begin anew, until a person resumes. Said once; then the executor's word holds.
void watch_losses(Processor self) {
  auto& state = self->state;
  const auto& control = state.risk.control();
  const auto why = state.risk.loss_limit_passed();
  if (!why || control.state != TradingState::active || state.latched_at > control.at) {
    return;
  }
  state.latched_at = std::max(state.risk.now(), control.at + Duration{1});
  const TradingControl stop{
    .state = TradingState::reduce_only, .by = "loss_limit", .reason = *why, .at = state.latched_at};
  spdlog::error("signal_processor.loss_limit reason=\"{}\": no new pairs until arbees resume",
                *why);
  for (const auto& target : state.executors) {
    self->send(target, stop);
  }
}

/// Takes note of what moves the day's profit.
template <class Event>
void count(Processor self, const Event& event) {
  self->state.risk.add(event);
  watch_losses(self);
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
  metrics.values["exits"] = state.exits;
  for (const auto& [filter, rejections] : state.rejected) {
    metrics.values["rejected:" + filter] = rejections;
  }
  for (const auto& [filter, rejections] : state.exits_rejected) {
    metrics.values["exits_rejected:" + filter] = rejections;
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
    [self](const ExitSignal& exit) { judge_exit(self, exit); },
    [self](const PairRestored& restored) { self->state.risk.add(restored); },
    [self](const MatchedGame& match) { self->state.risk.add(match); },
    [self](const FeedStatus& status) { self->state.risk.add(status); },
    [self](const OrderReport& report) { self->state.risk.add(report); },
    [self](const Fill& fill) { self->state.risk.add(fill); },
    [self](const PairClosed& closed) { count(self, closed); },
    [self](const ExitEnded& ended) { self->state.risk.add(ended); },
    [self](const BalanceUpdate& balance) { self->state.risk.add(balance); },
    [self](const VenueStatus& status) { self->state.risk.add(status); },
    [self](const Settlement& settlement) { count(self, settlement); },
    [self](const TradingControl& control) { count(self, control); },
    [self](const Reconciliation& reconciliation) { self->state.risk.add(reconciliation); },
    [self](const GameEnded& ended) { self->state.risk.add(ended); },
    [self](const Tick& tick) {
      self->state.risk.advance(tick.now);
      watch_losses(self); // what an earlier run lost is heard before anybody could be told
    },
    [self](caf::subscribe_atom, const DecisionSink& sink) { self->state.sinks.push_back(sink); },
    [self](caf::get_atom) { return metrics_of(self->state); },
  };
}

} // namespace arbees
