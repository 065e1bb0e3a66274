#include "actors/executor/paper_venue_actor.hpp"

#include <algorithm>

namespace arbees {

namespace {

using Self = PaperVenueActor::stateful_pointer<PaperVenueState>;

void deliver(Self self, const std::vector<PaperOutput>& outputs) {
  for (const auto& output : outputs) {
    std::visit([&](const auto& event) { self->send(self->state.owners[output.owner], event); },
               output.event);
  }
}

/// The number of a sink that orders come from; a handful at most.
std::uint64_t owner_of(PaperVenueState& state, const OrderSink& sink) {
  const auto found = std::ranges::find(state.owners, sink);
  if (found == state.owners.end()) {
    state.owners.push_back(sink);
    return state.owners.size() - 1;
  }
  return static_cast<std::uint64_t>(found - state.owners.begin());
}

Metrics metrics_of(const PaperVenueState& state) {
  Metrics metrics{.source = state.source, .values = state.venue.counters()};
  metrics.values["balance_micros"] = state.venue.account().available.value();
  metrics.values["orders_on_the_way"] = static_cast<std::int64_t>(state.venue.on_the_way());
  return metrics;
}

} // namespace

PaperVenueActor::behavior_type paper_venue(Self self, PaperVenueConfig config) {
  self->state.venue = PaperVenue{config};
  self->state.source = "paper_venue:" + std::string{to_string(config.venue)};
  return {
    [self](const MatchedGame& match) { self->state.venue.learn(match); },
    [self](const BookUpdate& update) { deliver(self, self->state.venue.apply(update)); },
    [self](const Tick& tick) { deliver(self, self->state.venue.apply_tick(tick.now)); },
    [self](const OrderIntent& order, const OrderSink& sink) {
      deliver(self, self->state.venue.place(order, owner_of(self->state, sink)));
    },
    [self](const QueryOrder& query, const OrderSink& sink) {
      self->send(sink, self->state.venue.look_up(query.order));
    },
    [self](const CancelOrder& cancel, const OrderSink& sink) {
      deliver(self, self->state.venue.cancel(cancel.order, owner_of(self->state, sink)));
    },
    [self](const CancelAllOrders&) { self->state.venue.cancel_all(); },
    [self](caf::get_atom) { return metrics_of(self->state); },
  };
}

} // namespace arbees
