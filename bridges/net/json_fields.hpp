#pragma once

#include <fmt/format.h>

#include <boost/json.hpp>
#include <caf/expected.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "actors/messages/errors.hpp"
#include "actors/messages/money.hpp"
#include "actors/messages/time.hpp"

// Reading JSON documents whose numbers come as numbers or as text, whatever the venue felt like.

namespace arbees {

/// The whole document. @returns Errc::bad_frame
inline caf::expected<boost::json::value> parse_json(std::string_view text) {
  boost::json::error_code ec;
  auto value = boost::json::parse(text, ec);
  if (ec) {
    return caf::make_error(Errc::bad_frame, "not JSON: " + ec.message());
  }
  return value;
}

inline const boost::json::value* field(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

inline const boost::json::object*
object_field(const boost::json::object& object, std::string_view key) {
  const auto* value = field(object, key);
  return value == nullptr ? nullptr : value->if_object();
}

inline const boost::json::array*
array_field(const boost::json::object& object, std::string_view key) {
  const auto* value = field(object, key);
  return value == nullptr ? nullptr : value->if_array();
}

/// Text, or a whole number as text; empty if it is absent or anything else.
inline std::string text_field(const boost::json::object& object, std::string_view key) {
  const auto* value = field(object, key);
  if (value == nullptr) {
    return {};
  }
  if (const auto* text = value->if_string()) {
    return std::string{text->data(), text->size()};
  }
  if (const auto* number = value->if_int64()) {
    return std::to_string(*number);
  }
  return {};
}

/// The flag; nothing if it is absent or no boolean.
inline std::optional<bool> flag_field(const boost::json::object& object, std::string_view key) {
  const auto* value = field(object, key);
  const auto* flag = value == nullptr ? nullptr : value->if_bool();
  return flag == nullptr ? std::nullopt : std::optional{*flag};
}

/// A number or decimal text in units of 10^-`decimals`, exactly.
inline std::optional<std::int64_t>
decimal_field(const boost::json::object& object, std::string_view key, int decimals) {
  const auto* value = field(object, key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (const auto* text = value->if_string()) {
    return parse_decimal({text->data(), text->size()}, decimals);
  }
  if (const auto* number = value->if_double()) {
    return parse_decimal(fmt::format("{}", *number), decimals); // the shortest text that means it
  }
  if (const auto* number = value->if_int64()) {
    return parse_decimal(std::to_string(*number), decimals);
  }
  return std::nullopt;
}

/// "2026-11-21T03:30Z", with seconds and fraction, or "2026-11-21 03:30:00+00" (Gamma). UTC only.
std::optional<Timestamp> parse_utc(std::string_view text);

inline std::optional<Timestamp>
time_field(const boost::json::object& object, std::string_view key) {
  return parse_utc(text_field(object, key));
}

} // namespace arbees
