#include "bridges/net/url.hpp"

#include <algorithm>
#include <charconv>

namespace arbees {

namespace {

caf::error bad_url(std::string_view url, std::string_view why) {
  return caf::make_error(Errc::bad_configuration,
                         "URL \"" + std::string{url} + "\": " + std::string{why});
}

bool is_port(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value >= 1 && value <= 65'535;
}

} // namespace

std::string Endpoint::authority() const {
  const auto name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  const auto* const own_port = tls ? "443" : "80";
  return port == own_port ? name : name + ":" + port;
}

caf::expected<Endpoint> parse_url(std::string_view url) {
  const auto unfit = [](unsigned char c) { return c <= ' ' || c == 0x7f; };
  if (std::any_of(url.begin(), url.end(), unfit)) {
    return bad_url(url, "contains white space or control characters");
  }
  const auto scheme_end = url.find("://");
  const auto scheme = url.substr(0, scheme_end == std::string_view::npos ? 0 : scheme_end);
  const auto tls = scheme == "https" || scheme == "wss";
  if (!tls && scheme != "http" && scheme != "ws") {
    return bad_url(url, "the scheme must be http, https, ws or wss");
  }
  const auto rest = url.substr(scheme_end + 3);
  const auto authority = rest.substr(0, rest.find_first_of("/?#"));
  auto target = std::string{rest.substr(authority.size())};
  target.erase(std::min(target.find('#'), target.size()));
  if (target.empty() || target.front() != '/') {
    target.insert(0, "/");
  }
  if (authority.find('@') != std::string_view::npos) {
    return bad_url(url, "must not contain credentials");
  }
  auto host = authority.substr(0, authority.rfind(':'));
  auto port = std::string_view{tls ? "443" : "80"};
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) {
      return bad_url(url, "the IPv6 address lacks its closing bracket");
    }
    host = authority.substr(1, close - 1);
    const auto after = authority.substr(close + 1);
    if (!after.empty()) {
      port = after.starts_with(':') ? after.substr(1) : std::string_view{};
    }
  } else if (host.size() < authority.size()) {
    port = authority.substr(host.size() + 1);
  }
  if (host.empty()) {
    return bad_url(url, "the host is missing");
  }
  if (!is_port(port)) {
    return bad_url(url, "the port must be a number from 1 to 65535");
  }
  return Endpoint{
    .tls = tls, .host = std::string{host}, .port = std::string{port}, .target = std::move(target)};
}

} // namespace arbees
