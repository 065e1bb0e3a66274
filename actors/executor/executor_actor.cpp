#include "actors/executor/executor_actor.hpp"

#include <spdlog/spdlog.h>

namespace arbees {

namespace {

using Self = ExecutorActor::stateful_pointer<ExecutorState>;

template <class T>
void tell_sinks(Self self, const T& event) {
  for (const auto& sink : self->state.sinks) {
    self->send(sink, event);
  }
}

/// The ledger first: it is the truth, the others are views.
template <class T>
void tell_all(Self self, const T& event) {
  self->send(self->state.ledger, event);
  tell_sinks(self, event);
}

void carry_out(Self self, const DeskAnswer& answer);

const VenueGatewayActor& gateway_of(Self self, const OrderIntent& order) {
  return self->state.gateways[static_cast<std::size_t>(order.ref.venue)];
}

void carry_out(Self self, PairId pair, const CommitBatch& batch) {
  const auto* request = self->state.desk.request(pair);
  if (!request) {
    return;
  }
  const auto number = batch.batch;
  self
    ->request(self->state.ledger, self->state.desk.config().commit_timeout,
              CommitIntent{.request = *request, .batch = number, .orders = batch.orders})
    .then(
      [self, pair, number](const IntentCommitted& committed) {
        carry_out(self, self->state.desk.committed(pair, number, committed.committed_at));
      },
      [self, pair, number](const caf::error& error) {
        const auto reason = describe(error);
        spdlog::warn("executor.commit_refused pair={} batch={} reason=\"{}\"", to_hex(pair), number,
                     reason);
        carry_out(self, self->state.desk.refused(pair, number, reason));
      });
}

void carry_out(Self self, PairId, const SendOrder& send) {
  self->send(gateway_of(self, send.order), send.order, caf::actor_cast<OrderSink>(self));
}

void carry_out(Self self, PairId pair, const WithdrawOrder& withdraw) {
  spdlog::debug("executor.withdraw pair={} order={} reason={}", to_hex(pair),
                withdraw.order.client_order_id, withdraw.reason);
  self->send(gateway_of(self, withdraw.order), CancelOrder{.order = withdraw.order},
             caf::actor_cast<OrderSink>(self));
}

void carry_out(Self self, PairId, const RecordUnsent& unsent) {
  tell_all(self, unsent.report);
}

void carry_out(Self self, PairId pair, const AskVenue& ask) {
  spdlog::warn("executor.order_overdue pair={} venue={} order={} asked_before={}", to_hex(pair),
               to_string(ask.order.ref.venue), ask.order.client_order_id, ask.asked_before);
  self->send(gateway_of(self, ask.order), QueryOrder{.order = ask.order},
             caf::actor_cast<OrderSink>(self));
}

void carry_out(Self self, PairId pair, const ClosePair& close) {
  const auto& closed = close.closed;
  spdlog::log(close.only_money() ? spdlog::level::debug : spdlog::level::info,
              "executor.pair_closed pair={} outcome={} matched={} profit={} fees={} reason=\"{}\"",
              to_hex(pair), to_string(closed.outcome), to_string(closed.matched),
              to_string(closed.locked_profit), to_string(closed.fees), closed.reason);
  if (close.ledger_knows) {
    self->send(self->state.ledger, closed);
  }
  tell_sinks(self, closed);
  if (self->state.sinks.empty()) {
    self->state.ended_unheard.push_back(closed);
  }
}

void carry_out(Self self, PairId pair, const EndExit& end) {
  const auto& ended = end.ended;
  spdlog::info("executor.exit_ended pair={} reason={} sold={} and={} proceeds={} refused=\"{}\"",
               to_hex(pair), to_string(ended.reason), to_string(ended.sold[0]),
               to_string(ended.sold[1]), to_string(ended.proceeds), ended.refused);
  tell_sinks(self, ended);
}

void carry_out(Self, PairId pair, const RaiseAlert& alert) {
  spdlog::error("executor.{} pair={} detail=\"{}\"", alert.what, to_hex(pair), alert.detail);
}

/// The desk has counted it already.
void carry_out(Self, PairId, const IgnoreEvent&) {}

void carry_out(Self self, const DeskAnswer& answer) {
  for (const auto& command : answer.commands) {
    std::visit([&](const auto& what) { carry_out(self, command.pair, what); }, command.what);
  }
}

/// Passes on what a venue said, then does what follows from it.
template <class T>
void pass_on(Self self, const T& event) {
  const auto answer = self->state.desk.apply(event);
  if (answer.news) {
    tell_all(self, event);
  }
  carry_out(self, answer);
}

/// Nothing may go before the cancels: not the record, not the news.
void obey(Self self, const TradingControl& control) {
  if (!self->state.desk.obey(control)) {
    return;
  }
  if (control.state == TradingState::halted) {
    for (const auto& gateway : self->state.gateways) {
      self->send(gateway, CancelAllOrders{.reason = control.reason});
    }
  }
  carry_out(self, self->state.desk.withdraw_rests());
  spdlog::warn("executor.trading state={} by={} reason=\"{}\"", to_string(control.state),
               control.by, control.reason);
  tell_all(self, control);
}

void learn(Self self, const Reconciliation& reconciliation) {
  auto& desk = self->state.desk;
  const auto before = desk.reconciled();
  desk.learn(reconciliation);
  if (desk.reconciled() && !before) {
    spdlog::info("executor.ready pairs_open={}", desk.pairs_open());
  }
  for (const auto& drift : reconciliation.drifts) {
    spdlog::error("executor.drift venue={} what={} subject={} ledger={} at_venue={}",
                  to_string(reconciliation.venue), drift.what, drift.subject, drift.ledger,
                  drift.venue);
  }
  self->state.standing.reconciliations.insert_or_assign(reconciliation.venue, reconciliation);
  tell_all(self, reconciliation);
}

void learn(Self self, const VenueStatus& status) {
  self->state.desk.learn(status);
  self->state.standing.states.insert_or_assign({status.venue, status.exchange_index}, status);
  carry_out(self, self->state.desk.withdraw_rests());
  tell_sinks(self, status);
}

void learn(Self self, const BalanceUpdate& balance) {
  self->state.standing.balances.insert_or_assign(balance.venue, balance);
  tell_all(self, balance);
}

/// A sink that comes late must not take silence for a venue that is down.
void subscribe(Self self, const TradeSink& sink) {
  self->state.sinks.push_back(sink);
  for (const auto& closed : self->state.ended_unheard) {
    self->send(sink, closed);
  }
  if (self->state.desk.trading().at != Timestamp{}) {
    self->send(sink, self->state.desk.trading());
  }
  const auto& standing = self->state.standing;
  for (const auto& [shard, status] : standing.states) {
    self->send(sink, status);
  }
  for (const auto& [venue, balance] : standing.balances) {
    self->send(sink, balance);
  }
  for (const auto& [venue, reconciliation] : standing.reconciliations) {
    self->send(sink, reconciliation);
  }
}

} // namespace

ExecutorActor::behavior_type executor(Self self, ExecutorConfig config, LedgerActor ledger,
                                      VenueGateways gateways, ExecutorStart start) {
  self->state.desk = PairDesk{config};
  self->state.ledger = std::move(ledger);
  self->state.gateways = std::move(gateways);
  self->state.desk.obey(start.trading);
  carry_out(self, self->state.desk.restore(start.open_pairs, start.now));
  self->state.desk.hold(start.held_pairs);
  return {
    [self](const ExecutionRequest& request) { carry_out(self, self->state.desk.open(request)); },
    [self](const ExitRequest& request) { carry_out(self, self->state.desk.exit(request)); },
    [self](const OrderReport& report) { pass_on(self, report); },
    [self](const Fill& fill) { pass_on(self, fill); },
    [self](const BalanceUpdate& balance) { learn(self, balance); },
    [self](const VenueStatus& status) { learn(self, status); },
    [self](const Settlement& settlement) { pass_on(self, settlement); },
    [self](const TradingControl& control) { obey(self, control); },
    [self](const Reconciliation& reconciliation) { learn(self, reconciliation); },
    [self](const BookUpdate& update) { carry_out(self, self->state.desk.apply(update)); },
    [self](const MatchedGame& match) { self->state.desk.learn(match); },
    [self](caf::leave_atom) { carry_out(self, self->state.desk.leave()); },
    [self](const Tick& tick) { carry_out(self, self->state.desk.apply(tick)); },
    [self](caf::subscribe_atom, const TradeSink& sink) { subscribe(self, sink); },
    [self](caf::get_atom) {
      return Metrics{.source = "executor", .values = self->state.desk.metrics()};
    },
  };
}

} // namespace arbees
