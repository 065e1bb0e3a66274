#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Ethereum's typed structured data (EIP-712), as far as orders and log-ins need it: every field is
// one 32-byte word, so a struct's hash is Keccak-256 over its type hash and its words.

namespace arbees {

using Word = std::array<std::uint8_t, 32>;
using Address = std::array<std::uint8_t, 20>;

/// Keccak-256 as Ethereum uses it: the padding before NIST changed it for SHA-3.
Word keccak256(std::span<const std::uint8_t> bytes);
Word keccak256(std::string_view text);
/// Of the words one behind the other.
Word keccak256(std::span<const Word> words);

Word to_word(std::uint64_t value); ///< big-endian
Word to_word(const Address& address);

/// A 256-bit number in decimal digits, as token ids are written. Nothing if it is empty, has
/// anything but digits or a leading zero, or needs more than 256 bits.
std::optional<Word> parse_uint256(std::string_view decimal);

/// "0x" and two lower-case digits per byte.
std::string to_hex(std::span<const std::uint8_t> bytes);
/// The inverse, of exactly `size` bytes; either case.
std::optional<std::vector<std::uint8_t>> parse_hex_bytes(std::string_view text, std::size_t size);
std::optional<Word> parse_word(std::string_view text);

/// With the checksum of EIP-55 in the case of its letters.
std::string to_string(const Address& address);
/// Of one case, or with a checksum, which then must be right.
std::optional<Address> parse_address(std::string_view text);

/// Who a signature is for. Log-ins name no contract.
struct Eip712Domain {
  std::string name;
  std::string version;
  std::uint64_t chain_id = 0;
  std::optional<Address> contract;
};

Word domain_separator(const Eip712Domain& domain);

/// What is signed: keccak256(0x1901, separator, struct hash).
Word eip712_digest(const Word& domain_separator, const Word& struct_hash);

} // namespace arbees
