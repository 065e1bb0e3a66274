#pragma once

#include <map>
#include <utility>
#include <vector>

#include "actors/game_shard/game_shard_actor.hpp"
#include "actors/messages/cluster.hpp"

namespace arbees {

/// Whom the shards of a host talk to.
struct ShardHostWiring {
  std::vector<std::pair<Venue, BookSource>> books; ///< the monitors, by their venue
  std::vector<SignalSink> signals;
};

struct ShardHostConfig {
  GameShardConfig shard;
  /// How long a shard whose lease ran out is kept for a renewal before it is stopped.
  Duration keep_after_lease{std::chrono::seconds{60}};
};

struct HostedGame {
  GameShardActor shard;
  std::uint64_t epoch = 0;
  Timestamp lease_until;
  std::vector<MarketId> markets; ///< subscribed at the monitors
};

struct ShardHostState {
  static constexpr auto name = "shard_host";

  ShardHostConfig config;
  ShardHostWiring wiring;
  std::map<GameId, HostedGame> games;
  std::map<GameId, std::uint64_t> epochs; ///< the highest seen, also of games that have moved on
  std::map<GameId, GameUpdate> updates;   ///< the last of each game, for a shard that comes later
  Metrics retired;                        ///< what stopped shards had counted
  std::int64_t started = 0;
  std::int64_t crashed = 0;
  std::int64_t old_epochs = 0;
};

/// Spawns a shard for each game that it is assigned, subscribes it to the game's books, and stops
/// it when the game ends or its lease has long run out. A shard that crashes is started again with
/// the next renewal of its lease. The shards end with the host.
LeasingHostActor::behavior_type shard_host(LeasingHostActor::stateful_pointer<ShardHostState> self,
                                           ShardHostConfig config, ShardHostWiring wiring);

/// Adds the counters of `part` to `sum`; of values called `best_…` the larger one stays.
void add_metrics(Metrics& sum, const Metrics& part);

} // namespace arbees
