#pragma once

#include <caf/expected.hpp>
#include <string>

#include "bridges/polymarket/polymarket_order_client.hpp"

namespace arbees {

/// Whose account it is and where the venue is reached.
struct PolymarketAccountConfig {
  std::string rest_url = "https://clob.polymarket.com";
  std::string user_ws_url = "wss://ws-subscriptions-clob.polymarket.com/ws/user";
  std::string geoblock_url = "https://polymarket.com/api/geoblock";
  std::string data_url = "https://data-api.polymarket.com";
  std::string wallet_key_file;  ///< 64 hexadecimal digits; only its owner may read it
  std::string credentials_file; ///< JSON {"apiKey","secret","passphrase"}; empty: derived
  std::string funder;           ///< the wallet that holds the money; empty: the key's own address
  SignatureType signature_type = SignatureType::deposit_wallet;
  std::uint64_t chain_id = 137;
  std::string builder_code; ///< 0x and 64 hexadecimal digits, or empty
  Duration step_deadline = std::chrono::seconds{10};
  int attempts = 4;                               ///< while what fails may pass
  Duration first_retry = std::chrono::seconds{1}; ///< doubles
};

/// An account that may trade, with all that trading needs.
struct PolymarketLogin {
  PolymarketOrderSigner signer;
  ApiCredentials credentials;
  Duration clock_offset{};   ///< of the venue's clock against ours
  PolymarketBalance balance; ///< of the collateral
  Timestamp at;
};

/// Reads the keys and asks the venue whether it would let us trade, again if it answers badly.
/// Waits for each answer: to be called at the start, not from an actor.
/// @returns Errc::bad_credential, Errc::bad_configuration, Errc::http_status, Errc::timed_out,
/// Errc::io_failed or Errc::bad_frame, with one clear sentence: unreadable or wrong keys, a place
/// that is blocked, an unknown version of the exchange, an account in closed-only mode, a spender
/// that may not spend what the account holds
caf::expected<PolymarketLogin>
log_in_to_polymarket(Network& network, const Clock& clock, const PolymarketAccountConfig& config);

/// What `contract` may move, in base units.
std::int64_t allowance_of(const PolymarketBalance& balance, std::string_view contract);

/// The contracts that settle trades of most markets: each must be allowed to spend what the account
/// holds.
std::span<const std::string_view> polymarket_spenders();

/// Errc::bad_configuration, naming the spender, if one may not spend all of the balance.
caf::error check_allowances(const PolymarketBalance& balance);

} // namespace arbees
