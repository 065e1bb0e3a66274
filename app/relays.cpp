#include "app/relays.hpp"

#include <spdlog/spdlog.h>

namespace arbees {

GameSink::behavior_type
game_relay(GameSink::stateful_pointer<GameRelayState> self, GameRelayTargets targets) {
  self->state.targets = std::move(targets);
  return {
    [](const GameDiscovered&) {},
    [](const GameUpdate&) {},
    [self](const GameEnded& ended) {
      for (const auto& target : self->state.targets.ends) {
        self->send(target, ended);
      }
    },
    [self](const MatchedGame& match) {
      for (const auto& target : self->state.targets.matches) {
        self->send(target, match);
      }
    },
    [](const MatchRejected&) {},
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
