#include "bridges/redis/redis_address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace arbees {

namespace {

constexpr std::string_view tcp_scheme = "redis://";
constexpr std::string_view unix_scheme = "unix://";

caf::error bad(std::string why) {
  return caf::make_error(Errc::bad_configuration, "Redis URL: " + why);
}

template <class Number>
std::optional<Number> number(std::string_view text, Number least, Number most) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto whole = error == std::errc{} && end == text.data() + text.size();
  return whole && value >= least && value <= most ? std::optional{value} : std::nullopt;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    unsigned value = 0;
    const auto* const digits = text.data() + i + 1;
    if (i + 2 >= text.size() || std::from_chars(digits, digits + 2, value, 16).ptr != digits + 2) {
      return std::nullopt;
    }
    plain += static_cast<char>(value);
    i += 2;
  }
  return plain;
}

caf::error read_login(RedisAddress& address, std::string_view login) {
  const auto colon = login.find(':');
  if (colon == std::string_view::npos) {
    return bad("what stands before @ must be [user]:password");
  }
  auto user = decoded(login.substr(0, colon));
  const auto password = decoded(login.substr(colon + 1));
  if (!user || !password || password->empty()) {
    return bad("user or password is empty or has a % without two hexadecimal digits");
  }
  address.user = std::move(*user);
  address.password = std::make_shared<const Secret>(*password);
  return {};
}

caf::error read_host(RedisAddress& address, std::string_view rest) {
  const auto authority = rest.substr(0, rest.find('/'));
  const auto database = rest.substr(std::min(authority.size() + 1, rest.size()));
  const auto bracket = authority.starts_with('[') ? authority.find(']') : std::string_view::npos;
  const auto colon =
    bracket == std::string_view::npos ? authority.rfind(':') : authority.find(':', bracket);
  address.host = bracket == std::string_view::npos ? authority.substr(0, colon)
                                                   : authority.substr(1, bracket - 1);
  if (address.host.empty()) {
    return bad("the host is missing");
  }
  if (colon != std::string_view::npos) {
    const auto port = number<std::uint16_t>(authority.substr(colon + 1), 1, 65'535);
    if (!port) {
      return bad("the port must be a number from 1 to 65535");
    }
    address.port = *port;
  }
  const auto index = database.empty() ? 0 : number<std::uint32_t>(database, 0, 65'535);
  if (!index) {
    return bad("the database must be a number");
  }
  address.database = *index;
  return {};
}

caf::error read_path(RedisAddress& address, std::string_view rest) {
  const auto query = rest.find('?');
  address.path = rest.substr(0, query);
  if (!address.path.starts_with('/')) {
    return bad("the path of a Unix socket must begin with /");
  }
  if (query == std::string_view::npos) {
    return {};
  }
  constexpr std::string_view key = "db=";
  const auto setting = rest.substr(query + 1);
  const auto index = setting.starts_with(key)
                       ? number<std::uint32_t>(setting.substr(key.size()), 0, 65'535)
                       : std::nullopt;
  if (!index) {
    return bad("after ? only db=N may stand");
  }
  address.database = *index;
  return {};
}

} // namespace

std::string RedisAddress::shown() const {
  if (!path.empty()) {
    return fmt::format("{}{}?db={}", unix_scheme, path, database);
  }
  const auto brackets = host.find(':') != std::string::npos;
  return fmt::format("{}{}{}{}:{}/{}", tcp_scheme, brackets ? "[" : "", host, brackets ? "]" : "",
                     port, database);
}

caf::expected<RedisAddress> parse_redis_url(std::string_view url) {
  const auto is_unix = url.starts_with(unix_scheme);
  if (!is_unix && !url.starts_with(tcp_scheme)) {
    return bad("must begin with redis:// or unix://");
  }
  if (std::any_of(url.begin(), url.end(), [](char c) { return c <= ' ' || c == '\x7f'; })) {
    return bad("contains white space or control characters");
  }
  RedisAddress address;
  auto rest = url.substr(is_unix ? unix_scheme.size() : tcp_scheme.size());
  // Behind the last @: a careless password may have one in it.
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    if (auto failed = read_login(address, rest.substr(0, at))) {
      return failed;
    }
    rest.remove_prefix(at + 1);
  }
  if (auto failed = is_unix ? read_path(address, rest) : read_host(address, rest)) {
    return failed;
  }
  return address;
}

std::string shown_redis_url(std::string_view url) {
  const auto at = url.rfind('@');
  if (at == std::string_view::npos) {
    return std::string{url};
  }
  const auto scheme = url.find("://");
  const auto begin = scheme == std::string_view::npos || scheme > at ? 0 : scheme + 3;
  return fmt::format("{}***{}", url.substr(0, begin), url.substr(at));
}

} // namespace arbees
