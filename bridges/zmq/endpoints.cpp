#include "bridges/zmq/endpoints.hpp"

#include <fmt/format.h>

namespace arbees {

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
    endpoints.push_back(tcp_endpoint(address, snapshot_port_from(static_cast<PublishRole>(i))));
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

std::vector<std::string> default_endpoints(std::string_view address) {
  std::vector<std::string> endpoints;
  for (std::size_t i = 0; i < publish_role_count; ++i) {
    endpoints.push_back(tcp_endpoint(address, default_port(static_cast<PublishRole>(i))));
  }
  return endpoints;
}

} // namespace arbees
