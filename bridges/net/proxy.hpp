#pragma once

#include <boost/beast/core/tcp_stream.hpp>
#include <caf/expected.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "actors/messages/errors.hpp"
#include "bridges/net/secret.hpp"
#include "bridges/net/url.hpp"

namespace arbees {

/// An HTTP proxy that opens tunnels (RFC 9110, CONNECT), as companies have them.
class Proxy {
public:
  /// @param url "http://proxy.example:3128"
  /// @param credentials "user:password", or empty
  /// @returns Errc::bad_configuration for another scheme, a path, or a URL that is none;
  /// Errc::bad_credential for credentials that no header can hold
  static caf::expected<Proxy> make(std::string_view url, const Secret& credentials);

  [[nodiscard]] const std::string& host() const { return endpoint_.host; }
  [[nodiscard]] const std::string& port() const { return endpoint_.port; }
  [[nodiscard]] std::string authority() const;

  /// Asks the proxy at the other end of `stream` for a tunnel to `to`. Deadlines are the caller's:
  /// closing the stream ends it.
  /// @param stream must live until `done` was called; so must the proxy until the call returns
  /// @param done called once on the stream's executor, with what went wrong or an empty text
  void open_tunnel(boost::beast::tcp_stream& stream, const Endpoint& to,
                   std::function<void(const std::string& problem)> done) const;

private:
  Endpoint endpoint_;
  Secret authorization_; ///< the header's value; empty if there are no credentials
};

/// Whether `host` is this machine by its very name: such connections take no proxy.
bool is_loopback(const std::string& host);

} // namespace arbees
