#include "bridges/polymarket/eip712.hpp"

#include <crypto++/keccak.h>

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>

namespace arbees {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
/// 2^256 - 1 has 78 decimal digits.
constexpr std::size_t max_decimal_digits = 78;

std::optional<std::uint8_t> nibble(char c) {
  if (c >= '0' && c <= '9') {
    return static_cast<std::uint8_t>(c - '0');
  }
  if (c >= 'a' && c <= 'f') {
    return static_cast<std::uint8_t>(c - 'a' + 10);
  }
  if (c >= 'A' && c <= 'F') {
    return static_cast<std::uint8_t>(c - 'A' + 10);
  }
  return std::nullopt;
}

bool is_upper(char c) {
  return c >= 'A' && c <= 'F';
}

bool is_lower(char c) {
  return c >= 'a' && c <= 'f';
}

template <std::size_t Size>
std::optional<std::array<std::uint8_t, Size>> parse_fixed(std::string_view text) {
  const auto bytes = parse_hex_bytes(text, Size);
  if (!bytes) {
    return std::nullopt;
  }
  std::array<std::uint8_t, Size> fixed{};
  std::copy(bytes->begin(), bytes->end(), fixed.begin());
  return fixed;
}

const Word& domain_type_hash(bool with_contract) {
  static const auto with = keccak256(std::string_view{
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"});
  static const auto without =
    keccak256(std::string_view{"EIP712Domain(string name,string version,uint256 chainId)"});
  return with_contract ? with : without;
}

} // namespace

Word keccak256(std::span<const std::uint8_t> bytes) {
  Word hash;
  CryptoPP::Keccak_256{}.CalculateDigest(hash.data(), bytes.data(), bytes.size());
  return hash;
}

Word keccak256(std::string_view text) {
  return keccak256(std::span{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

Word keccak256(std::span<const Word> words) {
  // Arrays of bytes lie without gaps, so that the words are one range of bytes.
  return keccak256(
    std::span{reinterpret_cast<const std::uint8_t*>(words.data()), words.size_bytes()});
}

Word to_word(std::uint64_t value) {
  Word word{};
  for (std::size_t i = 0; i < 8; ++i) {
    word[31 - i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
  return word;
}

Word to_word(const Address& address) {
  Word word{};
  std::copy(address.begin(), address.end(), word.begin() + 12);
  return word;
}

std::optional<Word> parse_uint256(std::string_view decimal) {
  const auto digits_only = decimal.find_first_not_of("0123456789") == std::string_view::npos;
  if (decimal.empty() || decimal.size() > max_decimal_digits || !digits_only
      || (decimal.size() > 1 && decimal[0] == '0')) {
    return std::nullopt;
  }
  // Wide enough for any 78 digits, so that too large a number is seen instead of wrapped.
  boost::multiprecision::uint512_t number{};
  for (std::size_t at = 0; at < decimal.size();) {
    std::uint64_t chunk = 0;
    std::uint64_t scale = 1;
    for (; at < decimal.size() && scale < 1'000'000'000'000'000'000; ++at, scale *= 10) {
      chunk = chunk * 10 + static_cast<std::uint64_t>(decimal[at] - '0');
    }
    number = number * scale + chunk;
  }
  if (number >> 256 != 0) {
    return std::nullopt;
  }
  Word word{};
  for (std::size_t limb = 0; limb < 4; ++limb) {
    const auto bits = static_cast<std::uint64_t>((number >> (64 * limb)) & 0xffff'ffff'ffff'ffff);
    const auto part = to_word(bits);
    std::copy(part.begin() + 24, part.end(),
              word.begin() + 24 - static_cast<std::ptrdiff_t>(8 * limb));
  }
  return word;
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  std::string text = "0x";
  text.reserve(2 + 2 * bytes.size());
  for (const auto byte : bytes) {
    text += hex_digits[byte >> 4U];
    text += hex_digits[byte & 15U];
  }
  return text;
}

std::optional<std::vector<std::uint8_t>> parse_hex_bytes(std::string_view text, std::size_t size) {
  if (!text.starts_with("0x") || text.size() != 2 + 2 * size) {
    return std::nullopt;
  }
  std::vector<std::uint8_t> bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    const auto high = nibble(text[2 + 2 * i]);
    const auto low = nibble(text[3 + 2 * i]);
    if (!high || !low) {
      return std::nullopt;
    }
    bytes[i] = static_cast<std::uint8_t>(*high << 4U | *low);
  }
  return bytes;
}

std::optional<Word> parse_word(std::string_view text) {
  return parse_fixed<32>(text);
}

std::string to_string(const Address& address) {
  auto text = to_hex(address);
  const auto hash = keccak256(std::string_view{text}.substr(2));
  for (std::size_t i = 0; i < 40; ++i) {
    const auto digit = i % 2 == 0 ? hash[i / 2] >> 4U : hash[i / 2] & 15U;
    auto& c = text[2 + i];
    if (digit >= 8 && is_lower(c)) {
      c = static_cast<char>(c - 'a' + 'A');
    }
  }
  return text;
}

std::optional<Address> parse_address(std::string_view text) {
  const auto address = parse_fixed<20>(text);
  if (!address) {
    return std::nullopt;
  }
  const auto digits = text.substr(2);
  const auto mixed = std::any_of(digits.begin(), digits.end(), is_upper)
                     && std::any_of(digits.begin(), digits.end(), is_lower);
  if (mixed && to_string(*address) != text) {
    return std::nullopt;
  }
  return address;
}

Word domain_separator(const Eip712Domain& domain) {
  std::vector<Word> words{domain_type_hash(domain.contract.has_value()), keccak256(domain.name),
                          keccak256(domain.version), to_word(domain.chain_id)};
  if (domain.contract) {
    words.push_back(to_word(*domain.contract));
  }
  return keccak256(std::span<const Word>{words});
}

Word eip712_digest(const Word& domain_separator, const Word& struct_hash) {
  std::array<std::uint8_t, 66> bytes{0x19, 0x01};
  std::copy(domain_separator.begin(), domain_separator.end(), bytes.begin() + 2);
  std::copy(struct_hash.begin(), struct_hash.end(), bytes.begin() + 34);
  return keccak256(std::span<const std::uint8_t>{bytes});
}

} // namespace arbees
