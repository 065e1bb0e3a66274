#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <random>

#include "bridges/net/http_client.hpp"

namespace arbees {

struct PollSessionConfig {
  std::string base_url; ///< "https://gamma-api.polymarket.com", a path in front of targets allowed
  Duration timeout = std::chrono::seconds{5};
  Duration spacing = std::chrono::milliseconds{100}; ///< at least so long between two requests
  std::size_t max_body_bytes = 16U << 20U;
};

/// What pollers share: one client, pauses, and an end to both. A poller is a coroutine on the
/// network thread that holds the session; its owner calls `stop`.
class PollSession : public std::enable_shared_from_this<PollSession> {
public:
  /// @returns Errc::bad_configuration if the URL is none
  static caf::expected<std::shared_ptr<PollSession>>
  make(Network& network, const Clock& clock, const PollSessionConfig& config);

  /// The body of a 200, and when it came.
  /// @returns Errc::http_status, Errc::timed_out or Errc::io_failed
  boost::asio::awaitable<caf::expected<HttpResponse>> get(std::string target);

  /// Returns after `duration`, or at once when the session has been stopped.
  boost::asio::awaitable<void> wait(Duration duration);

  /// `duration`, up to a tenth longer or shorter.
  Duration jittered(Duration duration);

  /// Ends waits and requests; from any thread. Afterwards the session owns no connection.
  void stop();
  [[nodiscard]] bool stopped() const { return stopped_; }
  [[nodiscard]] Timestamp now() const { return clock_.now(); }
  [[nodiscard]] boost::asio::io_context& context() { return context_; }

private:
  PollSession(Network& network, const Clock& clock, const PollSessionConfig& config,
              const Endpoint& endpoint);

  boost::asio::io_context& context_;
  const Clock& clock_;
  PollSessionConfig config_;
  std::string prefix_;
  boost::asio::steady_timer timer_;
  std::atomic<std::shared_ptr<HttpClient>> http_;
  std::atomic<bool> stopped_ = false;
  Timestamp last_request_;
  std::mt19937_64 random_;
};

/// `text` as the value of a query parameter: a cursor may hold what a URL must not.
std::string percent_encoded(std::string_view text);

/// How long to stay away after failures: 5 s, doubling to 300 s (venues/games.md section 1).
Duration pause_after_failures(int failures);

} // namespace arbees
