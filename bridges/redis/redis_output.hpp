#pragma once

#include "actors/messages/interfaces.hpp"
#include "bridges/redis/redis_writer.hpp"

namespace arbees {

/// An output that also wakes itself, to try again and for its heartbeat.
using RedisOutputActor = caf::typed_actor<caf::reacts_to<PollAtom>>::extend_with<OutputActor>;

struct RedisOutputState {
  static constexpr auto name = "redis_output";

  std::optional<RedisWriter> writer;
  caf::actor observer; ///< whose batch is under way
};

/// Mirrors batches into Redis, and answers each when Redis has it; a Redis that is away keeps the
/// output busy, never the observer. Spawned detached: it waits for Redis.
/// Metrics: connected, written, unmirrored, refused, refused:<reason>, resent, outages,
/// attempts_failed, lag_us_{p50,p99,max,count}.
RedisOutputActor::behavior_type
redis_output(RedisOutputActor::stateful_pointer<RedisOutputState> self, RedisWriterConfig config);

} // namespace arbees
