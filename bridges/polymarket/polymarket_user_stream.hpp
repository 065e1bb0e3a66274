#pragma once

#include <functional>
#include <memory>

#include "bridges/net/web_socket_client.hpp"
#include "bridges/polymarket/polymarket_order_client.hpp"
#include "bridges/polymarket/polymarket_user_codec.hpp"

namespace arbees {

struct PolymarketStreamConfig {
  Endpoint endpoint;
  Duration ping_period = std::chrono::seconds{10};
  Duration pong_timeout = std::chrono::seconds{30}; ///< nothing came, not even PONG
  Duration first_retry = std::chrono::seconds{1};
  Duration longest_retry = std::chrono::seconds{30};
  std::uint64_t seed = 3; ///< of the retries' jitter
};

/// All are called on the network thread, never two at a time.
struct PolymarketStreamEvents {
  /// The subscription was sent. What happened before is not told again: look it up.
  std::function<void()> on_open;
  std::function<void(PolymarketUserFrame frame)> on_frame;
  std::function<void(const std::string& reason)> on_close;
};

/// The user channel of one account, all markets (venues/polymarket.md 2.5). It comes back after
/// every failure. To be held by a shared pointer.
class PolymarketUserStream : public std::enable_shared_from_this<PolymarketUserStream> {
public:
  /// @param network, clock must outlive the stream
  /// @param account whose credentials subscribe
  PolymarketUserStream(Network& network, const Clock& clock, PolymarketStreamConfig config,
                       std::shared_ptr<const PolymarketOrderClient> account,
                       PolymarketStreamEvents events);

  /// Once.
  void start();

private:
  void on_open();

  Network& network_;
  const Clock& clock_;
  PolymarketStreamConfig config_;
  std::shared_ptr<const PolymarketOrderClient> account_;
  PolymarketStreamEvents events_;
  std::unique_ptr<WebSocketClient> socket_;
};

} // namespace arbees
