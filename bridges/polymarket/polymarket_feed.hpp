#pragma once

#include <caf/actor_system.hpp>
#include <caf/expected.hpp>
#include <string>

#include "actors/messages/interfaces.hpp"
#include "bridges/net/clock.hpp"
#include "bridges/net/network.hpp"

namespace arbees {

struct PolymarketFeedConfig {
  std::string ws_url = "wss://ws-subscriptions-clob.polymarket.com/ws/market";
  std::string rest_url =
    "https://clob.polymarket.com";     ///< for books that the socket does not bring
  std::size_t tokens_per_socket = 200; ///< above some 500 snapshots silently go missing
  Duration ping_period = std::chrono::seconds{10};
  Duration pong_timeout = std::chrono::seconds{30}; ///< nothing came, not even PONG
  Duration rest_timeout = std::chrono::seconds{5};
  /// Between two books that are read by REST and compared with ours, in rotation; zero: none. The
  /// venue allows 150 a second (venues/polymarket.md 3.7).
  Duration audit_period = std::chrono::milliseconds{500};
  Duration first_retry = std::chrono::seconds{1};
  Duration longest_retry = std::chrono::seconds{30};
  Duration stagger = std::chrono::milliseconds{100}; ///< between the sockets' first attempts
  std::uint64_t seed = 2;                            ///< of the retries' jitter
};

/// Spawns Polymarket's market data sockets (venues/polymarket.md section 2): as many as the tokens
/// need, one connection to the monitor: if one of them breaks, all are made anew, because the
/// monitor cannot know which books were on it. Tell the monitor of it with `caf::put_atom`.
/// @param network, clock must outlive the actor system's use of it: stop the network first
/// @returns Errc::bad_configuration for a bad URL
caf::expected<FeedActor>
spawn_polymarket_feed(caf::actor_system& system, Network& network, const Clock& clock,
                      const PolymarketFeedConfig& config, PolymarketMonitorActor monitor);

} // namespace arbees
