#include "tools/sim/kalshi_auth.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <vector>

namespace arbees::sim {

namespace {

constexpr UnixMillis signed_at = 1'790'000'000'123;

/// Key and signature of the fact sheet (kalshi, section 10, case 5).
constexpr const char* sheet_key =
  "-----BEGIN PUBLIC KEY-----\n"
  "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAt+dN5+qrJtEllTJP+EdD\n"
  "XpVnIRI+gca6KqD2Q8eb2njcpuia9bGyx1JXQx2JXVZ95lRJs5sYNJlMYv6zd/wc\n"
  "38hErG4VQT/0LYpLyqznRqi4ZeLbl6ckwQ+Z92geAr7/OJYL2LMODDSzJ1IFfwRH\n"
  "SDErBS/iy8GGXnJ3nNU92g1hg7WLg/1Mxx7tEW+q5oEpOirNzRBBTDb3X0znV0mB\n"
  "QMoQxsykAOQvYi1rpKrDL2SfBm9sUU4g43Mxt6cNQ9RU2Z9DLEhTVFZj9WaAtptw\n"
  "b0C6zj+8nYU7lXcgQMauGUJDzL+M6HIxbY5L8+EfuT1p9iacyJvl045cNQFZQvK4\n"
  "dwIDAQAB\n"
  "-----END PUBLIC KEY-----\n";
constexpr const char* sheet_signature =
  "NfG/43LQhj2UEelTWJbM4TV1eTbA35B6NLRxHl6cRwugiIzJopZm3tv8G7jgy/SzRavwijPoF8UZD6867rSUokvx33uRVm"
  "SZabqB6mYFc5deWM8KlaiuzI5ozcS0nn1+iRQwKZgUgr14oiYkM1SauXSc+9hbJXYFD8UAbqXw9x/l4QbYMW3cc9dnuIo1"
  "tqYKlhPqAtvu3P+2FDU7TcxOjqw3Ir9HsSd6fbnMBLJxX3lyQFazm+FUbkWffAocqcDWpbFvwmpVUIod2x6AXdR4Vlus7C"
  "iFOvVtIwoviDyVzGbpSGnp3MZfYGG5AnJWGWnPfn67i7Jdxycg6vJjbUEAcQ==";

using Key = std::shared_ptr<EVP_PKEY>;

Key own(EVP_PKEY* key) {
  return {key, &EVP_PKEY_free};
}

std::string public_pem(const Key& key) {
  auto* const out = BIO_new(BIO_s_mem());
  REQUIRE(PEM_write_bio_PUBKEY(out, key.get()) == 1);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(out, &text);
  std::string pem(text, static_cast<std::size_t>(size));
  BIO_free(out);
  return pem;
}

/// A signature by OpenSSL alone. @param padding 0 for Ed25519 @param salt as OpenSSL counts it
std::string sign(const Key& key, const std::string& message, int padding, int salt) {
  const std::shared_ptr<EVP_MD_CTX> context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
  EVP_PKEY_CTX* options = nullptr;
  REQUIRE(EVP_DigestSignInit(context.get(), &options, padding == 0 ? nullptr : EVP_sha256(),
                             nullptr, key.get())
          == 1);
  if (padding != 0) {
    REQUIRE(EVP_PKEY_CTX_set_rsa_padding(options, padding) == 1);
  }
  if (padding == RSA_PKCS1_PSS_PADDING) {
    REQUIRE(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, salt) == 1);
  }
  std::vector<unsigned char> bytes(512);
  auto size = bytes.size();
  REQUIRE(EVP_DigestSign(context.get(), bytes.data(), &size,
                         reinterpret_cast<const unsigned char*>(message.data()), message.size())
          == 1);
  std::string text((size + 2) / 3 * 4 + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                  static_cast<int>(size));
  text.pop_back();
  return text;
}

HttpRequest request(const std::string& method, const std::string& target, const std::string& key,
                    const std::string& signature, UnixMillis stamp = signed_at) {
  auto made = parse_target(method, target);
  made.headers["kalshi-access-key"] = key;
  made.headers["kalshi-access-timestamp"] = std::to_string(stamp);
  made.headers["kalshi-access-signature"] = signature;
  return made;
}

std::string code(const std::optional<HttpReply>& refusal) {
  REQUIRE(refusal);
  CHECK(refusal->status == 401);
  return std::string{boost::json::parse(refusal->body).at("error").at("code").as_string()};
}

constexpr const char* balance = "/trade-api/v2/portfolio/balance";

} // namespace

TEST_CASE("the fact sheet's signature is that of its request and of no other", "[sim]") {
  KalshiAuth auth;
  auth.add_key("sheet", sheet_key);
  CHECK(auth.verifies());
  CHECK_FALSE(auth.refuse(request("GET", balance, "sheet", sheet_signature), signed_at));
  CHECK_FALSE(auth.refuse(
    request("GET", std::string{balance} + "?limit=5", "sheet", sheet_signature), signed_at));
  const auto wrong = "authentication_error";
  CHECK(code(auth.refuse(request("POST", balance, "sheet", sheet_signature), signed_at)) == wrong);
  CHECK(code(auth.refuse(request("GET", "/trade-api/ws/v2", "sheet", sheet_signature), signed_at))
        == wrong);
  CHECK(
    code(auth.refuse(request("GET", balance, "sheet", sheet_signature, signed_at + 1), signed_at))
    == wrong);
  CHECK(code(auth.refuse(request("GET", balance, "other", sheet_signature), signed_at)) == wrong);
  CHECK(code(auth.refuse(request("GET", balance, "sheet", "c2lnbmF0dXJl"), signed_at)) == wrong);
  CHECK(code(auth.refuse(request("GET", balance, "sheet", "no base64"), signed_at)) == wrong);
}

TEST_CASE("only PSS with a salt of 32 bytes is taken from an RSA key", "[sim]") {
  static const auto key = own(EVP_RSA_gen(2048));
  KalshiAuth auth;
  auth.add_key("rsa", public_pem(key));
  const auto message = std::to_string(signed_at) + "GET" + balance;
  const auto attempt = [&](int padding, int salt) {
    return auth.refuse(request("GET", balance, "rsa", sign(key, message, padding, salt)),
                       signed_at);
  };
  CHECK_FALSE(attempt(RSA_PKCS1_PSS_PADDING, 32));
  CHECK(attempt(RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_MAX));
  CHECK(attempt(RSA_PKCS1_PSS_PADDING, 20));
  CHECK(attempt(RSA_PKCS1_PADDING, 0));
}

TEST_CASE("Ed25519 keys sign the same message", "[sim]") {
  const auto key = own(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  KalshiAuth auth;
  auth.add_key("ed", public_pem(key));
  const auto message = std::to_string(signed_at) + "GET/trade-api/ws/v2";
  const auto signature = sign(key, message, 0, 0);
  CHECK_FALSE(auth.refuse(request("GET", "/trade-api/ws/v2", "ed", signature), signed_at));
  CHECK(auth.refuse(request("GET", balance, "ed", signature), signed_at));
}

TEST_CASE("timestamps outside the window are refused before the signature is looked at", "[sim]") {
  KalshiAuth auth;
  const auto at = [&](UnixMillis now) {
    return auth.refuse(request("GET", balance, "any", "c2lnbmF0dXJl"), now);
  };
  CHECK_FALSE(at(signed_at + 30'000));
  CHECK_FALSE(at(signed_at - 30'000));
  CHECK(code(at(signed_at + 30'001)) == "header_timestamp_expired");
  CHECK(code(at(signed_at - 30'001)) == "header_timestamp_expired");
}

TEST_CASE("without registered keys any Base64 will do, but all headers must be there", "[sim]") {
  KalshiAuth auth;
  CHECK_FALSE(auth.verifies());
  CHECK_FALSE(auth.refuse(request("GET", balance, "any", "c2lnbmF0dXJl"), signed_at));
  CHECK(auth.refuse(request("GET", balance, "any", "not!base64"), signed_at));
  for (const auto* const name :
       {"kalshi-access-key", "kalshi-access-timestamp", "kalshi-access-signature"}) {
    auto incomplete = request("GET", balance, "any", "c2lnbmF0dXJl");
    incomplete.headers.erase(name);
    CHECK(code(auth.refuse(incomplete, signed_at)) == "authentication_error");
  }
  auto odd = request("GET", balance, "any", "c2lnbmF0dXJl");
  for (const auto* const stamp : {"", "12x", "-5", "99999999999999999999"}) {
    odd.headers["kalshi-access-timestamp"] = stamp;
    CHECK(auth.refuse(odd, signed_at));
  }
}

TEST_CASE("what is no public key cannot be registered", "[sim]") {
  KalshiAuth auth;
  CHECK_THROWS_AS(auth.add_key("bad", "rubbish"), std::runtime_error);
  const auto other = own(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"));
  CHECK_THROWS_AS(auth.add_key("bad", public_pem(other)), std::runtime_error);
}

} // namespace arbees::sim
