#include "bridges/polymarket/polymarket_order_signer.hpp"

#include <algorithm>

namespace arbees {

namespace {

constexpr std::string_view order_type =
  "Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,"
  "uint256 takerAmount,uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,"
  "bytes32 builder)";
constexpr std::string_view nested_type_head =
  "TypedDataSign(Order contents,string name,string version,uint256 chainId,"
  "address verifyingContract,bytes32 salt)";
constexpr std::string_view wallet_name = "DepositWallet";
constexpr std::string_view wallet_version = "1";

constexpr std::string_view exchange_name = "Polymarket CTF Exchange";
constexpr std::string_view regular_v2_contract = "0xE111180000d2663C0091e4f400237545B87B996B";
constexpr std::string_view negative_risk_v2_contract = "0xe2222d279d744050d28e00520010520000310F59";
constexpr std::string_view v3_contract = "0xe3333700cA9d93003F00f0F71f8515005F6c00Aa";

/// JSON numbers are exact below this.
constexpr std::uint64_t salt_limit = std::uint64_t{1} << 53U;

caf::error refuse(const std::string& why) {
  return caf::make_error(Errc::bad_frame, "Polymarket order: " + why);
}

Word exchange_separator(std::string_view version, std::string_view contract, std::uint64_t chain) {
  return domain_separator({.name = std::string{exchange_name},
                           .version = std::string{version},
                           .chain_id = chain,
                           .contract = parse_address(contract)});
}

Word struct_hash(const Word& type_hash, const PolymarketOrder& order, const Word& token) {
  const std::array words{type_hash,
                         to_word(order.salt),
                         to_word(order.maker),
                         to_word(order.signer),
                         token,
                         to_word(static_cast<std::uint64_t>(order.amounts.maker)),
                         to_word(static_cast<std::uint64_t>(order.amounts.taker)),
                         to_word(order.side == Action::buy ? std::uint64_t{0} : std::uint64_t{1}),
                         to_word(static_cast<std::uint64_t>(order.signature_type)),
                         to_word(static_cast<std::uint64_t>(order.timestamp_ms)),
                         order.metadata,
                         order.builder};
  return keccak256(std::span<const Word>{words});
}

/// The signature of a deposit wallet: the key's, then what the wallet needs to find the order in
/// it.
std::string wrap(const EthereumSignature& inner, const Word& separator, const Word& contents) {
  std::vector<std::uint8_t> bytes{inner.begin(), inner.end()};
  bytes.insert(bytes.end(), separator.begin(), separator.end());
  bytes.insert(bytes.end(), contents.begin(), contents.end());
  bytes.insert(bytes.end(), order_type.begin(), order_type.end());
  bytes.push_back(static_cast<std::uint8_t>(order_type.size() >> 8U));
  bytes.push_back(static_cast<std::uint8_t>(order_type.size() & 0xffU));
  return to_hex(bytes);
}

} // namespace

ExchangeVersion exchange_of(std::string_view token_id) {
  const auto token = parse_uint256(token_id);
  if (!token) {
    return ExchangeVersion::v2;
  }
  // Bits 40 to 103 of the big-endian word.
  const auto reserved = std::span{*token}.subspan(19, 8);
  const auto zero =
    std::all_of(reserved.begin(), reserved.end(), [](auto byte) { return byte == 0; });
  return zero ? ExchangeVersion::v3 : ExchangeVersion::v2;
}

std::string_view exchange_contract(ExchangeVersion exchange, bool negative_risk) {
  if (exchange == ExchangeVersion::v3) {
    return v3_contract;
  }
  return negative_risk ? negative_risk_v2_contract : regular_v2_contract;
}

std::uint64_t order_salt(std::string_view client_order_id) {
  return fnv1a(client_order_id) % salt_limit;
}

PolymarketOrderSigner::PolymarketOrderSigner(WalletKey key, const PolymarketAccount& account,
                                             const Word& builder)
  : key_(std::move(key)),
    account_(account),
    builder_(builder),
    order_type_hash_(keccak256(order_type)),
    nested_type_hash_(keccak256(std::string{nested_type_head} + std::string{order_type})),
    wallet_name_hash_(keccak256(wallet_name)),
    wallet_version_hash_(keccak256(wallet_version)),
    regular_v2_(exchange_separator("2", regular_v2_contract, account.chain_id)),
    negative_risk_v2_(exchange_separator("2", negative_risk_v2_contract, account.chain_id)),
    v3_(exchange_separator("3", v3_contract, account.chain_id)) {}

caf::expected<PolymarketOrderSigner>
PolymarketOrderSigner::make(WalletKey key, const PolymarketAccount& account, const Word& builder) {
  const auto own = account.funder == key.address();
  if (account.type == SignatureType::eoa && !own) {
    return caf::make_error(Errc::bad_credential,
                           "signature type 0 (EOA) needs the key's own address as the funder");
  }
  if (account.type != SignatureType::eoa && own) {
    return caf::make_error(Errc::bad_credential,
                           "the funder of signature types 1 to 3 is the wallet, not the key");
  }
  return PolymarketOrderSigner{std::move(key), account, builder};
}

const Word& PolymarketOrderSigner::separator(const PolymarketTerms& terms) const {
  if (terms.exchange == ExchangeVersion::v3) {
    return v3_;
  }
  return terms.negative_risk ? negative_risk_v2_ : regular_v2_;
}

caf::expected<SignedPolymarketOrder>
PolymarketOrderSigner::sign(const OrderIntent& intent, const PolymarketTerms& terms,
                            Timestamp created_at) const {
  if (intent.ref.venue != Venue::polymarket) {
    return refuse("market of another venue");
  }
  const auto amounts = order_amounts(intent, terms.tick);
  if (!amounts) {
    return amounts.error();
  }
  // The deposit wallet vouches for the order itself; the other wallets trust the key.
  const auto wallet_signs = account_.type == SignatureType::deposit_wallet;
  return sign({.salt = order_salt(intent.client_order_id),
               .maker = account_.funder,
               .signer = wallet_signs ? account_.funder : key_.address(),
               .token_id = intent.ref.tokens[static_cast<std::size_t>(intent.side)],
               .amounts = *amounts,
               .side = intent.action,
               .signature_type = account_.type,
               .timestamp_ms = to_ms(created_at),
               .builder = builder_},
              terms);
}

caf::expected<SignedPolymarketOrder>
PolymarketOrderSigner::sign(PolymarketOrder order, const PolymarketTerms& terms) const {
  const auto token = parse_uint256(order.token_id);
  if (!token) {
    return refuse("token id is no 256-bit decimal number");
  }
  if (order.salt >= salt_limit || order.amounts.maker <= 0 || order.amounts.taker <= 0
      || order.timestamp_ms <= 0) {
    return refuse("salt, amounts or timestamp out of range");
  }
  const auto& domain = separator(terms);
  const auto contents = struct_hash(order_type_hash_, order, *token);
  const auto hash = eip712_digest(domain, contents);
  auto signature = order.signature_type == SignatureType::deposit_wallet
                     ? wrap(key_.sign(nested_digest(domain, contents)), domain, contents)
                     : to_hex(key_.sign(hash));
  return SignedPolymarketOrder{.order = std::move(order),
                               .hash = hash,
                               .order_id = to_hex(hash),
                               .signature = std::move(signature)};
}

Word PolymarketOrderSigner::nested_digest(const Word& separator, const Word& order_hash) const {
  const std::array words{nested_type_hash_,
                         order_hash,
                         wallet_name_hash_,
                         wallet_version_hash_,
                         to_word(account_.chain_id),
                         to_word(account_.funder),
                         Word{}};
  return eip712_digest(separator, keccak256(std::span<const Word>{words}));
}

} // namespace arbees
