#pragma once

#include <caf/expected.hpp>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
namespace ssl {
class context;
}
} // namespace boost::asio

namespace arbees {

struct NetworkConfig {
  std::string ca_file; ///< trusted in addition to the system's certificates; tests only need it
};

/// The one network thread of the process, with what all sockets share.
/// Everything that lives on it (clients, feeds, tickers) must be destroyed before it.
class Network {
public:
  /// Starts the thread.
  /// @returns Errc::bad_configuration if the certificates cannot be read.
  static caf::expected<std::unique_ptr<Network>> make(const NetworkConfig& config = {});

  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  [[nodiscard]] boost::asio::io_context& context();
  /// Verifies the peer against the system's certificates. To be used on the network thread only.
  [[nodiscard]] boost::asio::ssl::context& tls();

  /// Ends the thread; when it returns, no callback runs any more, and none will. Idempotent. To be
  /// called before the actor system goes, because callbacks send to actors.
  void stop();

private:
  struct Impl;
  explicit Network(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

} // namespace arbees
