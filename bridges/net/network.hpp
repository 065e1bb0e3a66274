#pragma once

#include <caf/expected.hpp>
#include <memory>
#include <string>

#include "bridges/net/secret.hpp"
#include "bridges/net/url.hpp"

namespace boost::asio {
class io_context;
namespace ssl {
class context;
}
} // namespace boost::asio

namespace arbees {

class CaptureWriter;
class Proxy;

struct NetworkConfig {
  std::string ca_file{}; ///< PEM, trusted in addition to the system's certificates; empty: none
  std::string proxy{};   ///< "http://host:port" for all but the loopback; empty: none
  Secret proxy_credentials{};               ///< "user:password"; empty: none
  std::shared_ptr<CaptureWriter> capture{}; ///< gets all that goes over the wire; may be null
};

/// The one network thread of the process, with what all sockets share.
/// Everything that lives on it (clients, feeds, tickers) must be destroyed before it.
class Network {
public:
  /// Starts the thread.
  /// @returns Errc::bad_configuration if the certificates cannot be read or the proxy is none,
  /// Errc::bad_credential for the proxy's credentials.
  static caf::expected<std::unique_ptr<Network>> make(NetworkConfig config = {});

  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  [[nodiscard]] boost::asio::io_context& context();
  /// Verifies the peer against the system's certificates. To be used on the network thread only.
  [[nodiscard]] boost::asio::ssl::context& tls();

  /// The proxy that a connection to `endpoint` takes; null if it goes straight there. Lives as long
  /// as the network.
  [[nodiscard]] const Proxy* proxy_to(const Endpoint& endpoint) const;
  /// Null if nothing is captured.
  [[nodiscard]] const std::shared_ptr<CaptureWriter>& capture() const;

  /// Ends the thread; when it returns, no callback runs any more, and none will. Idempotent. To be
  /// called before the actor system goes, because callbacks send to actors.
  void stop();

private:
  struct Impl;
  explicit Network(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

} // namespace arbees
