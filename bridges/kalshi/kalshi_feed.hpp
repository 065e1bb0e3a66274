#pragma once

#include <caf/actor_system.hpp>
#include <caf/expected.hpp>
#include <string>

#include "actors/messages/interfaces.hpp"
#include "bridges/net/clock.hpp"
#include "bridges/net/network.hpp"

namespace arbees {

struct KalshiFeedConfig {
  std::string ws_url = "wss://external-api-ws.kalshi.com/trade-api/ws/v2";
  std::string key_id;   ///< with `key_file`; both empty: the upgrade is not signed (a simulator's)
  std::string key_file; ///< PEM, readable by its owner only
  Duration first_retry = std::chrono::seconds{1};
  Duration longest_retry = std::chrono::seconds{30};
  Duration idle_timeout = std::chrono::seconds{30}; ///< the venue pings every 10 s
  std::uint64_t seed = 1;                           ///< of the retries' jitter
};

/// Spawns Kalshi's market data socket (venues/kalshi.md sections 2 and 3). It decodes and forwards;
/// what can be trusted is for the monitor to judge. Tell the monitor of it with `caf::put_atom`.
/// @param network, clock must outlive the actor system's use of it: stop the network first
/// @returns Errc::bad_configuration for a bad URL, Errc::bad_credential for a bad key
caf::expected<FeedActor>
spawn_kalshi_feed(caf::actor_system& system, Network& network, const Clock& clock,
                  const KalshiFeedConfig& config, KalshiMonitorActor monitor);

} // namespace arbees
