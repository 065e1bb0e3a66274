#include "bridges/cluster/executor_door_actor.hpp"

#include <spdlog/spdlog.h>

#include <bit>
#include <set>

namespace arbees {

namespace {

using Self = ExecutorDoorActor::stateful_pointer<ExecutorDoorState>;

constexpr Duration memory = std::chrono::hours{1};

void count_drop(Self self, const char* why, const std::string& subject) {
  if (std::has_single_bit(static_cast<std::uint64_t>(++self->state.counters[why]))) {
    spdlog::warn("executor_door.{} subject={} total={}", why, subject, self->state.counters[why]);
  }
}

void let_in(Self self, const ExecutionRequest& request) {
  auto& state = self->state;
  if (state.given_up.contains(request.pair)) {
    count_drop(self, "given_up", to_hex(request.pair));
    return;
  }
  if (state.now > request.signal.expires_at + state.config.lateness) {
    state.given_up.emplace(request.pair, state.now);
    count_drop(self, "late", to_hex(request.pair));
    return;
  }
  ++state.counters["passed"];
  state.passed.try_emplace(request.pair, ExecutorDoorState::Passed{.at = state.now});
  self->send(state.config.executor, request);
}

void let_in(Self self, const ExitRequest& request) {
  auto& state = self->state;
  if (state.now > request.exit.expires_at + state.config.lateness) {
    count_drop(self, "exits_late", to_hex(request.exit.position));
    return;
  }
  ++state.counters["exits_passed"];
  self->send(state.config.executor, request);
}

void on_tick(Self self, const Tick& tick) {
  auto& state = self->state;
  state.now = std::max(state.now, tick.now);
  if (state.now - state.forgot_at < std::chrono::minutes{1}) {
    return;
  }
  state.forgot_at = state.now;
  std::erase_if(state.passed,
                [&](const auto& entry) { return state.now - entry.second.at > memory; });
  std::erase_if(state.given_up,
                [&](const auto& entry) { return state.now - entry.second > memory; });
}

/// What was asked for and is not in the ledger has either been refused here, or never came; then
/// it must not come any more.
void answer_asked(ExecutorDoorState& state, const std::vector<PairId>& asked, ExecutorPast& past) {
  std::set<PairId> in_ledger;
  for (const auto& pair : past.pairs) {
    in_ledger.insert(pair.pair.request.pair);
  }
  for (const auto pair : asked) {
    if (in_ledger.contains(pair)) {
      continue;
    }
    const auto passed = state.passed.find(pair);
    if (passed == state.passed.end()) {
      state.given_up.emplace(pair, state.now);
      past.unknown.push_back(pair);
    } else if (passed->second.closed) {
      past.ended.push_back(*passed->second.closed);
    }
  }
}

void add_standing(const ExecutorDoorState& state, ExecutorPast& past) {
  for (const auto& [shard, status] : state.venues) {
    past.venues.push_back(status);
  }
  for (const auto& [venue, balance] : state.balances) {
    past.balances.push_back(balance);
  }
  for (const auto& [venue, reconciliation] : state.reconciliations) {
    past.reconciliations.push_back(reconciliation);
  }
  if (state.trading.at > past.trading.at) {
    past.trading = state.trading;
  }
}

caf::result<ExecutorPast> tell_past(Self self, const ReadPast& question) {
  auto& state = self->state;
  if (question.mode != state.config.mode) {
    count_drop(self, "wrong_mode", question.mode);
    return caf::make_error(Errc::bad_configuration,
                           fmt::format("this executor trades in mode {}, not {}", state.config.mode,
                                       question.mode));
  }
  ++state.counters["pasts"];
  auto promise = self->make_response_promise<ExecutorPast>();
  self->request(state.config.past, state.config.past_timeout, question)
    .then(
      [self, promise, asked = question.asked](ExecutorPast past) mutable {
        answer_asked(self->state, asked, past);
        add_standing(self->state, past);
        past.at = self->state.now;
        promise.deliver(std::move(past));
      },
      [promise](caf::error& error) mutable { promise.deliver(std::move(error)); });
  return promise;
}

/// Only what makes trading stricter comes from afar, and is obeyed once: to resume is a person's.
void pass_order(Self self, const TradingControl& control) {
  auto& state = self->state;
  if (control.state == TradingState::active) {
    count_drop(self, "controls_refused", control.by);
  } else if (control.at > state.trading.at) {
    ++state.counters["controls"];
    state.trading = control;
    self->send(state.config.executor, control);
  }
}

} // namespace

ExecutorDoorActor::behavior_type executor_door(Self self, ExecutorDoorConfig config) {
  for (const auto& status : config.venues) {
    self->state.venues[{status.venue, status.exchange_index}] = status;
  }
  for (const auto& balance : config.balances) {
    self->state.balances[balance.venue] = balance;
  }
  self->state.config = std::move(config);
  return {
    [self](const ExecutionRequest& request) { let_in(self, request); },
    [self](const ExitRequest& request) { let_in(self, request); },
    [self](const Tick& tick) { on_tick(self, tick); },
    [self](const PairClosed& closed) {
      if (const auto passed = self->state.passed.find(closed.pair);
          passed != self->state.passed.end()) {
        passed->second.closed = closed;
      }
    },
    [](const ExitEnded&) {},
    [self](const Reconciliation& reconciliation) {
      self->state.reconciliations.insert_or_assign(reconciliation.venue, reconciliation);
    },
    [](const OrderReport&) {},
    [](const Fill&) {},
    [self](const BalanceUpdate& balance) {
      self->state.balances.insert_or_assign(balance.venue, balance);
    },
    [self](const VenueStatus& status) {
      self->state.venues.insert_or_assign({status.venue, status.exchange_index}, status);
    },
    [](const Settlement&) {},
    [self](const ReadPast& question) { return tell_past(self, question); },
    [self](const TradingControl& control) { self->state.trading = control; },
    [self](caf::put_atom, const TradingControl& control) { pass_order(self, control); },
    [](AliveAtom) { return AliveAtom::value; },
    [self](caf::get_atom) {
      return Metrics{.source = ExecutorDoorState::name, .values = self->state.counters};
    },
  };
}

PastReaderActor::behavior_type
past_reader(PastReaderActor::pointer, std::function<caf::expected<ExecutorPast>()> read) {
  return {
    [read = std::move(read)](const ReadPast&) -> caf::result<ExecutorPast> {
      auto past = read();
      if (!past) {
        return past.error();
      }
      return std::move(*past);
    },
  };
}

} // namespace arbees
