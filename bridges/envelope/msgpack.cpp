#include "bridges/envelope/msgpack.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

#include "bridges/envelope/json_text.hpp"
#include "bridges/envelope/json_writer.hpp"

namespace arbees {

namespace {

// First bytes, by the table "Formats" of the specification.
constexpr std::uint8_t fix_map = 0x80;
constexpr std::uint8_t fix_array = 0x90;
constexpr std::uint8_t fix_text = 0xa0;
constexpr std::uint8_t nil = 0xc0;
constexpr std::uint8_t no = 0xc2;
constexpr std::uint8_t yes = 0xc3;
constexpr std::uint8_t float_32 = 0xca;
constexpr std::uint8_t float_64 = 0xcb;
constexpr std::uint8_t uint_8 = 0xcc; // and 16, 32, 64 bits behind it
constexpr std::uint8_t int_8 = 0xd0;  // the same
constexpr std::uint8_t text_8 = 0xd9;
constexpr std::uint8_t text_16 = 0xda;
constexpr std::uint8_t text_32 = 0xdb;
constexpr std::uint8_t array_16 = 0xdc;
constexpr std::uint8_t array_32 = 0xdd;
constexpr std::uint8_t map_16 = 0xde;
constexpr std::uint8_t map_32 = 0xdf;
constexpr std::uint8_t negative_fix = 0xe0;

class Packer {
public:
  explicit Packer(std::string& out) : out_(out) {}

  /// @returns false for a number that no double can hold
  bool value(JsonValue json) {
    if (const auto flag = json.boolean()) {
      byte(*flag ? yes : no);
    } else if (json.is(JsonKind::number)) {
      return number(json);
    } else if (json.is(JsonKind::string)) {
      text(*json.text());
    } else if (json.is(JsonKind::array)) {
      return array(json);
    } else if (json.is(JsonKind::object)) {
      return map(json);
    } else {
      byte(nil);
    }
    return true;
  }

private:
  void byte(std::uint8_t value) { out_ += static_cast<char>(value); }

  void big_endian(std::uint64_t value, int bytes) {
    for (auto shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
      byte(static_cast<std::uint8_t>(value >> shift));
    }
  }

  /// The shortest of the four sizes behind `first`: 8, 16, 32 or 64 bits.
  void sized(std::uint8_t first, std::uint64_t value, std::uint64_t magnitude) {
    auto size = 0;
    for (auto bits = 8; size < 3 && (magnitude >> bits) != 0; bits *= 2) {
      ++size;
    }
    byte(static_cast<std::uint8_t>(first + size));
    big_endian(value, 1 << size);
  }

  bool number(JsonValue json) {
    if (const auto count = json.count()) {
      if (*count < fix_map) {
        byte(static_cast<std::uint8_t>(*count));
      } else {
        sized(uint_8, *count, *count);
      }
      return true;
    }
    if (const auto integer = json.integer()) {
      const auto bits = static_cast<std::uint64_t>(*integer);
      if (*integer >= -32) {
        byte(static_cast<std::uint8_t>(bits));
      } else {
        sized(int_8, bits, ~bits << 1U); // one bit is the sign
      }
      return true;
    }
    const auto digits = *json.number();
    double value = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (read.ec != std::errc{} || !std::isfinite(value)) {
      return false;
    }
    byte(float_64);
    big_endian(std::bit_cast<std::uint64_t>(value), 8);
    return true;
  }

  void text(std::string_view value) {
    const auto size = value.size();
    if (size < 32) {
      byte(static_cast<std::uint8_t>(fix_text | size));
    } else if (size <= 0xff) {
      byte(text_8);
      big_endian(size, 1);
    } else {
      byte(size <= 0xffff ? text_16 : text_32);
      big_endian(size, size <= 0xffff ? 2 : 4);
    }
    out_ += value;
  }

  void head(std::uint8_t fix, std::uint8_t wide, std::size_t size) {
    if (size < 16) {
      byte(static_cast<std::uint8_t>(fix | size));
    } else {
      const auto small = size <= 0xffff;
      byte(small ? wide : static_cast<std::uint8_t>(wide + 1));
      big_endian(size, small ? 2 : 4);
    }
  }

  bool array(JsonValue json) {
    const auto children = json.children();
    head(fix_array, array_16, children.size());
    for (const auto& child : children) {
      if (!value(child)) {
        return false;
      }
    }
    return true;
  }

  bool map(JsonValue json) {
    const auto children = json.children();
    head(fix_map, map_16, children.size());
    for (const auto& child : children) {
      text(child.key());
      if (!value(child)) {
        return false;
      }
    }
    return true;
  }

  std::string& out_;
};

class Unpacker {
public:
  Unpacker(std::string_view frame, std::string& out) : frame_(frame), out_(out), json_(out) {}

  /// Of one value that is all of the frame: why it has no JSON, or "".
  std::string_view all() {
    value(0);
    return failed_.empty() && at_ != frame_.size() ? "goes_on" : failed_;
  }

private:
  void fail(std::string_view why) {
    if (failed_.empty()) {
      failed_ = why;
      at_ = frame_.size();
    }
  }

  std::string_view take(std::uint64_t size) {
    if (frame_.size() - at_ < size) {
      fail("cut_off");
      return {};
    }
    const auto bytes = frame_.substr(at_, size);
    at_ += size;
    return failed_.empty() ? bytes : std::string_view{};
  }

  std::uint64_t big_endian(int bytes) {
    std::uint64_t value = 0;
    for (const auto c : take(static_cast<std::uint64_t>(bytes))) {
      value = value << 8U | static_cast<std::uint8_t>(c);
    }
    return value;
  }

  /// How long a text is whose first byte was `first`; nothing if that begins no text.
  std::optional<std::uint64_t> text_size(std::uint8_t first) {
    if (first >= fix_text && first < nil) {
      return first & 0x1fU;
    }
    if (first < text_8 || first > text_32) {
      return std::nullopt;
    }
    return big_endian(1 << (first - text_8));
  }

  void text(std::uint64_t size) {
    const auto bytes = take(size);
    if (!valid_utf8(bytes)) {
      fail("not_utf8");
      return;
    }
    json_.text(bytes);
  }

  void real(double value) {
    if (!std::isfinite(value)) {
      fail("not_finite");
      return;
    }
    // Amounts are read back as decimals; an exponent stands only where no amount is.
    const auto plain = value == 0 || (std::abs(value) >= 1e-7 && std::abs(value) < 1e16);
    std::array<char, 64> digits{};
    const auto end = plain ? std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                           std::chars_format::fixed)
                           : std::to_chars(digits.data(), digits.data() + digits.size(), value);
    json_.raw({digits.data(), end.ptr});
  }

  /// The sign is in the highest bit of as many bytes as there were.
  void negative(int bytes) {
    const auto shift = 64 - 8 * bytes;
    json_.integer(static_cast<std::int64_t>(big_endian(bytes) << shift) >> shift);
  }

  void array(std::uint64_t size, std::size_t depth) {
    json_.open_array();
    for (std::uint64_t i = 0; i < size && failed_.empty(); ++i) {
      value(depth + 1);
    }
    json_.close_array();
  }

  void map(std::uint64_t size, std::size_t depth) {
    json_.open_object();
    for (std::uint64_t i = 0; i < size && failed_.empty(); ++i) {
      const auto key = text_size(static_cast<std::uint8_t>(big_endian(1)));
      if (!key) {
        fail("bad_key");
        return;
      }
      text(*key);
      out_ += ':';
      value(depth + 1);
    }
    json_.close_object();
  }

  void value(std::size_t depth) {
    if (depth >= JsonDocument::max_depth) {
      fail("too_deep");
      return;
    }
    const auto first = static_cast<std::uint8_t>(big_endian(1));
    if (!failed_.empty()) {
      return;
    }
    if (first < fix_map) {
      json_.count(first);
    } else if (first >= negative_fix) {
      json_.integer(static_cast<std::int8_t>(first));
    } else if (first < fix_array) {
      map(first & 0x0fU, depth);
    } else if (first < fix_text) {
      array(first & 0x0fU, depth);
    } else if (const auto size = text_size(first)) {
      text(*size);
    } else {
      wide(first, depth);
    }
  }

  void wide(std::uint8_t first, std::size_t depth) {
    if (first == nil) {
      json_.null();
    } else if (first == no || first == yes) {
      json_.boolean(first == yes);
    } else if (first == float_32) {
      real(static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(big_endian(4)))));
    } else if (first == float_64) {
      real(std::bit_cast<double>(big_endian(8)));
    } else if (first >= uint_8 && first < int_8) {
      json_.count(big_endian(1 << (first - uint_8)));
    } else if (first >= int_8 && first < int_8 + 4) {
      negative(1 << (first - int_8));
    } else if (first == array_16 || first == array_32) {
      array(big_endian(first == array_16 ? 2 : 4), depth);
    } else if (first == map_16 || first == map_32) {
      map(big_endian(first == map_16 ? 2 : 4), depth);
    } else {
      fail("no_json"); // bin, ext, or never used
    }
  }

  std::string_view frame_;
  std::size_t at_ = 0;
  std::string& out_;
  JsonWriter json_;
  std::string_view failed_;
};

} // namespace

bool is_msgpack(std::string_view frame) {
  const auto first = frame.empty() ? 0U : static_cast<std::uint8_t>(frame.front());
  return (first >= fix_map && first < fix_array) || first == map_16 || first == map_32;
}

caf::error json_to_msgpack(std::string_view json, std::string& out) {
  const auto document = JsonDocument::parse(json);
  if (!document) {
    return document.error();
  }
  const auto before = out.size();
  if (!Packer{out}.value(document->root())) {
    out.resize(before);
    return caf::make_error(Errc::bad_frame, "a number has no finite double");
  }
  return {};
}

caf::error msgpack_to_json(std::string_view frame, std::string& out) {
  const auto before = out.size();
  const auto failed = Unpacker{frame, out}.all();
  if (!failed.empty()) {
    out.resize(before);
    return caf::make_error(Errc::bad_frame, "msgpack: " + std::string{failed});
  }
  return {};
}

} // namespace arbees
