#pragma once

#include <caf/actor_system.hpp>
#include <caf/expected.hpp>

#include "actors/messages/interfaces.hpp"
#include "bridges/polymarket/polymarket_heartbeat.hpp"
#include "bridges/polymarket/polymarket_login.hpp"
#include "bridges/polymarket/polymarket_order_desk.hpp"

namespace arbees {

struct PolymarketGatewayConfig {
  PolymarketAccountConfig account;
  PolymarketDeskConfig desk;
  Duration order_deadline = std::chrono::seconds{5}; ///< then the order's outcome is looked up
  Duration read_deadline = std::chrono::seconds{5};
  Duration balance_period = std::chrono::seconds{30};
  Duration keep_ready_period = std::chrono::seconds{20}; ///< servers close what is idle for longer
  Duration ping_period = std::chrono::seconds{10};
  Duration pong_timeout = std::chrono::seconds{30};
  Duration account_deadline = std::chrono::seconds{10}; ///< of a whole AccountView
  Duration settlement_period = std::chrono::seconds{15};
  Duration place_period = std::chrono::minutes{10}; ///< of the geoblock and the account's ban
  Duration terms_period = std::chrono::minutes{5};  ///< of the markets with open orders
  Duration down_retry = std::chrono::seconds{1};    ///< of a venue that does not answer
  bool heartbeat =
    true; ///< arms the venue's dead-man switch: it cancels our orders if we go silent
  PolymarketHeartbeatConfig heartbeats;
  Duration first_retry = std::chrono::seconds{1};
  Duration longest_retry = std::chrono::seconds{30};
};

/// Logs in and spawns Polymarket's order gateway: the account's orders, cancels and user channel,
/// each on a connection of its own. Signing and all decisions run on a thread of the gateway, so
/// that whoever sends an order only hands it over. Waits for the log-in.
/// @param network, clock must outlive the actor system's use of it: stop the network first
/// @returns what log_in_to_polymarket() does
caf::expected<PolymarketGatewayActor>
spawn_polymarket_gateway(caf::actor_system& system, Network& network, const Clock& clock,
                         const PolymarketGatewayConfig& config);

} // namespace arbees
