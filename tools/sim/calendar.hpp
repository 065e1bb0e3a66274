#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace arbees::sim {

using UnixSeconds = std::int64_t;
using UnixMillis = std::int64_t;

/// A moment on a wall clock, in whatever zone made it.
struct WallTime {
  int year = 0;
  int month = 0; ///< 1..12
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

WallTime utc(UnixSeconds time);

/// US Eastern time with the rule of 2007: from the second Sunday of March 02:00 to the first Sunday
/// of November 02:00. The simulator keeps its own rule, so that a mistake in the product's
/// time-zone code is not repeated here.
WallTime eastern(UnixSeconds time);
bool eastern_daylight(UnixSeconds time);

std::string date_iso(const WallTime& time);     ///< "2026-11-20"
std::string date_compact(const WallTime& time); ///< "20261120"
std::string date_ticker(const WallTime& time);  ///< "26NOV20"
std::string clock_ticker(const WallTime& time); ///< "1905"
std::string_view month_name(int month);         ///< "Nov"

std::string iso_seconds(UnixSeconds time);   ///< "2026-11-21T03:30:00Z"
std::string iso_minutes(UnixSeconds time);   ///< "2026-11-21T03:30Z", as ESPN writes it
std::string blank_seconds(UnixSeconds time); ///< "2026-11-21 03:30:00+00", Gamma's gameStartTime
std::string clock_12h(const WallTime& time); ///< "10:30 PM"

} // namespace arbees::sim
