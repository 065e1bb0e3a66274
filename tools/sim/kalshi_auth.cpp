#include "tools/sim/kalshi_auth.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "tools/sim/kalshi_rest.hpp"

namespace arbees::sim {

namespace {

/// Between the 10 s that the venue was seen to accept and the 60 s it was seen to refuse.
constexpr UnixMillis clock_window_ms = 30'000;

bool base64(std::string_view text) {
  const auto body = text.substr(0, text.find('='));
  const auto padding = text.substr(body.size());
  return !body.empty() && text.size() % 4 == 0 && padding.size() <= 2
         && std::ranges::all_of(padding, [](char c) { return c == '='; })
         && std::ranges::all_of(body, [](char c) {
              return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
                     || c == '+' || c == '/';
            });
}

} // namespace

KalshiAuth::KalshiAuth()
  : verifier_([](std::string_view, std::string_view, std::string_view signature) {
      return base64(signature);
    }) {}

std::optional<HttpReply> KalshiAuth::refuse(const HttpRequest& request, UnixMillis now) const {
  const auto key = request.header("kalshi-access-key");
  const auto stamp = request.header("kalshi-access-timestamp");
  const auto signature = request.header("kalshi-access-signature");
  if (key.empty() || stamp.empty() || signature.empty()) {
    return kalshi_error(401, "authentication_error", "missing authentication headers");
  }
  UnixMillis at = 0;
  const auto [end, error] = std::from_chars(stamp.data(), stamp.data() + stamp.size(), at);
  if (error != std::errc{} || end != stamp.data() + stamp.size()) {
    return kalshi_error(401, "authentication_error", "malformed KALSHI-ACCESS-TIMESTAMP");
  }
  if (std::abs(now - at) > clock_window_ms) {
    return kalshi_error(401, "header_timestamp_expired", "timestamp is outside the window");
  }
  const auto message = std::string{stamp} + request.method + request.path;
  if (!verifier_(key, message, signature)) {
    return kalshi_error(401, "authentication_error", "authentication_error",
                        "INCORRECT_API_KEY_SIGNATURE");
  }
  return std::nullopt;
}

} // namespace arbees::sim
