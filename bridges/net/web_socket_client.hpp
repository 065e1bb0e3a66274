#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "bridges/net/backoff.hpp"
#include "bridges/net/clock.hpp"
#include "bridges/net/http_client.hpp"
#include "bridges/net/network.hpp"
#include "bridges/net/url.hpp"

namespace arbees {

struct WebSocketConfig {
  std::string name; ///< what log lines begin with, "kalshi_feed"
  Endpoint endpoint;
  std::string user_agent = "arbees/0.1";
  Duration step_timeout = std::chrono::seconds{10}; ///< resolve, connect, TLS, upgrade: each
  Duration idle_timeout = std::chrono::seconds{30}; ///< nothing came, not even a ping
  std::size_t max_message_bytes = 16U << 20U;
  std::size_t max_queued = 4096; ///< messages to send; more mean that the server does not read
  std::string keepalive_text;    ///< sent each `keepalive_period` if not empty
  Duration keepalive_period = std::chrono::seconds{10};
  Duration start_delay{}; ///< of the first attempt, so that several sockets do not start at once
  Backoff backoff{std::chrono::seconds{1}, std::chrono::seconds{30}, 1};
};

/// What happens on the socket; all are called on the network thread, never two at a time.
struct WebSocketEvents {
  /// The upgrade's own headers, made anew for each attempt (a signature ages). May be empty.
  std::function<caf::expected<HttpHeaders>()> headers;
  std::function<void(Timestamp at)> on_open;
  /// @param text lives only until it returns
  std::function<void(std::string_view text, Timestamp received_at)> on_text;
  /// An open connection went down; another attempt follows.
  std::function<void(const std::string& reason, Timestamp at)> on_close;
};

/// A WebSocket that comes back: after each failure it waits by its backoff and connects again,
/// until it is destroyed. Pings are answered, and sent when half the idle timeout is over.
class WebSocketClient {
public:
  /// @param network, clock must outlive the client, and its thread uses the clock
  WebSocketClient(Network& network, const Clock& clock, WebSocketConfig config,
                  WebSocketEvents events);
  /// No event is called that has not begun yet.
  ~WebSocketClient();
  WebSocketClient(const WebSocketClient&) = delete;
  WebSocketClient& operator=(const WebSocketClient&) = delete;

  void start();
  /// Runs `action` where the events run, after those that are under way.
  void post(std::function<void()> action);
  /// Sends one text message; dropped if the socket is not open. Only within `post` and events.
  void send(std::string text);
  /// Drops the connection if there is one; a new attempt follows. Only within `post` and events.
  void reconnect(const std::string& reason);

private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

} // namespace arbees
