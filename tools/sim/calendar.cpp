#include "tools/sim/calendar.hpp"

#include <fmt/format.h>

#include <array>
#include <cassert>
#include <chrono>

namespace arbees::sim {

namespace {

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

UnixSeconds sunday(int year, unsigned month, unsigned index, UnixSeconds time_of_day) {
  const auto day = std::chrono::sys_days{std::chrono::year{year} / std::chrono::month{month}
                                         / std::chrono::Sunday[index]};
  return std::chrono::duration_cast<std::chrono::seconds>(day.time_since_epoch()).count()
         + time_of_day;
}

} // namespace

WallTime utc(UnixSeconds time) {
  const auto instant = std::chrono::sys_seconds{std::chrono::seconds{time}};
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{instant - day};
  return WallTime{.year = int{date.year()},
                  .month = static_cast<int>(unsigned{date.month()}),
                  .day = static_cast<int>(unsigned{date.day()}),
                  .hour = static_cast<int>(clock.hours().count()),
                  .minute = static_cast<int>(clock.minutes().count()),
                  .second = static_cast<int>(clock.seconds().count())};
}

bool eastern_daylight(UnixSeconds time) {
  const auto year = utc(time).year;
  const auto begins = sunday(year, 3, 2, 7 * 3600); // 02:00 EST
  const auto ends = sunday(year, 11, 1, 6 * 3600);  // 02:00 EDT
  return time >= begins && time < ends;
}

WallTime eastern(UnixSeconds time) {
  return utc(time - (eastern_daylight(time) ? 4 : 5) * 3600);
}

std::string_view month_name(int month) {
  assert(month >= 1 && month <= 12);
  return months[static_cast<std::size_t>(month - 1)];
}

std::string date_iso(const WallTime& time) {
  return fmt::format("{:04}-{:02}-{:02}", time.year, time.month, time.day);
}

std::string date_compact(const WallTime& time) {
  return fmt::format("{:04}{:02}{:02}", time.year, time.month, time.day);
}

std::string date_ticker(const WallTime& time) {
  auto name = std::string{month_name(time.month)};
  for (auto& letter : name) {
    letter = static_cast<char>(letter >= 'a' ? letter - 'a' + 'A' : letter);
  }
  return fmt::format("{:02}{}{:02}", time.year % 100, name, time.day);
}

std::string clock_ticker(const WallTime& time) {
  return fmt::format("{:02}{:02}", time.hour, time.minute);
}

std::string iso_seconds(UnixSeconds time) {
  const auto at = utc(time);
  return fmt::format("{}T{:02}:{:02}:{:02}Z", date_iso(at), at.hour, at.minute, at.second);
}

std::string iso_minutes(UnixSeconds time) {
  const auto at = utc(time);
  return fmt::format("{}T{:02}:{:02}Z", date_iso(at), at.hour, at.minute);
}

std::string blank_seconds(UnixSeconds time) {
  const auto at = utc(time);
  return fmt::format("{} {:02}:{:02}:{:02}+00", date_iso(at), at.hour, at.minute, at.second);
}

std::string clock_12h(const WallTime& time) {
  const auto hour = time.hour % 12 == 0 ? 12 : time.hour % 12;
  return fmt::format("{}:{:02} {}", hour, time.minute, time.hour < 12 ? "AM" : "PM");
}

} // namespace arbees::sim
