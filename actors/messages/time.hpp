#pragma once

#include <chrono>
#include <cstdint>

namespace arbees {

using Duration = std::chrono::nanoseconds;

/// Nanoseconds since the Unix epoch. Every stamp that arbees itself takes comes from one clock
/// per process (`bridges/net/clock.hpp`) that starts at the wall clock and then runs with the
/// monotonic one: differences are exact, and it never steps back.
using Timestamp = std::chrono::sys_time<Duration>;

constexpr std::int64_t to_ms(Timestamp t) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch()).count();
}

constexpr std::int64_t to_us(Timestamp t) {
  return std::chrono::duration_cast<std::chrono::microseconds>(t.time_since_epoch()).count();
}

constexpr Timestamp from_ms(std::int64_t ms) {
  return Timestamp{std::chrono::milliseconds{ms}};
}

constexpr Timestamp from_us(std::int64_t us) {
  return Timestamp{std::chrono::microseconds{us}};
}

} // namespace arbees
