#pragma once

#include <caf/expected.hpp>
#include <string>

#include "bridges/polymarket/polymarket_amounts.hpp"
#include "bridges/polymarket/wallet_key.hpp"

// Orders as Polymarket's exchange contracts verify them (venues/polymarket.md section 5).

namespace arbees {

/// Which kind of wallet holds the money. New accounts have a deposit wallet.
enum class SignatureType : std::uint8_t { eoa = 0, proxy = 1, safe = 2, deposit_wallet = 3 };

struct PolymarketAccount {
  Address funder{}; ///< the wallet that holds the money; of an EOA the signing key's own address
  SignatureType type = SignatureType::deposit_wallet;
  std::uint64_t chain_id = 137;
};

/// The contract that settles a market: 2 for markets that Gamma labels "v1", 3 for its "v2".
enum class ExchangeVersion : std::uint8_t { v2 = 2, v3 = 3 };

/// Which contract settles a token: ids of the newer one have 64 zero bits that a hash has not
/// (venues/polymarket.md 5.3). An id that is no number counts as one of the older.
ExchangeVersion exchange_of(std::string_view token_id);

/// What the signer must know of the market; all of it read per market, never assumed.
struct PolymarketTerms {
  Price tick;
  bool negative_risk = false;
  ExchangeVersion exchange = ExchangeVersion::v2;
};

/// The contract that settles a market of these terms: the one that must be allowed to move money.
std::string_view exchange_contract(ExchangeVersion exchange, bool negative_risk);

/// The signed fields of an order, in the order of their type string.
struct PolymarketOrder {
  std::uint64_t salt = 0; ///< below 2^53: it travels as a JSON number
  Address maker{};
  Address signer{};
  std::string token_id; ///< decimal
  OrderAmounts amounts;
  Action side = Action::buy;
  SignatureType signature_type = SignatureType::deposit_wallet;
  std::int64_t timestamp_ms = 0;
  Word metadata{};
  Word builder{};
};

struct SignedPolymarketOrder {
  PolymarketOrder order;
  Word hash{};
  std::string order_id;  ///< the hash in hexadecimal: what the venue will call the order
  std::string signature; ///< in hexadecimal, as it is sent
};

/// A salt that the same client order id always gets: together with a recorded time of creation the
/// order, its signature and its id can be made again after a crash, byte for byte, so that it can
/// be looked up and a second copy is refused as a duplicate.
std::uint64_t order_salt(std::string_view client_order_id);

/// Signs orders of one account.
class PolymarketOrderSigner {
public:
  /// @param builder the builder code, zero if there is none
  /// @returns Errc::bad_credential if an EOA's funder is not the key's own address
  static caf::expected<PolymarketOrderSigner>
  make(WalletKey key, const PolymarketAccount& account, const Word& builder = {});

  /// @param created_at goes into the order in milliseconds; recorded with the intent
  /// @returns Errc::bad_frame if the intent is no order of this venue: no token id, or amounts that
  /// order_amounts() refuses
  [[nodiscard]] caf::expected<SignedPolymarketOrder>
  sign(const OrderIntent& intent, const PolymarketTerms& terms, Timestamp created_at) const;

  /// Signs `order` as it is, under the exchange of `terms`.
  /// @returns Errc::bad_frame if a number is out of range
  [[nodiscard]] caf::expected<SignedPolymarketOrder>
  sign(PolymarketOrder order, const PolymarketTerms& terms) const;

  [[nodiscard]] const WalletKey& key() const { return key_; }
  [[nodiscard]] const PolymarketAccount& account() const { return account_; }

private:
  PolymarketOrderSigner(WalletKey key, const PolymarketAccount& account, const Word& builder);

  [[nodiscard]] const Word& separator(const PolymarketTerms& terms) const;
  /// ERC-7739: what the key signs so that the deposit wallet vouches for the order.
  [[nodiscard]] Word nested_digest(const Word& separator, const Word& order_hash) const;

  WalletKey key_;
  PolymarketAccount account_;
  Word builder_;
  Word order_type_hash_;
  Word nested_type_hash_;
  Word wallet_name_hash_;
  Word wallet_version_hash_;
  Word regular_v2_;
  Word negative_risk_v2_;
  Word v3_;
};

} // namespace arbees
