#include "tools/replay/record_hash.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <new>

namespace arbees::replay {

void RecordHash::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

RecordHash::RecordHash() : context_{EVP_MD_CTX_new()} {
  if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) {
    throw std::bad_alloc{};
  }
}

RecordHash::~RecordHash() = default;
RecordHash::RecordHash(RecordHash&&) noexcept = default;
RecordHash& RecordHash::operator=(RecordHash&&) noexcept = default;

void RecordHash::update() {
  // The length first: two messages can never be read as one.
  const auto size = static_cast<std::uint32_t>(bytes_.size());
  const std::array<unsigned char, 4> head{static_cast<unsigned char>(size >> 24U),
                                          static_cast<unsigned char>(size >> 16U),
                                          static_cast<unsigned char>(size >> 8U),
                                          static_cast<unsigned char>(size)};
  EVP_DigestUpdate(context_.get(), head.data(), head.size());
  EVP_DigestUpdate(context_.get(), bytes_.data(), bytes_.size());
}

std::string RecordHash::hex() const {
  const std::unique_ptr<evp_md_ctx_st, Free> copy{EVP_MD_CTX_new()};
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (!copy || EVP_MD_CTX_copy_ex(copy.get(), context_.get()) != 1
      || EVP_DigestFinal_ex(copy.get(), digest.data(), &size) != 1) {
    throw std::bad_alloc{};
  }
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += fmt::format("{:02x}", digest[i]);
  }
  return text;
}

} // namespace arbees::replay
