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
};

/// What the network thread knows of cancels, for the executor's kill switch. Thread-safe; it may
/// outlive the gateway, and does nothing then.
class KalshiCancels {
public:
  using Done = KalshiOrderClient::CancelDone;

  KalshiCancels(Network& network, std::weak_ptr<KalshiOrderClient> client)
    : network_{&network}, client_{std::move(client)} {}

  /// @param done is called on the network thread; may be empty
  void cancel(const std::string& client_order_id, Done done) const;
  /// @see KalshiOrderClient::cancel_all
  void cancel_all(std::int32_t subaccount, Done done) const;

private:
  Network* network_;
  std::weak_ptr<KalshiOrderClient> client_;
};

struct KalshiGateway {
  LiveGatewayActor actor;
  KalshiCancels cancels;
};

/// Spawns the gateway to Kalshi: orders over REST, the private stream, balances and the venue's
/// state. Reports and fills go to the sink that the order, or the last question for it, came with.
/// It needs ticks, some ten a second.
/// @param network, clock must outlive the actor system's use of it: stop the network first
/// @returns Errc::bad_configuration for a bad URL, Errc::bad_credential for a bad key
caf::expected<KalshiGateway>
spawn_kalshi_gateway(caf::actor_system& system, Network& network, const Clock& clock,
                     const KalshiGatewayConfig& config);

} // namespace arbees
