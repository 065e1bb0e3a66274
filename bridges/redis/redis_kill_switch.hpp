#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string_view>

#include "actors/messages/control.hpp"
#include "bridges/redis/redis_listener.hpp"

namespace arbees {

/// What a message on the kill switch's channel asks for: `halt`, `reduce-only` (or `reduce_only`),
/// `flatten`, `resume`, as a word alone or as {"action":"halt","reason":"odd fills"}. Nothing for
/// anything else. The stamp is left out.
std::optional<TradingControl> parse_redis_control(std::string_view text);

/// The kill switch as a Redis channel. It only adds a way to say it: whether Redis is there or not,
/// the file, the command and the signal work.
class RedisKillSwitch {
public:
  static constexpr auto channel = "trading:kill_switch";

  /// @param config its channels are set here
  /// @param obey runs on the listener's thread
  RedisKillSwitch(RedisListenerConfig config, std::function<Timestamp()> clock,
                  std::function<void(TradingControl)> obey);

  /// Messages that were none of the words.
  [[nodiscard]] std::uint64_t ignored() const { return ignored_; }

private:
  void hear(std::string_view text);

  const std::function<Timestamp()> clock_;
  const std::function<void(TradingControl)> obey_;
  std::atomic<std::uint64_t> ignored_ = 0;
  RedisListener listener_;
};

} // namespace arbees
