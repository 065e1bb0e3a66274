#pragma once

#include <map>
#include <set>

#include "bridges/kalshi/kalshi_private_codec.hpp"
#include "bridges/net/web_socket_client.hpp"

namespace arbees {

struct KalshiPrivateStreamConfig {
  std::string ws_url = "wss://external-api-ws.kalshi.com/trade-api/ws/v2";
  Duration first_retry = std::chrono::seconds{1};
  Duration longest_retry = std::chrono::seconds{30};
  Duration idle_timeout = std::chrono::seconds{30}; ///< the venue pings every 10 s
  std::uint64_t seed = 1;                           ///< of the retries' jitter
};

/// All are called on the network thread.
struct KalshiPrivateStreamEvents {
  /// The upgrade's headers, signed anew for each attempt.
  std::function<caf::expected<HttpHeaders>()> headers;
  /// All three channels are subscribed: from here on nothing is missed.
  std::function<void()> on_open;
  std::function<void()> on_close;
  std::function<void(const OrderEvent&)> on_order;
  std::function<void(const FillEvent&)> on_fill;
  std::function<void(const KalshiPositionEvent&)> on_position;
};

/// Kalshi's WebSocket with the account's own channels. It decodes and passes on; lost connections
/// come back by themselves (venues/kalshi.md section 3).
class KalshiPrivateStream : public std::enable_shared_from_this<KalshiPrivateStream> {
public:
  /// @param network, clock must outlive this
  /// @returns Errc::bad_configuration for a bad URL
  static caf::expected<std::shared_ptr<KalshiPrivateStream>>
  make(Network& network, const Clock& clock, const KalshiPrivateStreamConfig& config,
       KalshiPrivateStreamEvents events);

  void start();
  /// Path of the upgrade, which is what its signature covers.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Frames by type, and rejected ones by reason. On the network thread.
  [[nodiscard]] const std::map<std::string, std::int64_t>& counters() const { return counters_; }

private:
  KalshiPrivateStream(std::string path, KalshiPrivateStreamEvents events);
  void connect(Network& network, const Clock& clock, WebSocketConfig config);
  void on_text(std::string_view text);
  void on(const KalshiPrivateIgnored& frame);
  void on(const KalshiPrivateSubscribed& frame);
  void on(const KalshiPrivateFailed& frame);
  void on(const OrderEvent& event);
  void on(const FillEvent& event);
  void on(const KalshiPositionEvent& event);
  void reject(const std::string& reason);

  std::string path_;
  KalshiPrivateStreamEvents events_;
  std::unique_ptr<WebSocketClient> socket_;
  std::set<std::string> subscribed_; ///< channels, on this connection
  std::uint64_t rejected_ = 0;
  std::map<std::string, std::int64_t> counters_;
};

} // namespace arbees
