#include "tools/sim/poly_signature.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

namespace arbees::sim {

namespace {

constexpr std::string_view order_type =
  "Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,uint256 "
  "takerAmount,uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,bytes32 builder)";
constexpr std::string_view nested_type =
  "TypedDataSign(Order contents,string name,string version,uint256 chainId,address "
  "verifyingContract,bytes32 salt)";
constexpr std::string_view login_type =
  "ClobAuth(address address,string timestamp,uint256 nonce,string message)";
constexpr std::string_view login_message = "This message attests that I control the given wallet";
constexpr std::uint64_t polygon = 137;
constexpr std::size_t plain_length = 65;

/// Half the order of secp256k1: contracts refuse a larger s, which would be a second signature of
/// the same thing.
constexpr Word half_order{0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                          0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x5D, 0x57, 0x6E, 0x73, 0x57, 0xA4,
                          0x50, 0x1D, 0xDF, 0xE9, 0x2F, 0x46, 0x68, 0x1B, 0x20, 0xA0};

Word hash_words(std::initializer_list<Word> words) {
  const std::vector<Word> all{words};
  return keccak256(std::span<const Word>{all});
}

Word number(std::int64_t value) {
  return to_word(static_cast<std::uint64_t>(value));
}

const Word& separator(PolyExchange exchange) {
  const auto make = [](const char* version, PolyExchange of) {
    return domain_separator({.name = "Polymarket CTF Exchange",
                             .version = version,
                             .chain_id = polygon,
                             .contract = parse_address(contract_of(of))});
  };
  static const std::array all{make("2", PolyExchange::regular_v2),
                              make("2", PolyExchange::negative_risk_v2),
                              make("3", PolyExchange::v3)};
  return all[static_cast<std::size_t>(exchange)];
}

Word contents_hash(const PostedOrder& order) {
  static const auto type = keccak256(order_type);
  return hash_words({type, to_word(order.salt), to_word(order.maker), to_word(order.signer),
                     order.token, number(order.maker_amount), number(order.taker_amount),
                     number(order.buys ? 0 : 1), number(order.signature_type),
                     number(order.timestamp_ms), order.metadata, order.builder});
}

std::optional<Address> recover_low(const Word& digest, std::span<const std::uint8_t> bytes) {
  EthereumSignature signature{};
  std::ranges::copy(bytes.first(plain_length), signature.begin());
  Word s{};
  std::copy_n(signature.begin() + 32, 32, s.begin());
  return s > half_order ? std::nullopt : recover(digest, signature);
}

/// Inner signature, domain separator, hash of the order, its type string, and that string's length.
std::optional<Address>
wallet_signer(const PostedOrder& order, const Word& domain, std::string_view signature) {
  const auto length = plain_length + 32 + 32 + order_type.size() + 2;
  const auto bytes = parse_hex_bytes(signature, length);
  if (!bytes) {
    return std::nullopt;
  }
  const auto contents = contents_hash(order);
  auto expected = std::vector<std::uint8_t>(domain.begin(), domain.end());
  expected.insert(expected.end(), contents.begin(), contents.end());
  expected.insert(expected.end(), order_type.begin(), order_type.end());
  expected.push_back(static_cast<std::uint8_t>(order_type.size() >> 8U));
  expected.push_back(static_cast<std::uint8_t>(order_type.size() & 0xFFU));
  if (!std::equal(expected.begin(), expected.end(), bytes->begin() + plain_length)) {
    return std::nullopt;
  }
  static const auto type = keccak256(std::string{nested_type} + std::string{order_type});
  const auto nested =
    hash_words({type, contents, keccak256(std::string_view{"DepositWallet"}),
                keccak256(std::string_view{"1"}), to_word(polygon), to_word(order.maker), Word{}});
  return recover_low(eip712_digest(domain, nested), *bytes);
}

std::vector<std::uint8_t> decode_secret(std::string_view secret) {
  std::string plain{secret};
  std::ranges::replace(plain, '-', '+');
  std::ranges::replace(plain, '_', '/');
  plain.resize((plain.size() + 3) / 4 * 4, '=');
  std::vector<std::uint8_t> bytes(plain.size());
  const auto size =
    EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(plain.data()),
                    static_cast<int>(plain.size()));
  const auto padding = static_cast<std::size_t>(std::ranges::count(plain, '='));
  bytes.resize(size < 0 ? 0 : static_cast<std::size_t>(size) - padding);
  return bytes;
}

} // namespace

std::string_view contract_of(PolyExchange exchange) {
  constexpr std::array<std::string_view, 3> contracts{"0xE111180000d2663C0091e4f400237545B87B996B",
                                                      "0xe2222d279d744050d28e00520010520000310F59",
                                                      "0xe3333700cA9d93003F00f0F71f8515005F6c00Aa"};
  return contracts[static_cast<std::size_t>(exchange)];
}

Word order_digest(const PostedOrder& order, PolyExchange exchange) {
  return eip712_digest(separator(exchange), contents_hash(order));
}

std::optional<Address>
order_signer(const PostedOrder& order, PolyExchange exchange, std::string_view signature) {
  if (order.signature_type == 3) {
    return wallet_signer(order, separator(exchange), signature);
  }
  const auto bytes = parse_hex_bytes(signature, plain_length);
  return bytes ? recover_low(order_digest(order, exchange), *bytes) : std::nullopt;
}

std::optional<Address> login_signer(const Address& address, std::string_view timestamp,
                                    std::uint64_t nonce, std::string_view signature) {
  static const auto domain =
    domain_separator({.name = "ClobAuthDomain", .version = "1", .chain_id = polygon});
  const auto bytes = parse_hex_bytes(signature, plain_length);
  if (!bytes) {
    return std::nullopt;
  }
  const auto contents = hash_words({keccak256(login_type), to_word(address), keccak256(timestamp),
                                    to_word(nonce), keccak256(login_message)});
  return recover_low(eip712_digest(domain, contents), *bytes);
}

std::string base64url(std::span<const std::uint8_t> bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                  static_cast<int>(bytes.size()));
  text.pop_back();
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

std::string expected_hmac(std::string_view secret, std::string_view timestamp,
                          std::string_view method, std::string_view path, std::string_view body) {
  const auto key = decode_secret(secret);
  auto message = std::string{timestamp};
  message.append(method).append(path).append(body);
  std::array<std::uint8_t, 32> mac{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), mac.data(), &length);
  return base64url(mac);
}

} // namespace arbees::sim
