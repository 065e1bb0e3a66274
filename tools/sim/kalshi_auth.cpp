#include "tools/sim/kalshi_auth.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "tools/sim/kalshi_rest.hpp"

namespace arbees::sim {

namespace {

/// Between the 10 s that the venue was seen to accept and the 60 s it was seen to refuse.
constexpr UnixMillis clock_window_ms = 30'000;
constexpr int salt_length = 32;

bool base64(std::string_view text) {
  const auto body = text.substr(0, text.find('='));
  const auto padding = text.substr(body.size());
  return !body.empty() && text.size() % 4 == 0 && padding.size() <= 2
         && std::ranges::all_of(padding, [](char c) { return c == '='; })
         && std::ranges::all_of(body, [](char c) {
              return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
                     || c == '+' || c == '/';
            });
}

/// @pre base64(text)
std::vector<unsigned char> decode(std::string_view text) {
  std::vector<unsigned char> bytes(text.size() / 4 * 3);
  const auto size =
    EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                    static_cast<int>(text.size()));
  const auto padding = static_cast<std::size_t>(std::ranges::count(text, '='));
  bytes.resize(size < 0 ? 0 : static_cast<std::size_t>(size) - padding);
  return bytes;
}

using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

} // namespace

struct KalshiAuth::PublicKey {
  explicit PublicKey(EVP_PKEY* made) : key(made, &EVP_PKEY_free) {}

  [[nodiscard]] bool is_rsa() const { return EVP_PKEY_base_id(key.get()) == EVP_PKEY_RSA; }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key;
};

void KalshiAuth::add_key(const std::string& key_id, const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> input{
    BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free};
  auto key =
    std::make_shared<PublicKey>(PEM_read_bio_PUBKEY(input.get(), nullptr, nullptr, nullptr));
  const auto known =
    key->key != nullptr && (key->is_rsa() || EVP_PKEY_base_id(key->key.get()) == EVP_PKEY_ED25519);
  if (!known) {
    throw std::runtime_error("Kalshi key " + key_id + ": no public key, RSA or Ed25519, in PEM");
  }
  keys_[key_id] = std::move(key);
}

bool KalshiAuth::authentic(std::string_view key_id, std::string_view message,
                           std::string_view signature) const {
  if (!base64(signature)) {
    return false;
  }
  if (keys_.empty()) {
    return true;
  }
  const auto found = keys_.find(key_id);
  if (found == keys_.end()) {
    return false;
  }
  const auto rsa = found->second->is_rsa();
  const Context context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
  EVP_PKEY_CTX* options = nullptr;
  if (EVP_DigestVerifyInit(context.get(), &options, rsa ? EVP_sha256() : nullptr, nullptr,
                           found->second->key.get())
      != 1) {
    return false;
  }
  if (rsa
      && (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1
          || EVP_PKEY_CTX_set_rsa_mgf1_md(options, EVP_sha256()) != 1
          || EVP_PKEY_CTX_set_rsa_pss_saltlen(options, salt_length) != 1)) {
    return false;
  }
  const auto bytes = decode(signature);
  return EVP_DigestVerify(context.get(), bytes.data(), bytes.size(),
                          reinterpret_cast<const unsigned char*>(message.data()), message.size())
         == 1;
}

std::optional<HttpReply> KalshiAuth::refuse(const HttpRequest& request, UnixMillis now) const {
  const auto key = request.header("kalshi-access-key");
  const auto stamp = request.header("kalshi-access-timestamp");
  const auto signature = request.header("kalshi-access-signature");
  if (key.empty() || stamp.empty() || signature.empty()) {
    return kalshi_error(401, "authentication_error", "missing authentication headers");
  }
  UnixMillis at = 0;
  const auto [end, error] = std::from_chars(stamp.data(), stamp.data() + stamp.size(), at);
  if (error != std::errc{} || end != stamp.data() + stamp.size() || at < 0) {
    return kalshi_error(401, "authentication_error", "malformed KALSHI-ACCESS-TIMESTAMP");
  }
  if (std::abs(now - at) > clock_window_ms) {
    return kalshi_error(401, "header_timestamp_expired", "timestamp is outside the window");
  }
  // An unknown key is answered like a wrong signature: a 401 does not say which it is.
  if (!authentic(key, std::string{stamp} + request.method + request.path, signature)) {
    return kalshi_error(401, "authentication_error", "authentication_error",
                        "INCORRECT_API_KEY_SIGNATURE");
  }
  return std::nullopt;
}

} // namespace arbees::sim
