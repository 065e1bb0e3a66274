#pragma once

#include <functional>

#include "actors/messages/cluster.hpp"

namespace arbees {

struct LeadershipConfig {
  /// Takes the right to assign games or makes sure of it: for how long it is held, from the call.
  std::function<caf::expected<Duration>()> hold;
  std::function<Timestamp()> clock;
  ClusterOrchestratorActor orchestrator;
  Duration ask_every{std::chrono::milliseconds{500}};
};

struct LeadershipState {
  static constexpr auto name = "leadership";

  LeadershipConfig config;
  Timestamp asked_at;
  bool leads = false;
  std::int64_t asked = 0;
  std::int64_t refused = 0;
};

/// Holds the right to assign games for an orchestrator, and tells it until when it has it. Waits
/// for `hold`: needs a thread of its own. Metrics: leads, asked, refused.
LeadershipActor::behavior_type
leadership(LeadershipActor::stateful_pointer<LeadershipState> self, LeadershipConfig config);

} // namespace arbees
