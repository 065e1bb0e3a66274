#include "bridges/cluster/executor_link_actor.hpp"

namespace arbees {

namespace {

using Self = ExecutorLinkActor::stateful_pointer<ExecutorLinkState>;

template <class Message>
void tell(Self self, const Message& message) {
  for (const auto& sink : self->state.config.sinks) {
    self->send(sink, message);
  }
}

/// Fail closed: without an executor nothing may be opened.
void close_venues(Self self, const std::string& why) {
  auto& state = self->state;
  if (!state.ready) {
    return;
  }
  state.ready = false;
  state.stale = true;
  ++state.counters["lost"];
  spdlog::warn("executor_link.down reason=\"{}\": no new pairs", why);
  for (const auto venue : {Venue::kalshi, Venue::polymarket}) {
    tell(self, VenueStatus{.venue = venue,
                           .state = VenueState::down,
                           .reason = "executor " + why,
                           .at = state.view.now()});
  }
}

void end_pair(Self self, const PairClosed& closed) {
  self->state.view.heard(closed);
  tell(self, closed);
}

void hear(Self self, const TradingControl& control) {
  auto& state = self->state;
  if (state.untold && control.at >= state.untold->at) {
    state.untold.reset();
  }
  if (state.view.learn(control)) {
    tell(self, control);
  }
}

void take_in(Self self, const ExecutorPast& past) {
  auto& state = self->state;
  auto& view = state.view;
  view.advance(past.at);
  tell(self, Tick{view.now()});
  if (past.trading.at != Timestamp{}) {
    hear(self, past.trading);
  }
  for (const auto& pair : past.pairs) {
    if (view.learn(pair)) {
      tell(self, pair);
    }
  }
  for (const auto& settlement : past.settlements) {
    tell(self, settlement);
  }
  for (const auto& closed : past.ended) {
    end_pair(self, closed);
  }
  for (const auto pair : past.unknown) {
    if (const auto closed = view.give_up(pair)) {
      ++state.counters["given_up"];
      spdlog::warn("executor_link.given_up pair={}: the executor never heard of it", to_hex(pair));
      end_pair(self, *closed);
    }
  }
  for (const auto& balance : past.balances) {
    tell(self, balance);
  }
  for (const auto& reconciliation : past.reconciliations) {
    tell(self, reconciliation);
  }
  for (const auto& status : past.venues) {
    view.learn(status);
  }
  ++state.counters["pasts"];
  if (!state.ready) {
    spdlog::info("executor_link.ready pairs={} settlements={} trading={}", past.pairs.size(),
                 past.settlements.size(), to_string(past.trading.state));
  }
  state.ready = true;
  for (const auto& status : view.standing()) {
    tell(self, status);
  }
}

void ask_past(Self self) {
  auto& state = self->state;
  if (!state.executor.actor || state.reading
      || state.view.now() - state.asked_at < state.config.ask_every) {
    return;
  }
  state.reading = true;
  state.stale = false;
  state.asked_at = state.view.now();
  self
    ->request(state.executor.actor, state.config.past_timeout,
              ReadPast{.mode = state.config.mode, .asked = state.view.overdue()})
    .then(
      [self](const ExecutorPast& past) {
        self->state.reading = false;
        take_in(self, past);
      },
      [self](const caf::error& error) {
        self->state.reading = false;
        self->state.stale = true;
        if (std::has_single_bit(static_cast<std::uint64_t>(++self->state.counters["refused"]))) {
          spdlog::warn("executor_link.no_past error=\"{}\"", describe(error));
        }
      });
}

void ask_alive(Self self) {
  auto& state = self->state;
  if (!state.executor.actor || state.view.now() - state.alive_asked_at < state.config.ask_every) {
    return;
  }
  state.alive_asked_at = state.view.now();
  if (state.untold) {
    self->send(state.executor.actor, caf::put_atom::value, *state.untold);
  }
  self->request(state.executor.actor, state.config.alive_timeout, AliveAtom::value)
    .then([](AliveAtom) {},
          [self](const caf::error& error) { close_venues(self, describe(error)); });
}

void on_tick(Self self, const Tick& tick) {
  auto& state = self->state;
  state.view.advance(tick.now);
  seek(self, state.executor, tick.now, [self] {
    self->state.stale = true;
    self->state.asked_at = {};
    ask_past(self);
  });
  ask_alive(self);
  if (state.stale || !state.view.overdue().empty()) {
    ask_past(self);
  }
}

template <class Message>
void pass_on(Self self, const Message& message) {
  self->state.view.heard(message.pair);
  tell(self, message);
}

Metrics metrics_of(const ExecutorLinkState& state) {
  Metrics metrics{.source = ExecutorLinkState::name, .values = state.counters};
  metrics.values["ready"] = state.ready ? 1 : 0;
  metrics.values["unheard"] = static_cast<std::int64_t>(state.view.overdue().size());
  return metrics;
}

} // namespace

ExecutorLinkActor::behavior_type executor_link(Self self, ExecutorLinkConfig config) {
  self->state.view = ExecutorView{config.patience};
  self->state.executor.address = config.executor;
  self->state.config = std::move(config);
  self->set_down_handler([self](const caf::down_msg& down) {
    if (self->state.executor.lost(down, self->state.view.now())) {
      close_venues(self, "gone");
    }
  });
  return {
    [self](caf::subscribe_atom, const PastSink& sink) {
      self->state.config.sinks.push_back(sink);
      self->state.stale = true;
    },
    [self](const Tick& tick) { on_tick(self, tick); },
    [self](const ExecutionRequest& request) { self->state.view.expect(request); },
    [self](caf::put_atom, const TradingControl& control) {
      self->state.untold = control;
      if (self->state.executor.actor) {
        self->send(self->state.executor.actor, caf::put_atom::value, control);
      }
    },
    [self](const BusGap&) {
      ++self->state.counters["gaps"];
      self->state.stale = true;
    },
    [self](const PairClosed& closed) { end_pair(self, closed); },
    [self](const ExitEnded& ended) { tell(self, ended); },
    [self](const TradingControl& control) { hear(self, control); },
    [self](const Reconciliation& reconciliation) { tell(self, reconciliation); },
    [self](const OrderReport& report) { pass_on(self, report); },
    [self](const Fill& fill) { pass_on(self, fill); },
    [self](const BalanceUpdate& balance) { tell(self, balance); },
    [self](const VenueStatus& status) {
      self->state.view.learn(status);
      if (self->state.ready) {
        tell(self, status);
      }
    },
    [self](const Settlement& settlement) { tell(self, settlement); },
    [self](caf::get_atom) { return metrics_of(self->state); },
  };
}

RequestSink::behavior_type request_relay(RequestSink::pointer self, ExecutorLinkActor link) {
  return {
    [self, link](const ExecutionRequest& request) { self->send(link, request); },
    [](const ExitRequest&) {}, // its position is asked about if nothing is heard
    [self, link](const TradingControl& control) {
      self->send(link, caf::put_atom::value, control);
    },
  };
}

} // namespace arbees
