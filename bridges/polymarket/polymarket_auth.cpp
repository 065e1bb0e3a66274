#include "bridges/polymarket/polymarket_auth.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "bridges/net/answer_fields.hpp"

namespace arbees {

namespace {

constexpr std::string_view attestation = "This message attests that I control the given wallet";

caf::error refuse(const std::string& why) {
  return caf::make_error(Errc::bad_credential, "Polymarket API credentials: " + why);
}

/// True if `text` can stand in a header: printable ASCII, so that it cannot start another one.
bool header_value(std::string_view text) {
  return !text.empty()
         && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

int base64_value(std::uint8_t c) {
  if (c >= 'A' && c <= 'Z') {
    return c - 'A';
  }
  if (c >= 'a' && c <= 'z') {
    return c - 'a' + 26;
  }
  if (c >= '0' && c <= '9') {
    return c - '0' + 52;
  }
  if (c == '+' || c == '-') {
    return 62;
  }
  return c == '/' || c == '_' ? 63 : -1;
}

std::string encode_base64url(std::span<const std::uint8_t> bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const auto size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                    static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

std::string quoted(std::string_view text) {
  return boost::json::serialize(boost::json::string_view{text.data(), text.size()});
}

} // namespace

HttpHeaders l1_headers(const WalletKey& key, std::uint64_t chain_id, std::int64_t timestamp_s,
                       std::uint64_t nonce) {
  static const auto type_hash = keccak256(
    std::string_view{"ClobAuth(address address,string timestamp,uint256 nonce,string message)"});
  const auto timestamp = std::to_string(timestamp_s);
  const std::array words{type_hash, to_word(key.address()), keccak256(timestamp), to_word(nonce),
                         keccak256(attestation)};
  const auto separator =
    domain_separator({.name = "ClobAuthDomain", .version = "1", .chain_id = chain_id});
  const auto digest = eip712_digest(separator, keccak256(std::span<const Word>{words}));
  return {{"POLY_ADDRESS", to_string(key.address())},
          {"POLY_SIGNATURE", to_hex(key.sign(digest))},
          {"POLY_TIMESTAMP", timestamp},
          {"POLY_NONCE", std::to_string(nonce)}};
}

std::optional<Secret> decode_base64(const Secret& text) {
  auto coded = text.bytes();
  const auto padded = !coded.empty() && coded.back() == '=';
  if (padded && coded.size() % 4 != 0) {
    return std::nullopt;
  }
  for (auto i = 0; i < 2 && !coded.empty() && coded.back() == '='; ++i) {
    coded = coded.first(coded.size() - 1);
  }
  if (coded.size() % 4 == 1) {
    return std::nullopt;
  }
  std::vector<std::uint8_t> bytes;
  bytes.reserve(coded.size() * 3 / 4 + 1); // no copies left behind by growing
  std::uint32_t bits = 0;
  auto count = 0U;
  auto valid = true;
  for (const auto c : coded) {
    const auto value = base64_value(c);
    valid = valid && value >= 0;
    bits = bits << 6U | (static_cast<std::uint32_t>(value) & 63U);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<std::uint8_t>(bits >> count & 0xffU));
    }
  }
  Secret decoded{std::move(bytes)};
  return valid ? std::optional{std::move(decoded)} : std::nullopt;
}

std::string l2_signature(const Secret& mac_key, std::int64_t timestamp_s, std::string_view method,
                         std::string_view target, std::string_view body) {
  const auto path = target.substr(0, target.find('?'));
  std::string message = std::to_string(timestamp_s);
  message.reserve(message.size() + method.size() + path.size() + body.size());
  message.append(method).append(path).append(body);
  std::array<std::uint8_t, 32> mac{};
  unsigned size = 0;
  HMAC(EVP_sha256(), mac_key.bytes().data(), static_cast<int>(mac_key.bytes().size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), mac.data(), &size);
  return encode_base64url(mac);
}

caf::expected<ApiCredentials> ApiCredentials::make(const Address& address, std::string api_key,
                                                   Secret secret, Secret passphrase) {
  if (!header_value(api_key) || !header_value(passphrase.reveal())) {
    return refuse("the API key or the passphrase is empty or not printable");
  }
  auto mac_key = decode_base64(secret);
  if (!mac_key || mac_key->empty()) {
    return refuse("the secret is not base64");
  }
  ApiCredentials credentials;
  credentials.address_ = to_string(address);
  credentials.api_key_ = std::move(api_key);
  credentials.secret_ = std::move(secret);
  credentials.mac_key_ = std::move(*mac_key);
  credentials.passphrase_ = std::move(passphrase);
  return credentials;
}

caf::expected<ApiCredentials>
ApiCredentials::decode(const Address& address, std::string_view body) {
  const auto json = parse_json(body);
  if (!json) {
    return json.error();
  }
  AnswerFields fields{*json};
  auto api_key = fields.text("apiKey");
  auto secret = fields.text("secret");
  auto passphrase = fields.text("passphrase");
  Secret kept_secret{secret};
  Secret kept_passphrase{passphrase};
  OPENSSL_cleanse(secret.data(), secret.size());
  OPENSSL_cleanse(passphrase.data(), passphrase.size());
  if (!fields.ok()) {
    return fields.error();
  }
  return make(address, std::move(api_key), std::move(kept_secret), std::move(kept_passphrase));
}

HttpHeaders ApiCredentials::l2_headers(std::int64_t timestamp_s, std::string_view method,
                                       std::string_view target, std::string_view body) const {
  return {{"POLY_ADDRESS", address_},
          {"POLY_SIGNATURE", l2_signature(mac_key_, timestamp_s, method, target, body)},
          {"POLY_TIMESTAMP", std::to_string(timestamp_s)},
          {"POLY_API_KEY", api_key_},
          {"POLY_PASSPHRASE", std::string{passphrase_.reveal()}}};
}

Secret ApiCredentials::user_subscription(const std::vector<std::string>& conditions) const {
  auto text = R"({"type":"user","auth":{"apiKey":)" + quoted(api_key_) + R"(,"secret":)"
              + quoted(secret_.reveal()) + R"(,"passphrase":)" + quoted(passphrase_.reveal()) + '}';
  if (!conditions.empty()) {
    boost::json::array markets;
    for (const auto& condition : conditions) {
      markets.emplace_back(condition);
    }
    text += R"(,"markets":)" + boost::json::serialize(markets);
  }
  text += '}';
  Secret message{text};
  OPENSSL_cleanse(text.data(), text.size());
  return message;
}

} // namespace arbees
