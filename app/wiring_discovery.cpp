#include "actors/orchestrator/discovery_actor.hpp"
#include "app/wirer.hpp"
#include "bridges/redis/redis_discovery.hpp"

// Matched games for those who ask.

namespace arbees {

namespace {

/// Waits for the answer on the caller's thread.
caf::expected<DiscoveryAnswer> ask(caf::actor_system& system, const DiscoveryActor& actor,
                                   const DiscoveryRequest& request, Duration patience) {
  caf::scoped_actor self{system};
  caf::expected<DiscoveryAnswer> result{DiscoveryAnswer{}};
  self->request(actor, std::chrono::ceil<std::chrono::milliseconds>(patience), request)
    .receive([&](const DiscoveryAnswer& answer) { result = answer; },
             [&](const caf::error& error) { result = error; });
  return result;
}

struct DiscoveryCountersState {
  static constexpr auto name = "redis_discovery";
};

MetricsSource::behavior_type
discovery_counters(MetricsSource::stateful_pointer<DiscoveryCountersState> /*self*/,
                   std::weak_ptr<RedisDiscovery> bridge) {
  return {[bridge = std::move(bridge)](caf::get_atom) {
    Metrics metrics{.source = DiscoveryCountersState::name};
    if (const auto present = bridge.lock()) {
      metrics.values = present->counters();
    }
    return metrics;
  }};
}

} // namespace

caf::error Wirer::start_discovery() {
  if (!config_.discovery) {
    return {};
  }
  auto address = parse_redis_url(config_.redis.url);
  if (!address) {
    return std::move(address.error());
  }
  // A thread of its own: whoever asks much must not keep the hot path waiting.
  const auto actor = keep(parts_.system.spawn<caf::detached>(discovery, DiscoveryConfig{}));
  time_.push_back(actor);
  caf::anon_send(games_, caf::subscribe_atom_v, caf::actor_cast<GameSink>(actor));
  const auto bridge = std::make_shared<RedisDiscovery>(
    RedisDiscoveryConfig{.address = std::move(*address), .clock = clock()},
    [&system = parts_.system, actor](const DiscoveryRequest& request, Duration patience) {
      return ask(system, actor, request, patience);
    });
  keep(parts_.system.spawn(discovery_counters, std::weak_ptr{bridge}));
  wiring_.sources.emplace_back(bridge);
  return {};
}

} // namespace arbees
