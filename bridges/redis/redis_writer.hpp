#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "actors/messages/latency_histogram.hpp"
#include "actors/messages/wire.hpp"
#include "bridges/net/backoff.hpp"
#include "bridges/redis/redis_connection.hpp"
#include "bridges/redis/redis_mirror.hpp"

namespace arbees {

struct RedisWriterConfig {
  RedisAddress address;
  RedisTimeouts timeouts{};
  RedisMirrorConfig mirror{};
  std::string node = "node-1"; ///< of the heartbeat's key
  std::string mode = "observer";
  Duration heartbeat_every = std::chrono::seconds{5};
  Duration first_wait = std::chrono::milliseconds{100}; ///< between attempts to connect,
  Duration longest_wait = std::chrono::seconds{5};      ///< doubled up to this, with jitter
  std::function<Timestamp()> clock;                     ///< required
};

/// Brings batches of the bus to Redis, each whole: a batch is done when every command of it was
/// answered. While Redis is away, full or hanging the batch is kept and tried again; meanwhile the
/// owner of the batches keeps what is new in a bounded queue. A command whose answer was lost is
/// sent again, so an entry may stand twice in a stream; (source, run, zmq_seq) tells.
/// Owned by one thread; advance() waits for Redis, in bounded time.
class RedisWriter {
public:
  struct Counters {
    std::uint64_t written = 0;    ///< messages of which every command was carried out
    std::uint64_t refused = 0;    ///< messages of which Redis refused a command for good
    std::uint64_t unmirrored = 0; ///< messages that have no place in Redis
    std::uint64_t resent = 0;     ///< commands sent again, because no answer came
    std::uint64_t outages = 0;
    std::uint64_t attempts_failed = 0;            ///< to connect, or to write
    std::map<std::string, std::int64_t> refusals; ///< by the first word of Redis's error
  };

  explicit RedisWriter(RedisWriterConfig config);

  /// Takes the next batch. @pre idle()
  void take(const OutputBatch& batch);
  [[nodiscard]] bool idle() const { return !batch_; }

  /// Tries to write what waits, unless it is too early for the next attempt.
  /// @returns what became of the batch, once
  std::optional<OutputDone> advance();

  /// How long advance() need not be called if no batch comes.
  [[nodiscard]] Duration rest() const;

  /// Says in Redis that the observer stops, if there is a connection.
  void say_goodbye();

  [[nodiscard]] const Counters& counters() const { return counters_; }
  /// From our socket of the bus to Redis's answer.
  [[nodiscard]] const LatencyHistogram& lag() const { return lag_; }
  [[nodiscard]] bool connected() const { return connection_.has_value(); }
  [[nodiscard]] Metrics metrics() const;

private:
  struct Batch {
    std::uint32_t output = 0;
    std::size_t messages = 0;
    std::size_t notices = 0;
    std::size_t unmirrored = 0;
    std::set<std::size_t> refused; ///< messages, by their place in the batch
    std::vector<Timestamp> received_at;
  };

  [[nodiscard]] bool connect();
  void write();
  void hear(const RedisReply& reply, RedisPipeline& again);
  void beat(Timestamp now);
  void add_heartbeat(std::string_view status, Timestamp now);
  void fail(const caf::error& error);
  void recover();
  OutputDone finish();

  RedisWriterConfig config_;
  std::optional<RedisConnection> connection_;
  RedisPipeline pipeline_;
  std::optional<Batch> batch_;
  std::string statistics_; ///< the observer's last word on them
  Backoff backoff_;
  std::optional<Timestamp> down_since_;
  Timestamp retry_at_;
  Timestamp beat_at_;
  Counters counters_;
  LatencyHistogram lag_;
};

} // namespace arbees
