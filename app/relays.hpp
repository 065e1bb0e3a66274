#pragma once

#include <map>
#include <utility>
#include <vector>

#include "actors/messages/interfaces.hpp"

// Small actors of the wiring: they narrow what a producer says to what a consumer takes.

namespace arbees {

using MatchSink = caf::typed_actor<caf::reacts_to<MatchedGame>>;
using GameEndSink = caf::typed_actor<caf::reacts_to<GameEnded>>;

struct GameRelayTargets {
  std::vector<GameSink> games;
  std::vector<MatchSink> matches;
  std::vector<GameEndSink> ends;
};

struct GameRelayState {
  static constexpr auto name = "game_relay";

  GameRelayTargets targets;
  std::map<GameId, Timestamp> matched; ///< which match of each game was passed on
};

/// Passes games on, and matches and ends to those who need nothing else of them. A match that is
/// only repeated is not passed on.
GameSink::behavior_type
game_relay(GameSink::stateful_pointer<GameRelayState> self, GameRelayTargets targets);

/// Sends the counters of `sources` to `sinks` on a timer.
using MetricsReporterActor = TickSink;

struct MetricsReporterConfig {
  std::vector<MetricsSource> sources;
  std::vector<caf::typed_actor<caf::reacts_to<Metrics>>> sinks;
  Duration period = std::chrono::seconds{5};
};

struct MetricsReporterState {
  static constexpr auto name = "metrics_reporter";

  MetricsReporterConfig config;
  Timestamp next;
};

MetricsReporterActor::behavior_type
metrics_reporter(MetricsReporterActor::stateful_pointer<MetricsReporterState> self,
                 MetricsReporterConfig config);

} // namespace arbees
