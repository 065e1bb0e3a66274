#pragma once

#include <filesystem>

namespace arbees {

/// What a process shows and asks of others on CAF's network layer, all PEM. Both sides must have a
/// certificate that the same private authority has signed: whoever has none is turned away before
/// CAF hears a word of him. Names in certificates are not looked at.
struct TlsFiles {
  std::filesystem::path certificate; ///< of this process; empty: no TLS
  std::filesystem::path key;         ///< its private key, for the owner only
  std::filesystem::path authority;   ///< the one that must have signed those of others

  [[nodiscard]] bool any() const {
    return !certificate.empty() || !key.empty() || !authority.empty();
  }
};

} // namespace arbees
