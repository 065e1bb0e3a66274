#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "actors/messages/time.hpp"
#include "bridges/redis/redis_connection.hpp"

namespace arbees {

struct RedisListenerConfig {
  RedisAddress address;
  std::vector<std::string> channels;
  std::vector<std::string> patterns; ///< of more channels, as PSUBSCRIBE takes them
  RedisTimeouts timeouts{.connect = std::chrono::milliseconds{1'000},
                         .silence = std::chrono::milliseconds{1'000}};
  /// A connection that has been silent for so long is asked for a sign of life; if none comes
  /// within as long again, it is dropped.
  std::chrono::milliseconds probe_after{5'000};
  Duration first_wait = std::chrono::milliseconds{100}; ///< between attempts to connect,
  Duration longest_wait = std::chrono::seconds{5};      ///< doubled up to this, with jitter
};

/// Hears channels of a Redis, by name or by pattern, on a thread of its own, for as long as it
/// lives; a Redis that is not there, goes away or hangs is tried again. What was published
/// meanwhile is not heard: that is how Redis's channels are.
class RedisListener {
public:
  using OnMessage = std::function<void(std::string_view channel, std::string_view text)>;

  /// @param on_message runs on the listener's thread; it must not block for long
  RedisListener(RedisListenerConfig config, OnMessage on_message);
  /// Ends the thread; waits for an attempt to connect that is under way.
  ~RedisListener();
  RedisListener(const RedisListener&) = delete;
  RedisListener& operator=(const RedisListener&) = delete;

private:
  void run();
  /// Listens until the connection breaks or the end has come.
  caf::error listen();
  caf::error subscribe(RedisConnection& connection);
  [[nodiscard]] std::string shown_channels() const;
  caf::error hear(RedisConnection& connection);
  void pass_on(const RedisReply& reply);
  [[nodiscard]] bool stopping() const;
  /// False if the end came first.
  bool wait(Duration span);

  const RedisListenerConfig config_;
  const OnMessage on_message_;
  mutable std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  bool away_ = false;  ///< the thread's own: it was said that Redis is away
  bool heard_ = false; ///< the thread's own: the connection was good
  std::thread thread_;
};

} // namespace arbees
