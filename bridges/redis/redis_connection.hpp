#pragma once

#include <caf/expected.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bridges/redis/redis_address.hpp"
#include "bridges/redis/redis_pipeline.hpp"

struct redisContext;

namespace arbees {

struct RedisTimeouts {
  std::chrono::milliseconds connect{1'000};
  /// Without a byte from Redis for so long, the connection is given up; a whole pipeline may take
  /// five times as long.
  std::chrono::milliseconds silence{2'000};
};

/// An answer of Redis.
struct RedisReply {
  enum class Kind : std::uint8_t { nil, status, error, integer, text, array };

  Kind kind = Kind::nil;
  std::string text; ///< of status, error and text
  std::int64_t integer = 0;
  std::vector<RedisReply> items; ///< of an array

  [[nodiscard]] bool is_error() const { return kind == Kind::error; }
};

/// The word by which Redis names an error, "WRONGTYPE", for logs and counters; "other" for whatever
/// is none.
std::string error_word(std::string_view error);

/// One connection to a Redis, through hiredis. Every wait is bounded; after an error the connection
/// is of no more use. Belongs to one thread at a time.
class RedisConnection {
public:
  /// Connects, logs in, chooses the database and hears a PONG.
  /// @returns Errc::io_failed, Errc::timed_out, Errc::bad_credential if the login is refused,
  /// Errc::bad_frame if what answers is no Redis
  static caf::expected<RedisConnection>
  open(const RedisAddress& address, const RedisTimeouts& timeouts);

  /// Sends all of `pipeline` and takes each command out of it when its answer has been handed to
  /// `on_reply`: what is left after an error was not answered.
  caf::error run(RedisPipeline& pipeline, const std::function<void(RedisReply)>& on_reply);

  /// Sends one command and returns its answer; an error that Redis answers is a reply too.
  caf::expected<RedisReply> ask(std::initializer_list<std::string_view> words);
  caf::expected<RedisReply> ask(std::span<const std::string_view> words);

  /// Sends without waiting for an answer.
  caf::error send(std::initializer_list<std::string_view> words);
  /// What has come unasked, waiting at most `patience` for it; nothing if nothing came.
  caf::expected<std::optional<RedisReply>> receive(std::chrono::milliseconds patience);

private:
  using Moment = std::chrono::steady_clock::time_point;

  struct Free {
    void operator()(redisContext* context) const;
  };

  RedisConnection(std::unique_ptr<redisContext, Free> context, const RedisTimeouts& timeouts)
    : context_(std::move(context)), timeouts_(timeouts) {}

  caf::error log_in(const RedisAddress& address);
  /// Sends what fits of `bytes`, and takes it off its front.
  caf::error write_some(std::string_view& bytes);
  caf::error read_some();
  /// An answer that is already here.
  caf::expected<std::optional<RedisReply>> next_reply();
  /// Waits until something can be read, or sent if `wish_to_write`.
  caf::error wait(bool wish_to_write, Moment end, bool& readable, bool& writable);

  std::unique_ptr<redisContext, Free> context_;
  RedisTimeouts timeouts_;
};

} // namespace arbees
