#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "actors/messages/time.hpp"

namespace arbees {

/// Lower-case hexadecimal SHA-256 of `bytes`, 64 digits (FIPS 180-4).
std::string sha256_hex(std::string_view bytes);

/// The last event of the ledger's chain: what the next one's hash is made over.
struct ChainHead {
  std::int64_t seq = 0; ///< 0: no event yet
  std::string hash;

  bool operator==(const ChainHead&) const = default;
};

/// Where the chain of a ledger begins. Not the same for paper and live: their events cannot be
/// passed off as each other's.
ChainHead chain_origin(std::string_view trading_mode);

/// The head after one more event. Its hash is the SHA-256 of previous hash, number, kind, time in
/// nanoseconds and content, with a line feed between each two.
ChainHead
next_head(const ChainHead& head, std::string_view kind, Timestamp at, std::string_view content);

} // namespace arbees
