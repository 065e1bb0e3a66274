#include "app/topology.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace arbees {

namespace {

constexpr std::array publishers{
  std::pair{Role::kalshi_monitor, PublishRole::kalshi_monitor},
  std::pair{Role::polymarket_monitor, PublishRole::polymarket_monitor},
  std::pair{Role::orchestrator, PublishRole::orchestrator},
  std::pair{Role::game_shard, PublishRole::game_shard},
  std::pair{Role::signal_processor, PublishRole::signal_processor},
  std::pair{Role::executor, PublishRole::executor},
  std::pair{Role::position_tracker, PublishRole::position_tracker},
};

/// Above 5570 and 5571, where orchestrator and executor take connections.
constexpr std::uint16_t first_node_port = 5572;

bool has_any(const Roles& roles, std::initializer_list<Role> wanted) {
  return std::ranges::any_of(wanted, [&](Role role) { return roles.contains(role); });
}

bool has_all(const Roles& roles, std::initializer_list<Role> wanted) {
  return std::ranges::all_of(wanted, [&](Role role) { return roles.contains(role); });
}

constexpr auto monitors_and_shards = {Role::kalshi_monitor, Role::polymarket_monitor,
                                      Role::game_shard};
constexpr auto traders = {Role::signal_processor, Role::position_tracker};

} // namespace

std::optional<PublishRole> publisher_of(Role role) {
  const auto* const found =
    std::ranges::find_if(publishers, [&](const auto& entry) { return entry.first == role; });
  return found == publishers.end() ? std::nullopt : std::optional{found->second};
}

bool is_part(const Roles& roles) {
  return std::ranges::any_of(publishers,
                             [&](const auto& entry) { return !roles.contains(entry.first); });
}

bool expects_hosts(const Roles& roles, bool accepts_hosts) {
  return roles.contains(Role::orchestrator)
         && (accepts_hosts || !has_all(roles, monitors_and_shards));
}

bool seeks_orchestrator(const Roles& roles) {
  return !roles.contains(Role::orchestrator) && has_any(roles, monitors_and_shards);
}

bool expects_traders(const Roles& roles) {
  return roles.contains(Role::executor) && !has_all(roles, traders);
}

bool seeks_executor(const Roles& roles) {
  return !roles.contains(Role::executor) && has_any(roles, traders);
}

bool needs_cluster(const Roles& roles, bool accepts_hosts) {
  return expects_hosts(roles, accepts_hosts) || seeks_orchestrator(roles) || expects_traders(roles)
         || seeks_executor(roles);
}

std::uint16_t default_node_port(const Roles& roles) {
  if (is_part(roles)) {
    for (std::uint16_t i = 0; i < publishers.size(); ++i) {
      if (roles.contains(publishers[i].first)) {
        return static_cast<std::uint16_t>(first_node_port + i);
      }
    }
  }
  return default_port(PublishRole::telemetry);
}

std::uint16_t snapshot_port_of(const Roles& roles) {
  const auto* const first = std::ranges::find_if(publishers, [&](const auto& entry) {
    return roles.contains(entry.first);
  });
  return first == publishers.end() ? default_snapshot_port : snapshot_port_from(first->second);
}

std::string_view address_to_call(std::string_view bind_address) {
  return bind_address == "*" || bind_address == "0.0.0.0" ? "127.0.0.1" : bind_address;
}

std::vector<std::string> all_default_endpoints(std::string_view address) {
  auto endpoints = default_endpoints(address);
  for (std::uint16_t i = 0; i < publishers.size(); ++i) {
    endpoints.push_back(bus_endpoint(address, static_cast<std::uint16_t>(first_node_port + i)));
  }
  return endpoints;
}

std::optional<HostPort> parse_host_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) {
    return std::nullopt;
  }
  HostPort result{.host = std::string{text.substr(0, colon)}};
  const auto digits = text.substr(colon + 1);
  const auto [end, error] =
    std::from_chars(digits.data(), digits.data() + digits.size(), result.port);
  if (error != std::errc{} || end != digits.data() + digits.size() || result.port == 0) {
    return std::nullopt;
  }
  return result;
}

std::optional<std::vector<HostPort>> parse_host_ports(std::string_view text) {
  std::vector<HostPort> all;
  while (true) {
    const auto comma = text.find(',');
    const auto one = parse_host_port(text.substr(0, comma));
    if (!one) {
      return std::nullopt;
    }
    all.push_back(*one);
    if (comma == std::string_view::npos) {
      return all;
    }
    text.remove_prefix(comma + 1);
  }
}

} // namespace arbees
