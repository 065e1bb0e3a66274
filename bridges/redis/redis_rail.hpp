#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "actors/messages/time.hpp"
#include "bridges/envelope/envelope_sink.hpp"
#include "bridges/net/backoff.hpp"
#include "bridges/redis/redis_connection.hpp"

namespace arbees {

struct RedisRailConfig {
  RedisAddress address;
  RedisTimeouts timeouts{.connect = std::chrono::milliseconds{1'000},
                         .silence = std::chrono::milliseconds{1'000}};
  /// Stands before each topic in the channel's name.
  std::string channel_prefix;
  std::size_t max_messages = 50'000; ///< that wait for Redis
  std::size_t max_bytes = 64U << 20U;
  Duration first_wait = std::chrono::milliseconds{50}; ///< between attempts to connect,
  Duration longest_wait = std::chrono::seconds{2};     ///< doubled up to this, with jitter
};

/// Publishes a publisher's messages on Redis's channels, each on the one that its topic names, in
/// their order, on a thread of its own. While Redis is away or hangs, a bounded number waits; then
/// the oldest are lost, which readers see by their numbers. A message whose answer was lost is
/// published again: readers drop the second by its number.
class RedisRail : public EnvelopeSink {
public:
  explicit RedisRail(RedisRailConfig config);
  /// Publishes what waits if Redis is there, in bounded time, and ends the thread.
  ~RedisRail() override;

  /// Any thread.
  void put(std::string_view topic, std::string_view envelope) override;
  /// redis_connected, redis_waiting, redis_sent, redis_dropped, redis_refused, redis_resent,
  /// redis_outages. Any thread.
  void report(std::map<std::string, std::int64_t>& values) const override;

private:
  struct Waiting {
    std::string channel;
    std::string envelope;
  };

  void run();
  /// Waits until there is something to do; false at the end.
  bool wait_for_work();
  [[nodiscard]] bool connect();
  /// Moves what waits into the pipeline, as much as one write takes.
  void take_waiting();
  void write();
  void hear(const RedisReply& reply);
  void lose_connection(const caf::error& error);
  void rest();
  void drop_oldest();

  const RedisRailConfig config_;

  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::deque<Waiting> waiting_; ///< with what follows, under the mutex
  std::size_t waiting_bytes_ = 0;
  std::uint64_t dropped_ = 0;
  bool stopping_ = false;

  // The thread's own.
  std::optional<RedisConnection> connection_;
  RedisPipeline pipeline_;
  Backoff backoff_;
  bool away_ = false; ///< it was said

  std::atomic<bool> connected_ = false;
  std::atomic<std::uint64_t> sent_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  std::atomic<std::uint64_t> resent_ = 0;
  std::atomic<std::uint64_t> outages_ = 0;
  std::thread thread_; ///< last: it uses all of the above
};

} // namespace arbees
