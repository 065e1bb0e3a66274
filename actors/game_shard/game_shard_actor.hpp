#pragma once

#include <vector>

#include "actors/game_shard/arbitrage_scan.hpp"
#include "actors/messages/interfaces.hpp"

namespace arbees {

struct GameShardState {
  static constexpr auto name = "game_shard";

  ArbitrageScan scan{GameShardConfig{}};
  std::vector<SignalSink> sinks;
};

/// Looks for arbitrage in the one game that it is assigned, and sends signals to all of `sinks`.
GameShardActor::behavior_type game_shard(GameShardActor::stateful_pointer<GameShardState> self,
                                         GameShardConfig config, std::vector<SignalSink> sinks);

} // namespace arbees
