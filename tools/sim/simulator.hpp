#pragma once

#include <memory>

#include "tools/sim/clob_private.hpp"
#include "tools/sim/engine.hpp"
#include "tools/sim/kalshi_auth.hpp"
#include "tools/sim/kalshi_private.hpp"
#include "tools/sim/server.hpp"
#include "tools/sim/storm.hpp"

namespace arbees::sim {

struct Ports {
  std::uint16_t kalshi = 18001;
  std::uint16_t polymarket = 18002;
  std::uint16_t gamma = 18003;
  std::uint16_t espn = 18004;
};

struct SimulatorConfig {
  WorldConfig world{};
  std::string bind = "127.0.0.1";
  Ports ports{}; ///< 0 picks a free one
  KalshiConfig kalshi{};
  std::map<std::string, std::string> kalshi_keys{}; ///< PEM of the public key by key id
  PolyConfig polymarket{};
  FaultConfig faults{};
};

/// Milliseconds since 1970 on the system's clock.
UnixMillis wall_ms();

/// The world behind its four ports, driven by the wall clock on one thread.
class Simulator {
public:
  /// @throws std::runtime_error if a registered key is no public key
  Simulator(boost::asio::io_context& io, const SimulatorConfig& config);

  /// Binds all ports and starts the clock. Returns the bound ports.
  /// @throws std::runtime_error with a line that names the port that cannot be bound
  Ports start();

  /// Stops the clock and drops all connections; the io_context then runs dry.
  void stop();

  [[nodiscard]] const Engine& engine() const { return engine_; }
  [[nodiscard]] boost::json::object stats() const;
  [[nodiscard]] std::string status_line() const;

private:
  [[nodiscard]] HttpReply kalshi(const HttpRequest& request);
  [[nodiscard]] HttpReply polymarket(const HttpRequest& request);
  [[nodiscard]] std::optional<HttpReply> own(const HttpRequest& request);
  [[nodiscard]] std::variant<HttpReply, Feed> open_kalshi(const HttpRequest& request);
  [[nodiscard]] std::variant<HttpReply, Feed> open_polymarket(const HttpRequest& request) const;
  std::uint16_t listen(Server& server, std::uint16_t port) const;
  void schedule();
  void tick();
  void show(std::span<const MarketEvent> events);

  SimulatorConfig config_;
  Engine engine_;
  KalshiAuth auth_;
  KalshiPrivate accounts_;
  ClobPrivate clob_;
  Storm storm_;
  boost::asio::steady_timer timer_;
  std::chrono::steady_clock::time_point started_{};
  std::array<std::uint64_t, 2> book_messages_{};
  std::uint64_t trades_ = 0;
  Server kalshi_;
  Server polymarket_;
  Server gamma_;
  Server espn_;
};

} // namespace arbees::sim
