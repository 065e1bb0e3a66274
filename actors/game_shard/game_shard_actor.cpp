#include "actors/game_shard/game_shard_actor.hpp"

#include <spdlog/spdlog.h>

namespace arbees {

GameShardActor::behavior_type game_shard(GameShardActor::stateful_pointer<GameShardState> self,
                                         GameShardConfig config, std::vector<SignalSink> sinks) {
  self->state.scan = ArbitrageScan{config};
  self->state.sinks = std::move(sinks);
  return {
    [self](const GameAssignment& assignment) {
      if (!self->state.scan.assign(assignment)) {
        spdlog::warn("game_shard.old_epoch game={} epoch={}", assignment.match.game.key,
                     assignment.epoch);
      }
    },
    [self](const BookUpdate& book) {
      for (const auto& signal : self->state.scan.update(book)) {
        spdlog::debug("game_shard.signal id={} game={} quantity={} edge_per_contract={}",
                      to_hex(signal.id), to_hex(signal.game), to_string(signal.quantity),
                      to_string(signal.edge_per_contract));
        for (const auto& sink : self->state.sinks) {
          self->send(sink, signal);
        }
      }
    },
    [self](const GameUpdate& update) { self->state.scan.observe(update); },
    [self](const Tick& tick) { self->state.scan.advance(tick.now); },
    [self](caf::get_atom) {
      auto metrics = self->state.scan.metrics();
      metrics.source = GameShardState::name;
      return metrics;
    },
  };
}

} // namespace arbees
