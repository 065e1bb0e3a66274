#pragma once

#include <array>
#include <boost/json.hpp>
#include <optional>
#include <string_view>

#include "actors/messages/money.hpp"
#include "actors/messages/time.hpp"

namespace arbees {

/// Parses one JSON text after the other into the same memory, for the feeds: an ordinary frame
/// costs no allocation.
///
/// Measured on an orderbook_delta of 260 bytes, median: this 0.40 us, simdjson 3.0.1 DOM 0.22 us,
/// on-demand 0.15 us. Of the 1.5 us that decoding and applying may take, the quarter microsecond
/// does not pay for a second JSON library whose on-demand form validates only what is read.
class JsonScratch {
public:
  /// The value, valid until the next call; null if `text` is not exactly one JSON value.
  const boost::json::value* parse(std::string_view text) {
    value_.reset();
    parser_.reset();
    resource_.release();
    parser_.reset(&resource_);
    boost::json::error_code ec;
    parser_.write(text.data(), text.size(), ec);
    if (ec) {
      return nullptr;
    }
    value_.emplace(parser_.release());
    return &*value_;
  }

private:
  std::array<unsigned char, 64U << 10U> buffer_;
  boost::json::monotonic_resource resource_{buffer_.data(), buffer_.size()};
  boost::json::parser parser_;
  std::optional<boost::json::value> value_;
};

/// The string under `key`; nothing if it is absent or no string.
inline std::optional<std::string_view>
find_text(const boost::json::object& object, std::string_view key) {
  const auto* const value = object.if_contains(key);
  const auto* const text = value != nullptr ? value->if_string() : nullptr;
  return text != nullptr ? std::optional<std::string_view>{*text} : std::nullopt;
}

/// The non-negative integer under `key`; nothing if it is absent or anything else.
inline std::optional<std::uint64_t>
find_unsigned(const boost::json::object& object, std::string_view key) {
  const auto* const value = object.if_contains(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  boost::json::error_code ec;
  const auto number = value->to_number<std::uint64_t>(ec);
  return ec || value->is_double() ? std::nullopt : std::optional{number};
}

/// The object under `key`; null if it is absent or none.
inline const boost::json::object*
find_object(const boost::json::object& object, std::string_view key) {
  const auto* const value = object.if_contains(key);
  return value != nullptr ? value->if_object() : nullptr;
}

/// Milliseconds since the epoch as a stamp; nothing for what no venue of today sends.
inline std::optional<Timestamp> stamp_of_ms(std::uint64_t ms) {
  constexpr std::uint64_t year_2100 = 4'102'444'800'000;
  return ms < year_2100 ? std::optional{from_ms(static_cast<std::int64_t>(ms))} : std::nullopt;
}

} // namespace arbees
