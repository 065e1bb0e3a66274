#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace arbees::test {

/// A certificate and its key as PEM.
struct Identity {
  std::string certificate;
  std::string key;
};

/// An authority that exists for one test, and issues what the test asks for.
class ThrowAwayCa {
public:
  ThrowAwayCa() : key_{new_key()}, certificate_{make("arbees test CA", key_.get(), -60, 3600)} {
    add(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
    add(certificate_.get(), NID_key_usage, "critical,keyCertSign");
    REQUIRE(X509_sign(certificate_.get(), key_.get(), EVP_sha256()) > 0);
  }

  /// @param names as of subjectAltName, "DNS:localhost"
  [[nodiscard]] Identity
  issue(const std::string& names, long valid_from_s = -60, long valid_until_s = 3600) const {
    const auto key = new_key();
    const auto certificate = make("arbees test venue", key.get(), valid_from_s, valid_until_s);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get()));
    add(certificate.get(), NID_subject_alt_name, names.c_str());
    REQUIRE(X509_sign(certificate.get(), key_.get(), EVP_sha256()) > 0);
    return {.certificate = pem(certificate.get()), .key = pem(key.get())};
  }

  void write(const std::filesystem::path& file) const {
    std::ofstream{file} << pem(certificate_.get());
  }

private:
  template <class T>
  using Owned = std::unique_ptr<T, void (*)(T*)>;

  static Owned<EVP_PKEY> new_key() {
    Owned<EVP_PKEY> key{EVP_EC_gen("P-256"), EVP_PKEY_free};
    REQUIRE(key);
    return key;
  }

  static Owned<X509> make(const char* name, EVP_PKEY* key, long from_s, long until_s) {
    static long serial = 0;
    Owned<X509> certificate{X509_new(), X509_free};
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from_s);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), until_s);
    X509_set_pubkey(certificate.get(), key);
    auto* const subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), subject);
    return certificate;
  }

  static void add(X509* certificate, int nid, const char* value) {
    const Owned<X509_EXTENSION> extension{X509V3_EXT_conf_nid(nullptr, nullptr, nid, value),
                                          X509_EXTENSION_free};
    REQUIRE(extension);
    X509_add_ext(certificate, extension.get(), -1);
  }

  template <class Write>
  static std::string written(Write write) {
    const Owned<BIO> memory{BIO_new(BIO_s_mem()), BIO_free_all};
    REQUIRE(write(memory.get()) == 1);
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
  }

  static std::string pem(X509* certificate) {
    return written([=](BIO* out) { return PEM_write_bio_X509(out, certificate); });
  }
  static std::string pem(EVP_PKEY* key) {
    return written([=](BIO* out) {
      return PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
    });
  }

  Owned<EVP_PKEY> key_;
  Owned<X509> certificate_;
};

} // namespace arbees::test
