#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "bridges/net/network.hpp"

namespace arbees {

/// Serves a page at http://127.0.0.1:PORT/metrics, to programs of this machine only, on the network
/// thread.
class MetricsServer {
public:
  static constexpr int max_connections = 16;
  static constexpr std::chrono::seconds patience{5}; ///< with one connection

  /// @param network must outlive the server
  /// @param port 0 takes a free one
  /// @param page runs on the network thread; it must not wait
  /// @returns Errc::io_failed, naming the port
  static caf::expected<std::unique_ptr<MetricsServer>>
  open(Network& network, std::uint16_t port, std::function<std::string()> page);

  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;

private:
  struct Impl;
  explicit MetricsServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

} // namespace arbees
