#include "bridges/redis/redis_leader_lock.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>

#include "actors/messages/errors.hpp"
#include "bridges/redis/redis_connection.hpp"

namespace arbees {

namespace {

/// Takes the key if nobody has it, renews it if we have; answers who has it then.
constexpr auto* take_or_renew = R"(
local holder = redis.call('get', KEYS[1])
if holder and holder ~= ARGV[1] then return holder end
redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1])";

/// Gives the key up, if we have it.
constexpr auto* give_up = R"(
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0)";

class RedisHolder {
public:
  explicit RedisHolder(RedisLeaderLockConfig config) : config_{std::move(config)} {}
  RedisHolder(const RedisHolder&) = delete;
  RedisHolder& operator=(const RedisHolder&) = delete;
  /// The next need not wait for the key to expire.
  ~RedisHolder() {
    if (connection_) {
      static_cast<void>(connection_->ask({"EVAL", give_up, "1", config_.key, config_.owner}));
    }
  }

  caf::expected<Duration> hold() {
    constexpr RedisTimeouts timeouts{.connect = std::chrono::milliseconds{1'000},
                                     .silence = std::chrono::milliseconds{1'000}};
    if (!connection_) {
      auto opened = RedisConnection::open(config_.address, timeouts);
      if (!opened) {
        return failed(describe(opened.error()));
      }
      connection_.emplace(std::move(*opened));
    }
    const auto answer = connection_->ask({"EVAL", take_or_renew, "1", config_.key, config_.owner,
                                          std::to_string(config_.expires_after.count())});
    if (!answer) {
      connection_.reset();
      return failed(describe(answer.error()));
    }
    if (answer->is_error()) {
      return failed(answer->text);
    }
    if (answer->text != config_.owner) {
      return failed(fmt::format("{} assigns games", answer->text));
    }
    // A fifth less than it lasts: its clock and ours need not run alike.
    return Duration{config_.expires_after} * 4 / 5;
  }

private:
  [[nodiscard]] caf::error failed(const std::string& why) const {
    return caf::make_error(Errc::io_failed,
                           fmt::format("orchestrator's lock {} in Redis: {}", config_.key, why));
  }

  RedisLeaderLockConfig config_;
  std::optional<RedisConnection> connection_;
};

} // namespace

std::function<caf::expected<Duration>()> leader_lock_in(RedisLeaderLockConfig config) {
  return [holder = std::make_shared<RedisHolder>(std::move(config))] { return holder->hold(); };
}

} // namespace arbees
