#include "bridges/cluster/tls.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>

#include "bridges/net/secret_file.hpp"

namespace arbees {

namespace {

caf::error refuse(const std::filesystem::path& file, const char* why) {
  return caf::make_error(Errc::bad_credential, file.string() + ": " + why);
}

/// Before each read and write of one of CAF's connections: errors that another one has left in this
/// thread's queue would be taken for its own. CAF 0.17 forgets that (SSL_get_error(3): "the current
/// thread's error queue must be empty before the TLS/SSL I/O operation is attempted"), so that a
/// stranger's failed handshake would end all connections.
long forget_errors(BIO*, int operation, const char*, std::size_t, int, long, int result,
                   std::size_t*) {
  if (operation == BIO_CB_READ || operation == BIO_CB_WRITE) {
    ERR_clear_error();
  }
  return result;
}

void on_handshake(const SSL* connection, int what, int) {
  // Only CAF asks the other side for a certificate; connections to venues are left alone.
  const auto is_ours = (SSL_get_verify_mode(connection) & SSL_VERIFY_FAIL_IF_NO_PEER_CERT) != 0;
  if (is_ours && what == SSL_CB_HANDSHAKE_START) {
    BIO_set_callback_ex(SSL_get_rbio(connection), forget_errors);
  }
}

/// CAF gives nobody its connections: OpenSSL tells of each when it is made.
void watch_new_connections() {
  static const auto index = SSL_get_ex_new_index(
    0, nullptr,
    [](void* connection, void*, CRYPTO_EX_DATA*, int, long, void*) {
      SSL_set_info_callback(static_cast<SSL*>(connection), on_handshake);
    },
    nullptr, nullptr);
  static_cast<void>(index);
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
    watch_new_connections();
    config.load<caf::openssl::manager>();
    config.openssl_certificate = files.certificate.string();
    config.openssl_key = files.key.string();
    config.openssl_cafile = files.authority.string();
  }
}

} // namespace arbees
