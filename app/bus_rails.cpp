#include "app/bus_rails.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <bit>

#include "bridges/redis/redis_listener.hpp"
#include "bridges/redis/redis_rail.hpp"
#include "bridges/zmq/rail_relay.hpp"

namespace arbees {

namespace {

/// Redis's patterns give a meaning to some letters.
std::string literally(std::string_view text) {
  std::string pattern;
  for (const auto letter : text) {
    if (std::string_view{"*?[]^-\\"}.find(letter) != std::string_view::npos) {
      pattern += '\\';
    }
    pattern += letter;
  }
  return pattern;
}

/// From the listener's thread to the subscriber's socket.
class RedisToSubscriber {
public:
  RedisToSubscriber(RailRelay relay, RedisListenerConfig config, std::size_t prefix)
    : relay_{std::move(relay)},
      listener_{std::move(config),
                [this, prefix](std::string_view channel, std::string_view envelope) {
                  pass_on(channel.substr(std::min(prefix, channel.size())), envelope);
                }} {}

private:
  void pass_on(std::string_view topic, std::string_view envelope) {
    if (!relay_.pass_on(topic, envelope) && std::has_single_bit(++lost_)) {
      spdlog::warn("redis_rail.not_passed_on total={}: too large, or the reader too slow", lost_);
    }
  }

  RailRelay relay_;
  std::uint64_t lost_ = 0; ///< with the relay, the listener's thread's
  RedisListener listener_; ///< last: its thread uses the others
};

} // namespace

bool uses_zmq(const Config& config) {
  return config.zmq.transport_mode != "redis_only";
}

bool uses_redis(const Config& config) {
  return config.zmq.transport_mode != "zmq_only";
}

caf::expected<std::shared_ptr<EnvelopeSink>> open_second_rail(const Config& config) {
  if (!uses_redis(config)) {
    return std::shared_ptr<EnvelopeSink>{};
  }
  auto address = parse_redis_url(config.redis.url);
  if (!address) {
    return std::move(address.error());
  }
  return std::shared_ptr<EnvelopeSink>{std::make_shared<RedisRail>(
    RedisRailConfig{.address = std::move(*address),
                    .channel_prefix = config.redis.channel_prefix,
                    .max_messages = static_cast<std::size_t>(config.redis.queue)})};
}

caf::expected<RailsIn>
open_rails_in(const Config& config, zmq::context_t& context, SubscriberConfig subscriber) {
  if (!uses_redis(config)) {
    return RailsIn{.subscriber = std::move(subscriber), .source = {}};
  }
  auto address = parse_redis_url(config.redis.url);
  if (!address) {
    return std::move(address.error());
  }
  auto relay = RailRelay::open(context);
  if (!relay) {
    return std::move(relay.error());
  }
  subscriber.rails.emplace();
  if (!uses_zmq(config)) {
    subscriber.endpoints.clear();
    subscriber.snapshots.clear();
    subscriber.rails->silence = std::chrono::milliseconds{0};
  }
  subscriber.endpoints.push_back(relay->endpoint());
  RedisListenerConfig listener{.address = std::move(*address),
                               .channels = {},
                               .patterns =
                                 channel_patterns(config.redis.channel_prefix, subscriber.prefixes),
                               .probe_after = std::chrono::milliseconds{1'000},
                               .first_wait = std::chrono::milliseconds{50},
                               .longest_wait = std::chrono::seconds{2}};
  auto source = std::make_shared<RedisToSubscriber>(std::move(*relay), std::move(listener),
                                                    config.redis.channel_prefix.size());
  return RailsIn{.subscriber = std::move(subscriber), .source = std::move(source)};
}

std::vector<std::string>
channel_patterns(const std::string& channel_prefix, const std::vector<std::string>& prefixes) {
  std::vector<std::string> patterns;
  for (const auto& prefix : prefixes) {
    const auto covered = std::ranges::any_of(prefixes, [&](const std::string& other) {
      return other.size() < prefix.size() && prefix.starts_with(other);
    });
    // Of all that is said on a Redis, topics are what has a dot.
    auto pattern = literally(channel_prefix + prefix) + (prefix.empty() ? "*.*" : "*");
    if (!covered && std::ranges::find(patterns, pattern) == patterns.end()) {
      patterns.push_back(std::move(pattern));
    }
  }
  return patterns;
}

} // namespace arbees
