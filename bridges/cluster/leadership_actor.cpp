#include "bridges/cluster/leadership_actor.hpp"

#include <spdlog/spdlog.h>

#include <bit>

#include "actors/messages/errors.hpp"

namespace arbees {

namespace {

using Self = LeadershipActor::stateful_pointer<LeadershipState>;

void ask(Self self) {
  auto& state = self->state;
  // By the clock, not by the tick: after a pause of the process old ticks come first.
  const auto asked_at = state.config.clock();
  state.asked_at = asked_at;
  ++state.asked;
  const auto held_for = state.config.hold();
  if (!held_for) {
    if (state.leads || std::has_single_bit(static_cast<std::uint64_t>(++state.refused))) {
      spdlog::warn("leadership.none asked={} reason=\"{}\"", state.asked,
                   describe(held_for.error()));
    }
    state.leads = false;
    return; // what was told before ends by itself
  }
  if (!state.leads) {
    spdlog::info("leadership.held asked={}", state.asked);
  }
  state.leads = true;
  state.refused = 0;
  self->send(state.config.orchestrator, MayAssign{.until = asked_at + *held_for});
}

} // namespace

LeadershipActor::behavior_type leadership(Self self, LeadershipConfig config) {
  self->state.config = std::move(config);
  return {
    [self](const Tick&) {
      if (self->state.config.clock() - self->state.asked_at >= self->state.config.ask_every) {
        ask(self);
      }
    },
    [self](caf::get_atom) {
      const auto& state = self->state;
      return Metrics{.source = LeadershipState::name,
                     .values = {{"leads", state.leads ? 1 : 0},
                                {"asked", state.asked},
                                {"refused", state.refused}}};
    },
  };
}

} // namespace arbees
