#include "bridges/kalshi/kalshi_signer.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

using namespace arbees;

namespace {

using PKey = std::shared_ptr<EVP_PKEY>;

PKey own(EVP_PKEY* key) {
  return {key, EVP_PKEY_free};
}

PKey rsa_key() {
  static const auto key = own(EVP_RSA_gen(2048));
  return key;
}

template <class Write>
std::string to_pem(Write write) {
  auto* const bio = BIO_new(BIO_s_mem());
  REQUIRE(write(bio) == 1);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return pem;
}

std::string pkcs8(const PKey& key) {
  return to_pem([&](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

std::string pkcs1(const PKey& key) {
  return to_pem([&](BIO* bio) {
    return PEM_write_bio_PrivateKey_traditional(bio, key.get(), nullptr, nullptr, 0, nullptr,
                                                nullptr);
  });
}

std::vector<unsigned char> from_base64(const std::string& text) {
  std::vector<unsigned char> bytes(text.size());
  const auto length =
    EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                    static_cast<int>(text.size()));
  REQUIRE(length >= 0);
  bytes.resize(static_cast<std::size_t>(length)
               - static_cast<std::size_t>(std::count(text.end() - 2, text.end(), '=')));
  return bytes;
}

struct Scheme {
  int padding = RSA_PKCS1_PSS_PADDING;
  int salt = 32;
};

bool verify(const PKey& key, const std::string& message,
            const std::vector<unsigned char>& signature) {
  const std::shared_ptr<EVP_MD_CTX> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
  EVP_PKEY_CTX* parameters = nullptr;
  const auto is_rsa = EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_RSA;
  REQUIRE(EVP_DigestVerifyInit(context.get(), &parameters, is_rsa ? EVP_sha256() : nullptr, nullptr,
                               key.get())
          == 1);
  if (is_rsa) {
    REQUIRE(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) > 0);
    REQUIRE(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, 32) > 0);
  }
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                          reinterpret_cast<const unsigned char*>(message.data()), message.size())
         == 1;
}

std::vector<unsigned char> sign_by(const Scheme& scheme, const std::string& message) {
  const std::shared_ptr<EVP_MD_CTX> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
  EVP_PKEY_CTX* parameters = nullptr;
  REQUIRE(EVP_DigestSignInit(context.get(), &parameters, EVP_sha256(), nullptr, rsa_key().get())
          == 1);
  REQUIRE(EVP_PKEY_CTX_set_rsa_padding(parameters, scheme.padding) > 0);
  if (scheme.padding == RSA_PKCS1_PSS_PADDING) {
    REQUIRE(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, scheme.salt) > 0);
  }
  std::vector<unsigned char> signature(256);
  auto length = signature.size();
  REQUIRE(EVP_DigestSign(context.get(), signature.data(), &length,
                         reinterpret_cast<const unsigned char*>(message.data()), message.size())
          == 1);
  return signature;
}

std::string sha256(const std::string& text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string hex;
  for (const auto byte : digest) {
    hex += fmt::format("{:02x}", byte);
  }
  return hex;
}

constexpr std::int64_t stamp = 1'790'000'000'123;
const auto case_1 = kalshi_message(stamp, "GET", "/trade-api/v2/portfolio/balance");
const auto case_2 = kalshi_message(stamp, "GET", "/trade-api/ws/v2");
const auto case_3 = kalshi_message(stamp, "post", "/trade-api/v2/portfolio/events/orders?limit=5");

// venues/kalshi.md section 10 case 5, a throw-away key.
constexpr auto public_pem = R"(-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAt+dN5+qrJtEllTJP+EdD
XpVnIRI+gca6KqD2Q8eb2njcpuia9bGyx1JXQx2JXVZ95lRJs5sYNJlMYv6zd/wc
38hErG4VQT/0LYpLyqznRqi4ZeLbl6ckwQ+Z92geAr7/OJYL2LMODDSzJ1IFfwRH
SDErBS/iy8GGXnJ3nNU92g1hg7WLg/1Mxx7tEW+q5oEpOirNzRBBTDb3X0znV0mB
QMoQxsykAOQvYi1rpKrDL2SfBm9sUU4g43Mxt6cNQ9RU2Z9DLEhTVFZj9WaAtptw
b0C6zj+8nYU7lXcgQMauGUJDzL+M6HIxbY5L8+EfuT1p9iacyJvl045cNQFZQvK4
dwIDAQAB
-----END PUBLIC KEY-----
)";
const std::string known_signature =
  "NfG/43LQhj2UEelTWJbM4TV1eTbA35B6NLRxHl6cRwugiIzJopZm3tv8G7jgy/SzRavwijPoF8UZD6867rSUokvx33uRVmSZ"
  "abqB6mYFc5deWM8KlaiuzI5ozcS0nn1+iRQwKZgUgr14oiYkM1SauXSc+9hbJXYFD8UAbqXw9x/l4QbYMW3cc9dnuIo1tqYK"
  "lhPqAtvu3P+2FDU7TcxOjqw3Ir9HsSd6fbnMBLJxX3lyQFazm+FUbkWffAocqcDWpbFvwmpVUIod2x6AXdR4Vlus7CiFOvVt"
  "Iwov"
  "iDyVzGbpSGnp3MZfYGG5AnJWGWnPfn67i7Jdxycg6vJjbUEAcQ==";

/// A file that is gone with the test.
struct KeyFile {
  explicit KeyFile(const std::string& content) {
    path += "/tmp/arbees-key-XXXXXX";
    const auto fd = mkstemp(path.data());
    REQUIRE(fd >= 0);
    close(fd);
    std::ofstream{path} << content;
  }
  ~KeyFile() { unlink(path.c_str()); }
  std::string path;
};

} // namespace

TEST_CASE("conformance 1-3: the message that is signed") {
  CHECK(case_1 == "1790000000123GET/trade-api/v2/portfolio/balance");
  CHECK(sha256(case_1) == "12417e57f5bf3f4db82261e1e45be12e82525ee59b311c643c1a7eaf872fc417");
  CHECK(sha256(case_2) == "3f7b843bd61004d170e7421ad28d456f7dde6e3f2eb0351faa702e7ae279d95e");
  CHECK(sha256(case_3) == "7606659ffcadc69f2a5d57b36a40150f68164ee94d13b3f7ed93f44ea3462354");
}

TEST_CASE("conformance 4: PKCS#1 and PKCS#8 of one key sign alike, salted with 32 bytes") {
  for (const auto& pem : {pkcs1(rsa_key()), pkcs8(rsa_key())}) {
    const auto signer = KalshiSigner::make("key-id", pem);
    REQUIRE(signer);
    const auto one = signer->sign(case_1);
    const auto two = signer->sign(case_1);
    REQUIRE(one);
    CHECK(one->size() == 344);
    CHECK(*one != *two);
    const auto bytes = from_base64(*one);
    CHECK(bytes.size() == 256);
    CHECK(verify(rsa_key(), case_1, bytes));
    CHECK_FALSE(verify(rsa_key(), case_2, bytes));
  }
}

TEST_CASE("conformance 5: the verifier takes the known signature for its message only") {
  auto* const bio = BIO_new_mem_buf(public_pem, -1);
  const auto key = own(PEM_read_bio_PUBKEY(bio, nullptr, nullptr, nullptr));
  BIO_free(bio);
  REQUIRE(key);
  const auto signature = from_base64(known_signature);
  CHECK(verify(key, case_1, signature));
  CHECK_FALSE(verify(key, case_2, signature));
  CHECK_FALSE(verify(key, case_3, signature));
}

TEST_CASE("conformance 6: other salts and paddings fail the verifier, Ed25519 is deterministic") {
  CHECK(verify(rsa_key(), case_1, sign_by({}, case_1)));
  CHECK_FALSE(verify(rsa_key(), case_1, sign_by({.salt = 222}, case_1)));
  CHECK_FALSE(verify(rsa_key(), case_1, sign_by({.padding = RSA_PKCS1_PADDING}, case_1)));
  const auto key = own(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  const auto signer = KalshiSigner::make("key-id", pkcs8(key));
  REQUIRE(signer);
  const auto signature = signer->sign(case_1);
  CHECK(*signature == *signer->sign(case_1));
  CHECK(from_base64(*signature).size() == 64);
  CHECK(verify(key, case_1, from_base64(*signature)));
}

TEST_CASE("the three headers agree with what was signed") {
  const auto signer = KalshiSigner::make("key-id", pkcs8(rsa_key()));
  const auto headers = signer->headers(from_ms(stamp), "GET", "/trade-api/ws/v2");
  REQUIRE(headers);
  REQUIRE(headers->size() == 3);
  CHECK((*headers)[0] == std::pair<std::string, std::string>{"KALSHI-ACCESS-KEY", "key-id"});
  CHECK((*headers)[1]
        == std::pair<std::string, std::string>{"KALSHI-ACCESS-TIMESTAMP", "1790000000123"});
  CHECK((*headers)[2].first == "KALSHI-ACCESS-SIGNATURE");
  CHECK(verify(rsa_key(), case_2, from_base64((*headers)[2].second)));
}

TEST_CASE("what is no fit key is refused in plain words, without the key") {
  const auto short_key = pkcs8(own(EVP_RSA_gen(1024)));
  const auto curve = pkcs8(own(EVP_EC_gen("P-256")));
  auto pasted = pkcs8(rsa_key());
  for (std::size_t at = 0; (at = pasted.find('\n', at)) != std::string::npos;) {
    pasted.replace(at, 1, "\\n");
  }
  for (const auto& [pem, why] :
       std::vector<std::pair<std::string, std::string>>{{"", "no private key"},
                                                        {"rubbish", "no private key"},
                                                        {public_pem, "no private key"},
                                                        {pasted, "line breaks"},
                                                        {short_key, "2048 bits"},
                                                        {curve, "RSA or Ed25519"}}) {
    const auto signer = KalshiSigner::make("key-id", pem);
    REQUIRE_FALSE(signer);
    CHECK(signer.error() == Errc::bad_credential);
    CHECK(describe(signer.error()).find(why) != std::string::npos);
    CHECK(describe(signer.error()).find("MII") == std::string::npos);
  }
  CHECK_FALSE(KalshiSigner::make("", pkcs8(rsa_key())));
}

TEST_CASE("a key file must be its owner's alone") {
  const KeyFile file{pkcs8(rsa_key())};
  const auto mode = GENERATE(0600U, 0400U, 0640U, 0604U, 0644U, 0620U);
  REQUIRE(chmod(file.path.c_str(), mode) == 0);
  const auto signer = KalshiSigner::load("key-id", file.path);
  CHECK(static_cast<bool>(signer) == ((mode & 077U) == 0));
  if (!signer) {
    CHECK(describe(signer.error()).find("chmod 600") != std::string::npos);
  }
}

TEST_CASE("a key file that is missing or a directory is refused") {
  const auto* const path = GENERATE("/nonexistent/key.pem", "/tmp");
  CHECK(KalshiSigner::load("key-id", path).error() == Errc::bad_credential);
}
