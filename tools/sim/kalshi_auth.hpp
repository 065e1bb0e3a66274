#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "tools/sim/calendar.hpp"
#include "tools/sim/http.hpp"

namespace arbees::sim {

/// Checks the three KALSHI-ACCESS-* headers (fact sheet kalshi, section 2). Without registered keys
/// any key id and any well-formed Base64 will do: the simulator cannot know more.
class KalshiAuth {
public:
  /// From now on signatures are verified, and only registered keys are let in.
  /// @param pem of the public key, RSA or Ed25519
  /// @throws std::runtime_error if it is neither
  void add_key(const std::string& key_id, const std::string& pem);

  [[nodiscard]] bool verifies() const { return !keys_.empty(); }

  /// The refusal to send, or nothing if the request is authentic. `now` is the real wall clock.
  [[nodiscard]] std::optional<HttpReply> refuse(const HttpRequest& request, UnixMillis now) const;

private:
  struct PublicKey;

  [[nodiscard]] bool
  authentic(std::string_view key_id, std::string_view message, std::string_view signature) const;

  std::map<std::string, std::shared_ptr<const PublicKey>, std::less<>> keys_;
};

} // namespace arbees::sim
