#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/roles.hpp"
#include "bridges/zmq/endpoints.hpp"

// Which process needs which port and which connection, from its roles.

namespace arbees {

/// The publisher of a role; nothing for those that publish nothing of their own.
std::optional<PublishRole> publisher_of(Role role);

/// True if some role that trades runs in another process.
bool is_part(const Roles& roles);

/// True if monitors or shards of other processes connect to the orchestrator of this one.
bool expects_hosts(const Roles& roles, bool accepts_hosts);
/// True if this one's monitors or shards connect to an orchestrator elsewhere.
bool seeks_orchestrator(const Roles& roles);
/// True if a signal processor or a position tracker elsewhere connects to this one's executor.
bool expects_traders(const Roles& roles);
bool seeks_executor(const Roles& roles);
/// True if any of these holds: the process needs CAF's network layer.
bool needs_cluster(const Roles& roles, bool accepts_hosts);

/// Where a process publishes telemetry by default: one that does all has the port of the
/// architecture, others one of their own, so that several find room on one machine.
std::uint16_t default_node_port(const Roles& roles);

/// The same for where it answers late readers.
std::uint16_t snapshot_port_of(const Roles& roles);

/// Every endpoint that some process has by default, on `address`, which may be of any form that
/// bus_endpoint takes.
std::vector<std::string> all_default_endpoints(std::string_view address = "127.0.0.1");

/// Where processes of this machine that publish at `bind_address` are found.
std::string_view address_to_call(std::string_view bind_address);

/// "127.0.0.1:5570" as host and port; nothing if it is not one.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};
std::optional<HostPort> parse_host_port(std::string_view text);

/// Several, separated by commas; nothing if one of them is not, or there is none.
std::optional<std::vector<HostPort>> parse_host_ports(std::string_view text);

} // namespace arbees
