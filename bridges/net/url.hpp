#pragma once

#include <caf/expected.hpp>
#include <string>
#include <string_view>

#include "actors/messages/errors.hpp"

namespace arbees {

/// Where a URL points to.
struct Endpoint {
  bool tls = false;
  std::string host;         ///< name or address, IPv6 without brackets
  std::string port;         ///< decimal; 80 or 443 if the URL names none
  std::string target = "/"; ///< path and query

  bool operator==(const Endpoint&) const = default;

  /// The Host header: the port only if it is not the scheme's own.
  [[nodiscard]] std::string authority() const;
};

/// Parses `http`, `https`, `ws` and `wss` URLs.
/// @returns Errc::bad_configuration for other schemes, credentials in the URL, an empty host, a bad
/// port, or white space.
caf::expected<Endpoint> parse_url(std::string_view url);

} // namespace arbees
