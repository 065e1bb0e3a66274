#pragma once

#include <deque>
#include <map>
#include <string>
#include <variant>

#include "tools/sim/calendar.hpp"
#include "tools/sim/http.hpp"
#include "tools/sim/poly_signature.hpp"

namespace arbees::sim {

/// What the CLOB gave for an L1 log-in.
struct PolyKey {
  int index = 0;
  Address owner{}; ///< the wallet that logged in
  std::uint64_t nonce = 0;
  std::string api_key{};
  std::string secret{};
  std::string passphrase{};
  bool revoked = false;
};

/// Who may call (fact sheet polymarket, section 4). The same wallet and nonce always get the same
/// credentials, also after a restart, but only once they were asked for.
class PolyKeys {
public:
  /// How far a client's timestamp may be off; the venue's own tolerance is not documented.
  static constexpr UnixSeconds window_s = 60;

  /// Answers POST /auth/api-key and GET /auth/derive-api-key, or nothing for another call.
  std::optional<HttpReply> login(const HttpRequest& request, UnixSeconds now);

  /// The key of a private call whose five L2 headers are right, or the refusal.
  [[nodiscard]] std::variant<HttpReply, const PolyKey*>
  authenticate(const HttpRequest& request, UnixSeconds now) const;

  /// The key that a user channel's first message names; null if any part is wrong.
  [[nodiscard]] const PolyKey*
  find(std::string_view api_key, std::string_view secret, std::string_view passphrase) const;

  [[nodiscard]] const PolyKey& at(int index) const {
    return keys_[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] std::size_t size() const { return keys_.size(); }
  void revoke(int index) { keys_[static_cast<std::size_t>(index)].revoked = true; }

private:
  std::deque<PolyKey> keys_; ///< stays where it is
  std::map<std::pair<Address, std::uint64_t>, int> by_owner_;
  std::map<std::string, int, std::less<>> by_key_;
};

} // namespace arbees::sim
