#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/messages/wire.hpp"
#include "bridges/redis/redis_pipeline.hpp"

namespace arbees {

/// A Redis stream of the mirror (architecture section 4).
struct RedisStream {
  std::string_view prefix; ///< of the topics that it holds
  std::string_view key;
  std::string_view length; ///< about so many entries are kept (MAXLEN ~)
};

/// All streams of the mirror. Ladders, telemetry and positions have none.
const std::vector<RedisStream>& redis_streams();

/// The stream that holds `topic`; null if none does.
const RedisStream* redis_stream_of(std::string_view topic);

/// What of the bus goes to Redis.
struct RedisMirrorConfig {
  bool streams = true;  ///< XADD to the streams
  bool publish = false; ///< mode bridge: PUBLISH under the names that the outside knows, and keys
};

/// The commands that mirror one message of the bus, added to `pipeline` for `owner`.
/// Streams: fields topic, payload, zmq_seq, zmq_ts, recv_ts (both in ms), source, run.
/// Publish: prices to `game:{id}:price` and `prices:kalshi` or `prices:poly`, signals.trade to
/// `signals:new` and `signals:trades`, games to `game:{id}:state` and the key
/// `games:{league}:{id}`, which expires after 24 hours.
void mirror(RedisPipeline& pipeline, std::size_t owner, const RedisMirrorConfig& config,
            const WireMessage& message);

/// A message as an entry of a stream has it; nothing if it lacks a field. Entries without `run`,
/// which others may have written, have an empty one.
std::optional<WireMessage> message_of(const std::map<std::string, std::string>& fields);

} // namespace arbees
