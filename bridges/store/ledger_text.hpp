#pragma once

#include <optional>
#include <string_view>

#include "actors/messages/order.hpp"

namespace arbees {

constexpr std::int64_t to_ns(Timestamp t) {
  return t.time_since_epoch().count();
}

constexpr Timestamp from_ns(std::int64_t ns) {
  return Timestamp{Duration{ns}};
}

/// "ioc", "fok", "gtc": as the ledger has it.
constexpr std::string_view to_text(TimeInForce time_in_force) {
  switch (time_in_force) {
    case TimeInForce::immediate_or_cancel:
      return "ioc";
    case TimeInForce::fill_or_kill:
      return "fok";
    case TimeInForce::good_till_cancelled:
      return "gtc";
  }
  return "unknown";
}

/// The enumerator up to `last` whose `name` is `text`.
template <class Enum, class Name>
std::optional<Enum> enum_of(std::string_view text, Enum last, Name name) {
  for (auto i = 0; i <= static_cast<int>(last); ++i) {
    if (name(static_cast<Enum>(i)) == text) {
      return static_cast<Enum>(i);
    }
  }
  return std::nullopt;
}

} // namespace arbees
