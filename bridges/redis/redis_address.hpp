#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "actors/messages/errors.hpp"
#include "bridges/net/secret.hpp"

namespace arbees {

/// Where a Redis is, and how to log in there.
struct RedisAddress {
  std::string host; ///< name or address; empty with a path
  std::uint16_t port = 6379;
  std::string path;                       ///< of a Unix socket
  std::string user;                       ///< empty: the default user
  std::shared_ptr<const Secret> password; ///< null: none
  std::uint32_t database = 0;

  /// The address for people, without the password: "redis://127.0.0.1:6379/0".
  [[nodiscard]] std::string shown() const;
};

/// Parses `redis://[[user]:password@]host[:port][/database]` and
/// `unix://[[user]:password@]/path[?db=N]`; %XX stands for any byte of user and password.
/// @returns Errc::bad_configuration for anything else; the error never repeats the URL, which may
/// hold a password
caf::expected<RedisAddress> parse_redis_url(std::string_view url);

/// `url` for people: three stars stand for its password, whatever else is wrong with it.
std::string shown_redis_url(std::string_view url);

} // namespace arbees
