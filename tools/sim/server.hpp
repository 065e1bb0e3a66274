#pragma once

#include <boost/asio.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <variant>

#include "tools/sim/http.hpp"
#include "tools/sim/http_faults.hpp"
#include "tools/sim/kalshi_ws.hpp"
#include "tools/sim/polymarket_user_ws.hpp"
#include "tools/sim/polymarket_ws.hpp"
#include "tools/sim/recording.hpp"

namespace arbees::sim {

using Feed = std::variant<KalshiSession, PolymarketSession, PolymarketUserSession, ReplayFeed>;

/// What one port serves.
struct Face {
  std::string name{};
  std::function<HttpReply(const HttpRequest&)> answer{};
  /// Opens a WebSocket feed, or says with which HTTP reply the upgrade is refused.
  std::function<std::variant<HttpReply, Feed>(const HttpRequest&)> open_feed{};
  std::string ping{};                   ///< body of the server's pings; empty if it sends none
  std::chrono::seconds idle_limit{125}; ///< a silent WebSocket client is dropped after it
  HttpFaults* faults = nullptr;         ///< what goes wrong on this port; may be none
  std::function<UnixMillis()> clock{};  ///< of the Date header; the system's if empty
};

struct FaceStats {
  std::uint64_t requests = 0;
  std::uint64_t frames_sent = 0;
  std::uint64_t feeds_opened = 0;
  std::uint64_t feeds_refused = 0;
  std::uint64_t slow_clients_dropped = 0;
};

class FeedConnection;

/// An HTTP and WebSocket listener on one port. Everything runs on the thread of its io_context.
class Server {
public:
  /// Most bytes that may wait for a WebSocket client before it counts as too slow.
  static constexpr std::size_t write_queue_limit = 8U << 20U;

  Server(boost::asio::io_context& io, Face face);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Binds and starts to accept; returns the bound port.
  /// @throws boost::system::system_error if the address cannot be bound
  std::uint16_t listen(const std::string& address, std::uint16_t port);

  /// Shows what happened to every feed.
  void broadcast(std::span<const MarketEvent> events);

  /// Stops accepting and drops every connection.
  void close();

  [[nodiscard]] const Face& face() const { return face_; }
  [[nodiscard]] FaceStats& stats() { return stats_; }
  [[nodiscard]] const FaceStats& stats() const { return stats_; }
  [[nodiscard]] std::size_t feeds() const { return feeds_.size(); }

  void joined(std::shared_ptr<FeedConnection> feed);
  void left(const std::shared_ptr<FeedConnection>& feed);

private:
  void accept();

  boost::asio::ip::tcp::acceptor acceptor_;
  Face face_;
  FaceStats stats_;
  std::set<std::shared_ptr<FeedConnection>> feeds_;
  /// Connections ask it whether the server still exists.
  std::shared_ptr<Server*> alive_;
};

} // namespace arbees::sim
