#include "bridges/store/hash_chain.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <array>

#include "bridges/store/ledger_text.hpp"

namespace arbees {

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (const auto byte : digest) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

ChainHead chain_origin(std::string_view trading_mode) {
  return {.seq = 0, .hash = sha256_hex(fmt::format("arbees ledger\n{}", trading_mode))};
}

ChainHead
next_head(const ChainHead& head, std::string_view kind, Timestamp at, std::string_view content) {
  const auto seq = head.seq + 1;
  return {.seq = seq,
          .hash = sha256_hex(
            fmt::format("{}\n{}\n{}\n{}\n{}", head.hash, seq, kind, to_ns(at), content))};
}

} // namespace arbees
