#pragma once

#include <caf/expected.hpp>
#include <string>
#include <vector>

#include "bridges/net/http_client.hpp"
#include "bridges/net/secret.hpp"
#include "bridges/polymarket/wallet_key.hpp"

// Who we are, in the headers of a request (venues/polymarket.md section 4).

namespace arbees {

/// Headers of a request to create or derive API credentials, signed by the wallet's key (L1). The
/// address is the key's own, also where a deposit wallet trades.
/// @param timestamp_s Unix seconds, by the venue's clock
HttpHeaders l1_headers(const WalletKey& key, std::uint64_t chain_id, std::int64_t timestamp_s,
                       std::uint64_t nonce = 0);

/// What the venue gave for an L1 log-in; signs every private call (L2).
class ApiCredentials {
public:
  /// @param secret base64url, padding optional
  /// @returns Errc::bad_credential if a part is empty, no header value, or no base64
  static caf::expected<ApiCredentials>
  make(const Address& address, std::string api_key, Secret secret, Secret passphrase);

  /// Decodes the answer of POST /auth/api-key and GET /auth/derive-api-key.
  /// @returns Errc::bad_frame or Errc::bad_credential, without a part of the answer in it
  static caf::expected<ApiCredentials> decode(const Address& address, std::string_view body);

  /// Headers of one private call.
  /// @param method upper case
  /// @param target path and query; the query is not signed
  /// @param body the very bytes that will be sent, empty if there are none
  [[nodiscard]] HttpHeaders l2_headers(std::int64_t timestamp_s, std::string_view method,
                                       std::string_view target, std::string_view body) const;

  /// The first message on the user channel, which is secret as a whole: it carries the secret.
  /// @param conditions of the markets, all if empty
  [[nodiscard]] Secret user_subscription(const std::vector<std::string>& conditions) const;

  /// Also the owner in the body of an order.
  [[nodiscard]] const std::string& api_key() const { return api_key_; }

private:
  ApiCredentials() = default;

  std::string address_;
  std::string api_key_;
  Secret secret_; ///< as the venue wrote it
  Secret mac_key_;
  Secret passphrase_;
};

/// base64url of the HMAC-SHA256 of timestamp, method, path and body, padding kept.
std::string l2_signature(const Secret& mac_key, std::int64_t timestamp_s, std::string_view method,
                         std::string_view target, std::string_view body);

/// The bytes of base64 in either alphabet, with or without padding. Nothing if it is malformed.
std::optional<Secret> decode_base64(const Secret& text);

} // namespace arbees
