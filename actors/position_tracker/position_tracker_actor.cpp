#include "actors/position_tracker/position_tracker_actor.hpp"

#include <spdlog/spdlog.h>

namespace arbees {

namespace {

using Self = PositionTrackerActor::stateful_pointer<PositionTrackerState>;

void want(Self self, Venue venue, std::vector<MarketId> markets) {
  const auto at = static_cast<std::size_t>(venue);
  if (self->state.books[at]) {
    self->send(self->state.books[at], caf::subscribe_atom_v,
               BookInterest{.markets = std::move(markets)}, caf::actor_cast<BookSink>(self));
  } else {
    auto& waiting = self->state.wanted[at];
    waiting.insert(waiting.end(), markets.begin(), markets.end());
  }
}

template <class Message>
void tell(Self self, const Message& message) {
  for (const auto& sink : self->state.sinks) {
    self->send(sink, message);
  }
}

void pass_on(Self self, const TrackerNews& news) {
  for (const auto& exit : news.exits) {
    spdlog::info("position_tracker.exit position={} reason={} detail=\"{}\"", to_hex(exit.position),
                 to_string(exit.reason), exit.detail);
    for (const auto& judge : self->state.judges) {
      self->send(judge, exit);
    }
    tell(self, exit);
  }
  for (const auto& [venue, market] : news.follow) {
    want(self, venue, {market});
  }
  for (const auto& update : news.updates) {
    tell(self, update);
  }
  for (const auto& kept : news.kept) {
    spdlog::warn("position_tracker.kept position={} matched={} reason=\"{}\"", to_hex(kept.id),
                 to_string(kept.matched), kept.reason);
  }
}

template <class Event>
void hear(Self self, const Event& event) {
  pass_on(self, self->state.tracker->apply(event));
}

void meet(Self self, Venue venue, const BookSource& source) {
  const auto at = static_cast<std::size_t>(venue);
  self->state.books[at] = source;
  if (auto waiting = std::move(self->state.wanted[at]); !waiting.empty()) {
    want(self, venue, std::move(waiting));
  }
  self->state.wanted[at].clear();
}

void on_tick(Self self, const Tick& tick) {
  hear(self, tick);
  auto& state = self->state;
  if (tick.now - state.snapshot_at >= state.tracker->config().snapshot_interval) {
    state.snapshot_at = tick.now;
    tell(self, state.tracker->snapshot());
  }
}

} // namespace

PositionTrackerActor::behavior_type
position_tracker(Self self, PositionConfig config, std::shared_ptr<const SettlementTable> rules,
                 std::vector<ExitSignalSink> judges, std::vector<PositionSink> sinks) {
  self->state.tracker.emplace(std::move(config), std::move(rules));
  self->state.judges = std::move(judges);
  self->state.sinks = std::move(sinks);
  return {
    [self](caf::put_atom, const VenueInterest& of, const BookSource& source) {
      meet(self, of.venue, source);
    },
    [self](const PairRestored& restored) { hear(self, restored); },
    [self](const BookUpdate& book) { hear(self, book); },
    [self](const Tick& tick) { on_tick(self, tick); },
    [self](caf::subscribe_atom, const PositionSink& sink) {
      self->state.sinks.push_back(sink);
      for (const auto& position : self->state.tracker->held()) {
        self->send(sink, position);
      }
    },
    [self](const PairClosed& closed) { hear(self, closed); },
    [self](const ExitEnded& ended) { hear(self, ended); },
    [self](const TradingControl& control) { hear(self, control); },
    [](const Reconciliation&) {},
    [](const OrderReport&) {},
    [self](const Fill& fill) { hear(self, fill); },
    [](const BalanceUpdate&) {},
    [](const VenueStatus&) {},
    [self](const Settlement& settlement) { hear(self, settlement); },
    [self](const ExecutionRequest& request) { hear(self, request); },
    [](const SignalRejected&) {},
    [](const ExitRequest&) {},
    [self](const ExitRejected& rejected) { hear(self, rejected); },
    [](const GameDiscovered&) {},
    [self](const GameUpdate& update) { hear(self, update); },
    [self](const GameEnded& ended) { hear(self, ended); },
    [self](const MatchedGame& match) { self->state.tracker->apply(match); },
    [](const MatchRejected&) {},
    [self](caf::get_atom) {
      return Metrics{.source = PositionTrackerState::name,
                     .values = self->state.tracker->metrics()};
    },
  };
}

} // namespace arbees
