#include "app/config_check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "actors/messages/game.hpp"
#include "app/topology.hpp"
#include "bridges/net/proxy.hpp"
#include "bridges/net/url.hpp"
#include "bridges/redis/redis_address.hpp"

namespace arbees {

namespace {

constexpr std::size_t longest_channel_prefix = 64;

/// What no single setting can know, group by group, in the order in which it is said.
class Contradictions {
public:
  explicit Contradictions(const LoadedConfig& loaded) : loaded_{loaded}, c_{loaded.config} {}

  std::vector<std::string> find() {
    check_names();
    check_addresses();
    check_redis();
    check_rails();
    check_encryption();
    check_control();
    check_parts();
    return std::move(problems_);
  }

private:
  template <class... Args>
  void problem(const std::string& key, fmt::format_string<Args...> text, Args&&... args) {
    problems_.push_back(fmt::format("{}: {}", loaded_.origins.at(key),
                                    fmt::format(text, std::forward<Args>(args)...)));
  }

  void check_names() {
    for (const auto& [key, leagues] :
         {std::pair{"leagues", c_.leagues}, std::pair{"control.leagues", c_.control.leagues}}) {
      for (const auto& league : leagues) {
        if (!parse_league(league)) {
          problem(key, "{}: there is no league \"{}\"", key, league);
        }
      }
    }
  }

  void check_addresses() {
    for (const auto& [key, url] :
         {std::pair{"kalshi.rest_url", c_.kalshi.rest_url},
          std::pair{"kalshi.websocket_url", c_.kalshi.websocket_url},
          std::pair{"polymarket.clob_url", c_.polymarket.clob_url},
          std::pair{"polymarket.websocket_url", c_.polymarket.websocket_url},
          std::pair{"polymarket.gamma_url", c_.polymarket.gamma_url},
          std::pair{"polymarket.user_websocket_url", c_.polymarket.user_websocket_url},
          std::pair{"polymarket.geoblock_url", c_.polymarket.geoblock_url},
          std::pair{"polymarket.data_url", c_.polymarket.data_url},
          std::pair{"espn.url", c_.espn.url}}) {
      if (const auto endpoint = parse_url(url); !endpoint) {
        problem(key, "{}: {}", key, describe(endpoint.error()));
      }
    }
    if (!c_.network.proxy.empty()) {
      if (const auto proxy = Proxy::make(c_.network.proxy, {}); !proxy) {
        problem("network.proxy", "network.proxy: {}", describe(proxy.error()));
      }
    }
  }

  void check_redis() {
    if (!c_.redis.url.empty()) {
      if (const auto address = parse_redis_url(c_.redis.url); !address) {
        problem("redis.url", "redis.url: {}", describe(address.error()));
      }
      return;
    }
    if (c_.observer.mode == "bridge") {
      problem("observer.mode", "observer.mode = \"bridge\" needs redis.url");
    }
    if (c_.discovery) {
      problem("discovery.enabled", "discovery.enabled = true needs redis.url");
    }
    if (c_.control.lock == "redis") {
      problem("control.lock", "control.lock = \"redis\" needs redis.url");
    }
    if (uses_redis()) {
      problem("zmq.transport_mode", "zmq.transport_mode = \"{}\" needs redis.url",
              c_.zmq.transport_mode);
    }
  }

  [[nodiscard]] bool uses_redis() const { return c_.zmq.transport_mode != "zmq_only"; }

  /// Where Redis carries the bus it carries requests for orders too: nobody else must be able to
  /// speak on it.
  void check_rails() {
    const auto address = parse_redis_url(c_.redis.url);
    if (uses_redis() && address && address->path.empty() && is_off_loopback(address->host)) {
      problem(
        "redis.url",
        "redis.url must be on the loopback with zmq.transport_mode = \"{}\": Redis carries the "
        "bus without encryption",
        c_.zmq.transport_mode);
    }
    if (c_.redis.channel_prefix.size() > longest_channel_prefix) {
      problem("redis.channel_prefix", "redis.channel_prefix has more than {} bytes",
              longest_channel_prefix);
    }
  }

  /// What leaves the machine in clear.
  void check_encryption() {
    const auto look = [&](const char* key, const std::string& value, std::string_view endpoint) {
      if (c_.curve.key_file.empty() && leaves_machine(endpoint)) {
        problem(key,
                "{} = \"{}\" is off the loopback: that needs encryption, see arbees keygen and "
                "curve.key_file",
                key, value);
      }
    };
    look("zmq.bind_address", c_.zmq.bind_address, bus_endpoint(c_.zmq.bind_address, 1));
    for (const auto& endpoint : c_.zmq.subscribe) {
      look("zmq.subscribe", endpoint, endpoint);
    }
    for (const auto& endpoint : c_.zmq.snapshots) {
      look("zmq.snapshots", endpoint, endpoint);
    }
  }

  void check_control() {
    const auto one_orchestrator = expects_hosts(loaded_.roles, c_.control.accept_hosts);
    check_control_address("control.orchestrator", c_.control.orchestrator, one_orchestrator);
    check_control_address("control.executor", c_.control.executor, true);
  }

  void check_control_address(const char* key, const std::string& address, bool only_one) {
    const auto places = parse_host_ports(address);
    if (!places) {
      problem(key, "{} must be HOST:PORT, not \"{}\"", key, address);
      return;
    }
    if (only_one && places->size() > 1) {
      problem(key, "{} must be one address here, not \"{}\"", key, address);
    }
    const auto off_loopback = std::ranges::any_of(*places, [](const HostPort& place) {
      return is_off_loopback(place.host);
    });
    if (off_loopback && !c_.control.tls.any()) {
      problem(key, "{} = \"{}\" is off the loopback: that needs TLS, see control.tls_certificate",
              key, address);
    }
  }

  void check_parts() {
    const auto has_monitor = loaded_.roles.contains(Role::kalshi_monitor)
                             || loaded_.roles.contains(Role::polymarket_monitor);
    if (is_part(loaded_.roles) && has_monitor && !c_.zmq.publish_orderbooks) {
      problem("zmq.publish_orderbooks",
              "zmq.publish_orderbooks must be true: shards and executor elsewhere live on them");
    }
    if (c_.risk.min_price > c_.risk.max_price) {
      problem("risk.min_price", "risk.min_price must not be above risk.max_price");
    }
  }

  const LoadedConfig& loaded_;
  const Config& c_;
  std::vector<std::string> problems_;
};

} // namespace

std::vector<std::string> contradictions(const LoadedConfig& loaded) {
  return Contradictions{loaded}.find();
}

std::vector<std::string> missing_credentials(const LoadedConfig& loaded) {
  const auto& c = loaded.config;
  const auto live = c.mode == "live" && loaded.roles.contains(Role::executor);
  std::vector<std::string> missing;
  const auto need = [&](bool needed, bool there, const char* key, const char* why) {
    if (needed && !there) {
      missing.push_back(fmt::format("{} is missing ({}): {}", key, loaded.origins.at(key), why));
    }
  };
  const auto kalshi = live || loaded.roles.contains(Role::kalshi_monitor);
  const auto* const why = "Kalshi's market data needs an API key, also on paper";
  need(kalshi, !c.kalshi.key_id.empty(), "kalshi.key_id", why);
  need(kalshi, !c.kalshi.key_file.empty(), "kalshi.key_file", why);
  need(live, !c.polymarket.wallet_key_file.empty(), "polymarket.wallet_key_file",
       "live orders are signed with it");
  return missing;
}

std::vector<std::string> live_objections(const LoadedConfig& loaded, bool trades_real_money) {
  const auto& c = loaded.config;
  if (c.mode != "live" || !loaded.roles.contains(Role::executor)) {
    return {};
  }
  std::vector<std::string> objections;
  if (!trades_real_money) {
    objections.push_back(
      fmt::format("mode = \"live\" ({}) needs the option "
                  "--i-understand-this-trades-real-money",
                  loaded.origins.at("mode")));
  }
  const auto endpoint = parse_url(c.kalshi.rest_url);
  const auto simulated =
    endpoint && (endpoint->host == "127.0.0.1" || endpoint->host == "localhost");
  if (!simulated && needs_cluster(loaded.roles, c.control.accept_hosts)) {
    objections.emplace_back(
      "live on the exchanges themselves needs all roles in one process: that "
      "is what a thousand kills have proven, several processes not yet");
  }
  return objections;
}

} // namespace arbees
