#include "bridges/envelope/json_writer.hpp"

#include <fmt/format.h>
#include <array>

#include "bridges/envelope/json_text.hpp"

namespace arbees {

namespace {

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      if (static_cast<unsigned char>(c) < 0x20) {
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
      } else {
        out += c;
      }
  }
}

} // namespace

void JsonWriter::separate() {
  // What was written last tells what is due: strings end with a quote, so a bracket is a bracket.
  const auto last = out_.empty() ? '{' : out_.back();
  if (last != '{' && last != '[' && last != ':' && last != ',') {
    out_ += ',';
  }
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  out_ += bracket;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  out_ += '"';
  out_ += name;
  out_ += "\":";
  return *this;
}

JsonWriter& JsonWriter::null() {
  return raw("null");
}

JsonWriter& JsonWriter::boolean(bool value) {
  return raw(value ? "true" : "false");
}

JsonWriter& JsonWriter::integer(std::int64_t value) {
  const fmt::format_int digits{value};
  return raw({digits.data(), digits.size()});
}

JsonWriter& JsonWriter::count(std::uint64_t value) {
  const fmt::format_int digits{value};
  return raw({digits.data(), digits.size()});
}

JsonWriter& JsonWriter::text(std::string_view value) {
  separate();
  const auto clean = valid_utf8(value);
  out_ += '"';
  for (const char c : value) {
    append_escaped(out_, clean || static_cast<unsigned char>(c) < 0x80 ? c : '?');
  }
  out_ += '"';
  return *this;
}

JsonWriter& JsonWriter::decimal(std::int64_t value, int decimals) {
  separate();
  std::array<char, 24> digits{};
  auto magnitude =
    value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
  auto* at = digits.data() + digits.size();
  auto* const end = at;
  auto fraction = false;
  for (auto i = 0; i < decimals; ++i, magnitude /= 10) {
    const auto digit = static_cast<char>('0' + magnitude % 10);
    if (fraction || digit != '0') {
      *--at = digit;
      fraction = true;
    }
  }
  if (fraction) {
    *--at = '.';
  }
  do {
    *--at = static_cast<char>('0' + magnitude % 10);
    magnitude /= 10;
  } while (magnitude != 0);
  if (value < 0) {
    out_ += '-';
  }
  out_.append(at, end);
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

} // namespace arbees
