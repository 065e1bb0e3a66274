#pragma once

#include <functional>
#include <optional>

#include "tools/sim/calendar.hpp"
#include "tools/sim/http.hpp"

namespace arbees::sim {

/// Checks the three KALSHI-ACCESS-* headers (fact sheet kalshi, section 2).
class KalshiAuth {
public:
  /// Says whether `signature` (Base64) is that of key `key` over `message`. The default accepts any
  /// well-formed Base64: a simulator without registered keys cannot know more.
  using Verifier =
    std::function<bool(std::string_view key, std::string_view message, std::string_view signature)>;

  KalshiAuth();
  explicit KalshiAuth(Verifier verifier) : verifier_(std::move(verifier)) {}

  /// The refusal to send, or nothing if the request is authentic. `now` is the real wall clock.
  [[nodiscard]] std::optional<HttpReply> refuse(const HttpRequest& request, UnixMillis now) const;

private:
  Verifier verifier_;
};

} // namespace arbees::sim
