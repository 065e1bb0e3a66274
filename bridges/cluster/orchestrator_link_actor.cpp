#include "bridges/cluster/orchestrator_link_actor.hpp"

namespace arbees {

namespace {

using Self = OrchestratorLinkActor::stateful_pointer<OrchestratorLinkState>;

void hear(Self self, const HostAnswer& answer) {
  auto& state = self->state;
  if (!answer.refused.empty()) {
    ++state.counters["refused"];
  }
  if (answer.refused != state.refused) {
    state.refused = answer.refused;
    spdlog::log(answer.refused.empty() ? spdlog::level::info : spdlog::level::warn,
                "orchestrator_link.answer refused=\"{}\"", answer.refused);
  }
}

void tell_status(Self self, const HeldGames& held) {
  auto& state = self->state;
  if (!state.orchestrator.actor) {
    return;
  }
  ++state.counters["heartbeats"];
  self
    ->request(state.orchestrator.actor, state.config.timeout,
              HostStatus{.node = state.config.node,
                         .incarnation = state.config.incarnation,
                         .capacity = state.config.capacity,
                         .at = state.now,
                         .games = held.games},
              ShardHostActor{state.config.host})
    .then([self](const HostAnswer& answer) { hear(self, answer); },
          [self](const caf::error& error) {
            if (std::has_single_bit(
                  static_cast<std::uint64_t>(++self->state.counters["unanswered"]))) {
              spdlog::warn("orchestrator_link.unanswered error=\"{}\"", describe(error));
            }
          });
}

void beat(Self self) {
  auto& state = self->state;
  if (!state.config.host || !state.orchestrator.actor) {
    return;
  }
  state.told_at = state.now;
  self->request(state.config.host, state.config.timeout, HeldAtom::value)
    .then([self](const HeldGames& held) { tell_status(self, held); },
          [](const caf::error& error) {
            spdlog::warn("orchestrator_link.host_silent error=\"{}\"", describe(error));
          });
}

void introduce(Self self) {
  auto& state = self->state;
  for (const auto& [venue, monitor] : state.config.monitors) {
    self->send(state.orchestrator.actor, caf::subscribe_atom::value, VenueInterest{.venue = venue},
               monitor);
  }
  beat(self);
}

} // namespace

OrchestratorLinkActor::behavior_type orchestrator_link(Self self, OrchestratorLinkConfig config) {
  self->state.orchestrator.address = config.orchestrator;
  self->state.config = std::move(config);
  self->set_down_handler([self](const caf::down_msg& down) {
    if (self->state.orchestrator.lost(down, self->state.now)) {
      ++self->state.counters["lost"];
    }
  });
  return {
    [self](const Tick& tick) {
      auto& state = self->state;
      state.now = std::max(state.now, tick.now);
      seek(self, state.orchestrator, state.now, [self] { introduce(self); });
      if (state.now - state.told_at >= state.config.heartbeat) {
        beat(self);
      }
    },
    [self](caf::get_atom) {
      Metrics metrics{.source = OrchestratorLinkState::name, .values = self->state.counters};
      metrics.values["connected"] = self->state.orchestrator.actor ? 1 : 0;
      return metrics;
    },
  };
}

} // namespace arbees
