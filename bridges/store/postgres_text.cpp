#include "bridges/store/postgres_text.hpp"

#include <algorithm>

namespace arbees {

namespace {

constexpr unsigned char byte_at(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
}

constexpr bool continues(unsigned char byte) {
  return (byte & 0xc0U) == 0x80U;
}

/// How many bytes the UTF-8 character at `i` has (RFC 3629); 0 if there is none.
std::size_t character_at(std::string_view text, std::size_t i) {
  const auto a = byte_at(text, i);
  const auto b = byte_at(text, i + 1);
  const auto c = byte_at(text, i + 2);
  const auto d = byte_at(text, i + 3);
  if (a < 0x80) {
    return 1;
  }
  if (a >= 0xc2 && a < 0xe0 && continues(b)) {
    return 2;
  }
  const auto surrogate = a == 0xed && b >= 0xa0;
  const auto too_long = (a == 0xe0 && b < 0xa0) || (a == 0xf0 && b < 0x90);
  if (a >= 0xe0 && a < 0xf0 && continues(b) && continues(c) && !surrogate && !too_long) {
    return 3;
  }
  const auto too_large = a > 0xf4 || (a == 0xf4 && b >= 0x90);
  if (a >= 0xf0 && continues(b) && continues(c) && continues(d) && !too_long && !too_large) {
    return 4;
  }
  return 0;
}

/// U+F700 to U+F7FF are EF 9C 80 to EF 9F BF.
bool stands_for_byte(std::string_view text, std::size_t i) {
  const auto second = byte_at(text, i + 1);
  return byte_at(text, i) == 0xef && second >= 0x9c && second <= 0x9f
         && continues(byte_at(text, i + 2));
}

void append_byte(std::string& out, unsigned char byte) {
  out += '\xef';
  out += static_cast<char>(0x9cU + (byte >> 6U));
  out += static_cast<char>(0x80U | (byte & 0x3fU));
}

} // namespace

std::string to_postgres_text(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return c > 0; })) {
    return std::string{text};
  }
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto size = character_at(text, i);
    if (size == 0 || text[i] == '\0' || stands_for_byte(text, i)) {
      append_byte(out, byte_at(text, i++));
    } else {
      out += text.substr(i, size);
      i += size;
    }
  }
  return out;
}

std::string from_postgres_text(std::string_view text) {
  if (text.find('\xef') == std::string_view::npos) {
    return std::string{text};
  }
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (stands_for_byte(text, i)) {
      out +=
        static_cast<char>(((byte_at(text, i + 1) - 0x9cU) << 6U) | (byte_at(text, i + 2) & 0x3fU));
      i += 3;
    } else {
      out += text[i++];
    }
  }
  return out;
}

std::string numbered_parameters(std::string_view sql) {
  std::string out;
  auto quoted = false;
  auto count = 0;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    quoted = quoted != (sql[i] == '\'');
    if (sql[i] != '?' || quoted) {
      out += sql[i];
      continue;
    }
    out += '$';
    if (i + 1 >= sql.size() || sql[i + 1] < '1' || sql[i + 1] > '9') {
      out += std::to_string(++count);
    }
  }
  return out;
}

} // namespace arbees
