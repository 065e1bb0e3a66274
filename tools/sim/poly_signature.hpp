#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridges/polymarket/wallet_key.hpp"

// The exchange's side of a signature: from what was posted to the address that signed it (fact
// sheet polymarket, section 5). Nothing here signs.

namespace arbees::sim {

enum class PolyExchange : std::uint8_t { regular_v2, negative_risk_v2, v3 };

/// Address of the exchange's contract.
std::string_view contract_of(PolyExchange exchange);

/// The signed fields of an order as they were posted.
struct PostedOrder {
  std::uint64_t salt = 0;
  Address maker{};
  Address signer{};
  Word token{};
  std::int64_t maker_amount = 0; ///< base units
  std::int64_t taker_amount = 0;
  bool buys = true;
  int signature_type = 0;
  std::int64_t timestamp_ms = 0;
  Word metadata{};
  Word builder{};
};

/// The order's digest, which is also its id.
Word order_digest(const PostedOrder& order, PolyExchange exchange);

/// Whose key signed `order` for `exchange`: 65 bytes for the types 0 to 2, the nested envelope of a
/// deposit wallet for type 3. Nothing for a signature that the contract would refuse: wrong length,
/// high s, or an envelope about another order or exchange.
std::optional<Address>
order_signer(const PostedOrder& order, PolyExchange exchange, std::string_view signature);

/// Whose key signed a log-in (L1) with this timestamp and nonce for `address`.
std::optional<Address> login_signer(const Address& address, std::string_view timestamp,
                                    std::uint64_t nonce, std::string_view signature);

/// The signature that a private call must carry (L2). @param secret base64url
std::string expected_hmac(std::string_view secret, std::string_view timestamp,
                          std::string_view method, std::string_view path, std::string_view body);

/// base64 with `-` and `_`, padding kept.
std::string base64url(std::span<const std::uint8_t> bytes);

} // namespace arbees::sim
