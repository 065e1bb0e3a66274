#include "app/config_check.hpp"

#include <fmt/format.h>

#include "actors/messages/game.hpp"
#include "app/topology.hpp"
#include "bridges/net/proxy.hpp"
#include "bridges/net/url.hpp"
#include "bridges/redis/redis_address.hpp"

namespace arbees {

namespace {

/// Where Redis carries the bus it carries requests for orders too: it must be there, and nobody
/// else must be able to speak on it.
void add_rail_problems(const LoadedConfig& loaded, std::vector<std::string>& problems) {
  const auto& c = loaded.config;
  if (c.zmq.transport_mode == "zmq_only") {
    return;
  }
  if (c.redis.url.empty()) {
    problems.push_back(fmt::format("{}: zmq.transport_mode = \"{}\" needs redis.url",
                                   loaded.origins.at("zmq.transport_mode"), c.zmq.transport_mode));
  } else if (const auto address = parse_redis_url(c.redis.url); address && address->path.empty()
                                                                && address->host != "127.0.0.1"
                                                                && address->host != "localhost") {
    problems.push_back(fmt::format(
      "{}: redis.url must be on the loopback with zmq.transport_mode = \"{}\": carrying "
      "the bus off it needs encryption, which this version has not",
      loaded.origins.at("redis.url"), c.zmq.transport_mode));
  }
  if (c.redis.channel_prefix.size() > 64) {
    problems.push_back(fmt::format("{}: redis.channel_prefix has more than 64 bytes",
                                   loaded.origins.at("redis.channel_prefix")));
  }
}

/// What leaves the machine and is not encrypted.
std::vector<std::string> open_to_all(const LoadedConfig& loaded) {
  const auto& c = loaded.config;
  std::vector<std::string> problems;
  const auto look = [&](const char* key, const std::string& value, std::string_view endpoint) {
    if (c.curve.key_file.empty() && leaves_machine(endpoint)) {
      problems.push_back(
        fmt::format("{}: {} = \"{}\" is off the loopback: that needs encryption, see arbees keygen "
                    "and curve.key_file",
                    loaded.origins.at(key), key, value));
    }
  };
  look("zmq.bind_address", c.zmq.bind_address, bus_endpoint(c.zmq.bind_address, 1));
  for (const auto& endpoint : c.zmq.subscribe) {
    look("zmq.subscribe", endpoint, endpoint);
  }
  for (const auto& endpoint : c.zmq.snapshots) {
    look("zmq.snapshots", endpoint, endpoint);
  }
  return problems;
}

} // namespace

std::vector<std::string> contradictions(const LoadedConfig& loaded) {
  std::vector<std::string> problems;
  const auto& c = loaded.config;
  for (const auto& [key, leagues] :
       {std::pair{"leagues", c.leagues}, std::pair{"control.leagues", c.control.leagues}}) {
    for (const auto& league : leagues) {
      if (!parse_league(league)) {
        problems.push_back(
          fmt::format("{}: {}: there is no league \"{}\"", loaded.origins.at(key), key, league));
      }
    }
  }
  for (const auto& [key, url] :
       {std::pair{"kalshi.rest_url", c.kalshi.rest_url},
        std::pair{"kalshi.websocket_url", c.kalshi.websocket_url},
        std::pair{"polymarket.clob_url", c.polymarket.clob_url},
        std::pair{"polymarket.websocket_url", c.polymarket.websocket_url},
        std::pair{"polymarket.gamma_url", c.polymarket.gamma_url},
        std::pair{"polymarket.user_websocket_url", c.polymarket.user_websocket_url},
        std::pair{"polymarket.geoblock_url", c.polymarket.geoblock_url},
        std::pair{"polymarket.data_url", c.polymarket.data_url},
        std::pair{"espn.url", c.espn.url}}) {
    if (const auto endpoint = parse_url(url); !endpoint) {
      problems.push_back(
        fmt::format("{}: {}: {}", loaded.origins.at(key), key, describe(endpoint.error())));
    }
  }
  if (!c.network.proxy.empty()) {
    if (const auto proxy = Proxy::make(c.network.proxy, {}); !proxy) {
      problems.push_back(fmt::format("{}: network.proxy: {}", loaded.origins.at("network.proxy"),
                                     describe(proxy.error())));
    }
  }
  if (c.redis.url.empty()) {
    if (c.observer.mode == "bridge") {
      problems.push_back(fmt::format("{}: observer.mode = \"bridge\" needs redis.url",
                                     loaded.origins.at("observer.mode")));
    }
    if (c.discovery) {
      problems.push_back(fmt::format("{}: discovery.enabled = true needs redis.url",
                                     loaded.origins.at("discovery.enabled")));
    }
  } else if (const auto address = parse_redis_url(c.redis.url); !address) {
    problems.push_back(
      fmt::format("{}: redis.url: {}", loaded.origins.at("redis.url"), describe(address.error())));
  }
  add_rail_problems(loaded, problems);
  for (auto& problem : open_to_all(loaded)) {
    problems.push_back(std::move(problem));
  }
  for (const auto& [key, address] : {std::pair{"control.orchestrator", c.control.orchestrator},
                                     std::pair{"control.executor", c.control.executor}}) {
    const auto places = parse_host_ports(address);
    if (!places) {
      problems.push_back(
        fmt::format("{}: {} must be HOST:PORT, not \"{}\"", loaded.origins.at(key), key, address));
    } else if (!c.control.tls.any() && std::ranges::any_of(*places, [](const HostPort& place) {
                 return is_off_loopback(place.host);
               })) {
      problems.push_back(
        fmt::format("{}: {} = \"{}\" is off the loopback: that needs TLS, see "
                    "control.tls_certificate",
                    loaded.origins.at(key), key, address));
    }
  }
  if (c.control.lock == "redis" && c.redis.url.empty()) {
    problems.push_back(fmt::format("{}: control.lock = \"redis\" needs redis.url",
                                   loaded.origins.at("control.lock")));
  }
  if (expects_hosts(loaded.roles, c.control.accept_hosts)
      && c.control.orchestrator.find(',') != std::string::npos) {
    problems.push_back(
      fmt::format("{}: control.orchestrator must be one address here: an orchestrator takes "
                  "connections at its own",
                  loaded.origins.at("control.orchestrator")));
  }
  if (is_part(loaded.roles) && !c.zmq.publish_orderbooks
      && (loaded.roles.contains(Role::kalshi_monitor)
          || loaded.roles.contains(Role::polymarket_monitor))) {
    problems.push_back(
      fmt::format("{}: zmq.publish_orderbooks must be true: shards and executor "
                  "elsewhere live on them",
                  loaded.origins.at("zmq.publish_orderbooks")));
  }
  if (c.risk.min_price > c.risk.max_price) {
    problems.push_back(fmt::format("{}: risk.min_price must not be above risk.max_price",
                                   loaded.origins.at("risk.min_price")));
  }
  return problems;
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
