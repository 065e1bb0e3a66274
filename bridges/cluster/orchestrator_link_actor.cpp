#include "bridges/cluster/orchestrator_link_actor.hpp"

#include <unistd.h>

#include <fstream>

namespace arbees {

namespace {

using Self = OrchestratorLinkActor::stateful_pointer<OrchestratorLinkState>;

/// It takes longer than the try of one address until the first is tried again.
void turn_to_next(OrchestratorLinkState& state) {
  const auto& all = state.config.orchestrators;
  state.orchestrator.address = all[++state.turn % all.size()];
}

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
  if (!answer.leads && state.config.orchestrators.size() > 1 && state.orchestrator.actor) {
    self->demonitor(state.orchestrator.actor.address());
    state.orchestrator.actor = nullptr;
    turn_to_next(state);
  }
}

std::vector<std::string> blind(const OrchestratorLinkState& state) {
  std::vector<std::string> result;
  for (const auto venue : state.config.venues) {
    const auto seen = state.sees.find(venue);
    if (seen == state.sees.end() || !seen->second) {
      result.emplace_back(to_string(venue));
    }
  }
  return result;
}

/// Of this process, in bytes; 0 where the kernel does not tell (proc(5), statm: resident pages).
std::int64_t resident_memory() {
  std::ifstream statm{"/proc/self/statm"};
  std::int64_t total = 0;
  std::int64_t resident = 0;
  statm >> total >> resident;
  return statm ? resident * ::sysconf(_SC_PAGESIZE) : 0;
}

void tell_status(Self self, const HeldGames& held, Timestamp asked_at) {
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
                         .leagues = state.config.leagues,
                         .at = state.now,
                         .games = held.games,
                         .health = {.blind = blind(state),
                                    .answers_in = state.config.clock() - asked_at,
                                    .memory_bytes = resident_memory()}},
              state.config.host)
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
    .then([self, asked_at = state.config.clock()](
            const HeldGames& held) { tell_status(self, held, asked_at); },
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
  self->state.orchestrator.address = config.orchestrators.front();
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
      if (state.orchestrator.attempts > state.attempts) {
        turn_to_next(state);
      }
      state.attempts = state.orchestrator.attempts;
      seek(self, state.orchestrator, state.now, [self] { introduce(self); });
      if (state.now - state.told_at >= state.config.heartbeat) {
        beat(self);
      }
    },
    [self](const FeedStatus& status) { self->state.sees[status.venue] = status.connected; },
    [self](caf::get_atom) {
      Metrics metrics{.source = OrchestratorLinkState::name, .values = self->state.counters};
      metrics.values["connected"] = self->state.orchestrator.actor ? 1 : 0;
      return metrics;
    },
  };
}

} // namespace arbees
