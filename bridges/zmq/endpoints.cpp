#include "bridges/zmq/endpoints.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace arbees {

namespace {

constexpr std::string_view tcp = "tcp://";
constexpr std::string_view ipc = "ipc://";
constexpr std::string_view inproc = "inproc://";

/// Dotted and of digits only: "127.example.com" is somewhere else.
bool is_loopback_number(std::string_view host) {
  return host.starts_with("127.") && std::ranges::count(host, '.') == 3
         && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

} // namespace

std::string_view to_string(PublishRole role) {
  switch (role) {
    case PublishRole::kalshi_monitor:
      return "kalshi_monitor";
    case PublishRole::polymarket_monitor:
      return "polymarket_monitor";
    case PublishRole::orchestrator:
      return "orchestrator";
    case PublishRole::game_shard:
      return "game_shard";
    case PublishRole::signal_processor:
      return "signal_processor";
    case PublishRole::executor:
      return "executor";
    case PublishRole::position_tracker:
      return "position_tracker";
    case PublishRole::telemetry:
      return "node";
  }
  return "unknown";
}

std::uint16_t default_port(PublishRole role) {
  return static_cast<std::uint16_t>(5555 + static_cast<int>(role));
}

std::uint16_t snapshot_port_from(PublishRole first) {
  return static_cast<std::uint16_t>(default_snapshot_port + static_cast<int>(first));
}

std::vector<std::string> default_snapshot_endpoints(std::string_view address) {
  std::vector<std::string> endpoints;
  for (auto i = 0; i < static_cast<int>(PublishRole::telemetry); ++i) {
    endpoints.push_back(bus_endpoint(address, snapshot_port_from(static_cast<PublishRole>(i))));
  }
  return endpoints;
}

std::string source_name(PublishRole role, std::string_view node) {
  const auto many = role == PublishRole::game_shard || role == PublishRole::telemetry;
  return many ? fmt::format("{}:{}", to_string(role), node) : std::string{to_string(role)};
}

std::string tcp_endpoint(std::string_view address, std::uint16_t port) {
  return fmt::format("tcp://{}:{}", address, port);
}

std::string bus_endpoint(std::string_view address, std::uint16_t port) {
  if (address.starts_with(ipc)) {
    return fmt::format("{}/{}", address, port);
  }
  if (address.starts_with(inproc)) {
    return fmt::format("{}-{}", address, port);
  }
  return tcp_endpoint(address, port);
}

std::string_view host_of(std::string_view endpoint) {
  if (!endpoint.starts_with(tcp)) {
    return {};
  }
  endpoint.remove_prefix(tcp.size());
  const auto colon = endpoint.rfind(':');
  return colon == std::string_view::npos ? std::string_view{} : endpoint.substr(0, colon);
}

std::string reachable(const std::string& endpoint) {
  const auto host = host_of(endpoint);
  if (host != "*" && host != "0.0.0.0") {
    return endpoint;
  }
  return fmt::format("{}127.0.0.1{}", tcp, endpoint.substr(tcp.size() + host.size()));
}

bool is_off_loopback(std::string_view host) {
  return host != "localhost" && host != "::1" && host != "[::1]" && !is_loopback_number(host);
}

bool leaves_machine(std::string_view endpoint) {
  if (endpoint.starts_with(ipc) || endpoint.starts_with(inproc)
      || endpoint.find("://") == std::string_view::npos) {
    return false;
  }
  // Other transports of libzmq have no place here.
  return !endpoint.starts_with(tcp)
         || (!host_of(endpoint).empty() && is_off_loopback(host_of(endpoint)));
}

std::vector<std::string> default_endpoints(std::string_view address) {
  std::vector<std::string> endpoints;
  for (std::size_t i = 0; i < publish_role_count; ++i) {
    endpoints.push_back(bus_endpoint(address, default_port(static_cast<PublishRole>(i))));
  }
  return endpoints;
}

} // namespace arbees
