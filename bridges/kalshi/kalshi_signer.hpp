#pragma once

#include <caf/expected.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "actors/messages/errors.hpp"
#include "actors/messages/time.hpp"
#include "bridges/net/http_client.hpp"

namespace arbees {

/// What is signed of a request: `<timestamp_ms><METHOD><path>`, the method in upper case, the path
/// without host and query (venues/kalshi.md section 2).
std::string
kalshi_message(std::int64_t timestamp_ms, std::string_view method, std::string_view path);

/// Signs requests to Kalshi with one API key. The private key stays in OpenSSL's memory and appears
/// in no log and no error. Copies share the key. Not for use by two threads at once.
class KalshiSigner {
public:
  /// @param key_id the UUID that Kalshi shows beside the key
  /// @param pem RSA (PKCS#1 or PKCS#8) or Ed25519 (PKCS#8)
  /// @returns Errc::bad_credential for anything else, or an RSA key below 2048 bits
  static caf::expected<KalshiSigner> make(std::string key_id, std::string_view pem);

  /// The same from a file.
  /// @returns Errc::bad_credential also if the file cannot be read, or if others than its owner can
  static caf::expected<KalshiSigner> load(std::string key_id, const std::string& path);

  /// The signature of `message` in Base64: RSASSA-PSS with SHA-256 and a salt of 32 bytes, or
  /// Ed25519, by the key's type.
  [[nodiscard]] caf::expected<std::string> sign(std::string_view message) const;

  /// The three headers of a request at `now`.
  [[nodiscard]] caf::expected<HttpHeaders>
  headers(Timestamp now, std::string_view method, std::string_view path) const;

private:
  struct Key;
  KalshiSigner(std::string key_id, std::shared_ptr<const Key> key);

  std::string key_id_;
  std::shared_ptr<const Key> key_;
};

} // namespace arbees
