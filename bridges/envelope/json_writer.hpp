#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "actors/messages/money.hpp"
#include "actors/messages/time.hpp"

namespace arbees {

/// Appends JSON to a buffer of the caller's, who reuses it: encoding allocates nothing once the
/// buffer has grown. Amounts are written digit by digit from their integers, never through a
/// floating-point type.
class JsonWriter {
public:
  /// @param out must outlive the writer.
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& open_object() { return open('{'); }
  JsonWriter& close_object() { return close('}'); }
  JsonWriter& open_array() { return open('['); }
  JsonWriter& close_array() { return close(']'); }
  /// `name` is one of ours: it is not escaped.
  JsonWriter& key(std::string_view name);

  JsonWriter& null();
  JsonWriter& boolean(bool value);
  JsonWriter& integer(std::int64_t value);
  JsonWriter& count(std::uint64_t value);
  /// Bytes that are not UTF-8 become question marks.
  JsonWriter& text(std::string_view value);
  /// `value` in units of 10^-`decimals`, without trailing zeros: 0.42
  JsonWriter& decimal(std::int64_t value, int decimals);
  JsonWriter& price(Price value) { return decimal(value.value(), 4); }
  JsonWriter& quantity(Quantity value) { return decimal(value.value(), 6); }
  JsonWriter& money(Money value) { return decimal(value.value(), 6); }
  /// `json` is one value or a list of members, already encoded.
  JsonWriter& raw(std::string_view json);

private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  /// A comma, unless the buffer is at the start of something.
  void separate();

  std::string& out_;
};

} // namespace arbees
