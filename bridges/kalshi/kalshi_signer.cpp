#include "bridges/kalshi/kalshi_signer.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "bridges/net/secret_file.hpp"

namespace arbees {

namespace {

struct Free {
  void operator()(BIO* x) const { BIO_free(x); }
  void operator()(EVP_PKEY* x) const { EVP_PKEY_free(x); }
  void operator()(EVP_MD_CTX* x) const { EVP_MD_CTX_free(x); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

caf::error bad_credential(std::string why) {
  return caf::make_error(Errc::bad_credential, std::move(why));
}

/// OpenSSL's own word for the last failure; it names no key material.
std::string openssl_reason() {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

std::string base64(const std::vector<unsigned char>& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const auto length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                      static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

bool use_pss(EVP_PKEY_CTX* context) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0
         && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) > 0
         && EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) > 0;
}

/// Never asks a terminal for a pass phrase: a daemon would hang.
int no_pass_phrase(char*, int, int, void*) {
  return -1;
}

} // namespace

struct KalshiSigner::Key {
  Owned<EVP_PKEY> pkey;
  bool is_rsa = false;
};

std::string
kalshi_message(std::int64_t timestamp_ms, std::string_view method, std::string_view path) {
  auto message = std::to_string(timestamp_ms);
  std::transform(method.begin(), method.end(), std::back_inserter(message),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  message += path.substr(0, path.find('?'));
  return message;
}

KalshiSigner::KalshiSigner(std::string key_id, std::shared_ptr<const Key> key)
  : key_id_{std::move(key_id)}, key_{std::move(key)} {}

caf::expected<KalshiSigner> KalshiSigner::make(std::string key_id, std::string_view pem) {
  constexpr int fewest_rsa_bits = 2048;
  if (key_id.empty()) {
    return bad_credential("Kalshi: the key id is missing");
  }
  const Owned<BIO> bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  auto key = std::make_shared<Key>();
  key->pkey.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, nullptr));
  if (!key->pkey) {
    return bad_credential("Kalshi: no private key in PEM form without pass phrase ("
                          + openssl_reason() + "); line breaks must be real ones");
  }
  const auto type = EVP_PKEY_get_base_id(key->pkey.get());
  key->is_rsa = type == EVP_PKEY_RSA;
  if (!key->is_rsa && type != EVP_PKEY_ED25519) {
    return bad_credential("Kalshi: the key must be RSA or Ed25519");
  }
  if (key->is_rsa && EVP_PKEY_get_bits(key->pkey.get()) < fewest_rsa_bits) {
    return bad_credential("Kalshi: the RSA key must have at least 2048 bits");
  }
  return KalshiSigner{std::move(key_id), std::move(key)};
}

caf::expected<KalshiSigner> KalshiSigner::load(std::string key_id, const std::string& path) {
  const auto pem = read_secret_file(path);
  if (!pem) {
    return pem.error();
  }
  auto signer = make(std::move(key_id), pem->reveal());
  if (!signer) {
    return bad_credential("key file " + path + ": " + describe(signer.error()));
  }
  return signer;
}

caf::expected<std::string> KalshiSigner::sign(std::string_view message) const {
  const Owned<EVP_MD_CTX> context{EVP_MD_CTX_new()};
  EVP_PKEY_CTX* parameters = nullptr;
  const auto* const digest = key_->is_rsa ? EVP_sha256() : nullptr;
  const auto* const bytes = reinterpret_cast<const unsigned char*>(message.data());
  std::size_t length = 0;
  if (EVP_DigestSignInit(context.get(), &parameters, digest, nullptr, key_->pkey.get()) <= 0
      || (key_->is_rsa && !use_pss(parameters))
      || EVP_DigestSign(context.get(), nullptr, &length, bytes, message.size()) <= 0) {
    return bad_credential("Kalshi: signing failed: " + openssl_reason());
  }
  std::vector<unsigned char> signature(length);
  if (EVP_DigestSign(context.get(), signature.data(), &length, bytes, message.size()) <= 0) {
    return bad_credential("Kalshi: signing failed: " + openssl_reason());
  }
  signature.resize(length);
  return base64(signature);
}

caf::expected<HttpHeaders>
KalshiSigner::headers(Timestamp now, std::string_view method, std::string_view path) const {
  const auto stamp = to_ms(now);
  auto signature = sign(kalshi_message(stamp, method, path));
  if (!signature) {
    return std::move(signature.error());
  }
  return HttpHeaders{{"KALSHI-ACCESS-KEY", key_id_},
                     {"KALSHI-ACCESS-TIMESTAMP", std::to_string(stamp)},
                     {"KALSHI-ACCESS-SIGNATURE", std::move(*signature)}};
}

} // namespace arbees
