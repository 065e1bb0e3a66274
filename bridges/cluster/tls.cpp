#include "bridges/cluster/tls.hpp"

#include <openssl/ssl.h>

#include <memory>

#include "bridges/net/secret_file.hpp"

namespace arbees {

namespace {

caf::error refuse(const std::filesystem::path& file, const char* why) {
  return caf::make_error(Errc::bad_credential, file.string() + ": " + why);
}

} // namespace

caf::error check_tls(const TlsFiles& files) {
  if (!files.any()) {
    return {};
  }
  if (files.certificate.empty() || files.key.empty() || files.authority.empty()) {
    return caf::make_error(Errc::bad_credential,
                           std::string{"TLS needs all of control.tls_certificate, control.tls_key "
                                       "and control.tls_authority"});
  }
  if (auto secret = read_secret_file(files.key.string()); !secret) {
    return std::move(secret.error());
  }
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{SSL_CTX_new(TLS_method()),
                                                                  SSL_CTX_free};
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1) {
    return refuse(files.certificate, "not a certificate (PEM)");
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1
      || SSL_CTX_check_private_key(context.get()) != 1) {
    return refuse(files.key, "not the private key of the certificate (PEM, without a password)");
  }
  if (SSL_CTX_load_verify_locations(context.get(), files.authority.c_str(), nullptr) != 1) {
    return refuse(files.authority, "not a certificate (PEM)");
  }
  return {};
}

void load_network(caf::actor_system_config& config, const TlsFiles& files) {
  config.load<caf::io::middleman>();
  if (files.any()) {
    config.load<caf::openssl::manager>();
    config.openssl_certificate = files.certificate.string();
    config.openssl_key = files.key.string();
    config.openssl_cafile = files.authority.string();
  }
}

} // namespace arbees
