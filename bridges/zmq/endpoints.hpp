#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arbees {

/// Who publishes (architecture section 4). Each has a port of its own.
enum class PublishRole : std::uint8_t {
  kalshi_monitor,
  polymarket_monitor,
  orchestrator,
  game_shard,
  signal_processor,
  executor,
  position_tracker,
  telemetry,
};

inline constexpr std::size_t publish_role_count = 8;

std::string_view to_string(PublishRole role);

/// 5555 for the Kalshi monitor to 5562 for telemetry.
std::uint16_t default_port(PublishRole role);

/// Where the process of all roles answers late readers. One that publishes some of them only is as
/// many ports further as its first role is in the order of ports: several fit on one host.
inline constexpr std::uint16_t default_snapshot_port = 5563;
std::uint16_t snapshot_port_from(PublishRole first);

/// Where there may be one who answers, on `address`.
std::vector<std::string> default_snapshot_endpoints(std::string_view address = "127.0.0.1");

/// The `source` of the role's envelopes: one word, with the node where several may publish.
std::string source_name(PublishRole role, std::string_view node);

std::string tcp_endpoint(std::string_view address, std::uint16_t port);

/// Where `port` of this machine's bus is: tcp://ADDRESS:PORT; for an address "ipc://FOLDER" the
/// socket file FOLDER/PORT, for "inproc://NAME" NAME-PORT, inside one process.
std::string bus_endpoint(std::string_view address, std::uint16_t port);

/// The same place, as it is connected to: what is bound to all addresses is found on the loopback.
std::string reachable(const std::string& endpoint);

/// HOST of tcp://HOST:PORT; empty if there is none.
std::string_view host_of(std::string_view endpoint);

/// False for 127.0.0.0/8, localhost and ::1.
bool is_off_loopback(std::string_view host);

/// True unless `endpoint` is TCP on the loopback, ipc:// or inproc://. What has no host at all is
/// left for libzmq to refuse.
bool leaves_machine(std::string_view endpoint);

/// Every role's default endpoint on `address`, in the order of ports.
std::vector<std::string> default_endpoints(std::string_view address = "127.0.0.1");

} // namespace arbees
