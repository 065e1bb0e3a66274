#include "app/relays.hpp"

#include <spdlog/spdlog.h>

namespace arbees {

namespace {

using Relay = GameSink::stateful_pointer<GameRelayState>;

template <class Targets, class Message>
void pass_on(Relay self, const Targets& targets, const Message& message) {
  for (const auto& target : targets) {
    self->send(target, message);
  }
}

/// Each state of a match has its own stamp.
void pass_on_match(Relay self, const MatchedGame& match) {
  auto& state = self->state;
  const auto [known, is_new] = state.matched.try_emplace(match.game.id, match.at);
  if (!is_new && known->second == match.at) {
    return;
  }
  known->second = match.at;
  pass_on(self, state.targets.games, match);
  pass_on(self, state.targets.matches, match);
}

} // namespace

GameSink::behavior_type game_relay(Relay self, GameRelayTargets targets) {
  self->state.targets = std::move(targets);
  return {
    [self](const GameDiscovered& event) { pass_on(self, self->state.targets.games, event); },
    [self](const GameUpdate& event) { pass_on(self, self->state.targets.games, event); },
    [self](const GameEnded& event) {
      self->state.matched.erase(event.game.id);
      pass_on(self, self->state.targets.games, event);
      pass_on(self, self->state.targets.ends, event);
    },
    [self](const MatchedGame& match) { pass_on_match(self, match); },
    [self](const MatchRejected& event) { pass_on(self, self->state.targets.games, event); },
  };
}

MetricsReporterActor::behavior_type
metrics_reporter(MetricsReporterActor::stateful_pointer<MetricsReporterState> self,
                 MetricsReporterConfig config) {
  self->state.config = std::move(config);
  return {
    [self](const Tick& tick) {
      auto& state = self->state;
      if (tick.now < state.next) {
        return;
      }
      state.next = tick.now + state.config.period;
      for (const auto& source : state.config.sources) {
        self->request(source, std::chrono::seconds{2}, caf::get_atom_v)
          .then(
            [self](const Metrics& metrics) {
              for (const auto& sink : self->state.config.sinks) {
                self->send(sink, metrics);
              }
            },
            [](const caf::error& error) {
              // Whoever watches an actor says so when it goes.
              spdlog::debug("metrics_reporter.no_answer error=\"{}\"", describe(error));
            });
      }
    },
  };
}

} // namespace arbees
