#include "actors/orchestrator/discovery_actor.hpp"

#include <algorithm>

namespace arbees {

DiscoveryActor::behavior_type
discovery(DiscoveryActor::stateful_pointer<DiscoveryState> self, DiscoveryConfig config) {
  self->state.book = DiscoveryBook{config};
  return {
    [self](const DiscoveryRequest& request) {
      auto& state = self->state;
      auto answer = state.book.answer(request, state.now);
      ++state.counters[answer.problem ? std::string{to_string(*answer.problem)} : "answered"];
      return answer;
    },
    [self](const Tick& tick) {
      self->state.now = std::max(self->state.now, tick.now);
      self->state.book.tick(self->state.now);
    },
    [self](const GameDiscovered& event) { self->state.book.learn(event.game); },
    [self](const GameUpdate& event) { self->state.book.learn(event.game); },
    [self](const GameEnded& event) { self->state.book.end(event.game, self->state.now); },
    [self](const MatchedGame& match) { self->state.book.learn(match); },
    [self](const MatchRejected& rejected) { self->state.book.learn(rejected); },
    [self](caf::get_atom) {
      Metrics metrics{.source = DiscoveryState::name, .values = self->state.counters};
      metrics.values["games"] = static_cast<std::int64_t>(self->state.book.size());
      return metrics;
    },
  };
}

} // namespace arbees
