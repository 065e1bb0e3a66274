#include "bridges/net/secret.hpp"

#include <openssl/crypto.h>

namespace arbees {

Secret::~Secret() {
  wipe();
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    bytes_ = std::move(other.bytes_);
  }
  return *this;
}

std::string_view Secret::reveal() const {
  // The standard allows to read any object through char.
  return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
}

void Secret::wipe() {
  // A plain memset would be removed as a dead store.
  OPENSSL_cleanse(bytes_.data(), bytes_.size());
  bytes_.clear();
}

} // namespace arbees
