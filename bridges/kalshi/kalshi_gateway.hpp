#pragma once

#include <caf/actor_system.hpp>
#include <caf/expected.hpp>

#include "actors/messages/interfaces.hpp"
#include "bridges/kalshi/kalshi_order_client.hpp"
#include "bridges/kalshi/kalshi_private_stream.hpp"

namespace arbees {

struct KalshiGatewayConfig {
  KalshiRestConfig rest;
  KalshiPrivateStreamConfig stream;
  KalshiOrderClientConfig orders;
  KalshiVenueWatchConfig venue;
  KalshiAccountConfig account;
  KalshiOrderGroupsConfig groups;
  /// A ReadAccount that is not answered by then fails.
  Duration account_deadline = std::chrono::seconds{10};
};

/// Spawns the gateway to Kalshi: orders over REST, the private stream, the account and the venue's
/// state. A ReadAccount gets Errc::io_failed if a part of it could not be read, Errc::timed_out if
/// that took too long; questions that come while one is being answered share its answer. Reports
/// and fills go to the sink that the order, or the last question for it, came with. It needs ticks,
/// some ten a second.
/// @param network, clock must outlive the actor system's use of it: stop the network first
/// @returns Errc::bad_configuration for a bad URL, Errc::bad_credential for a bad key
caf::expected<LiveGatewayActor>
spawn_kalshi_gateway(caf::actor_system& system, Network& network, const Clock& clock,
                     const KalshiGatewayConfig& config);

} // namespace arbees
