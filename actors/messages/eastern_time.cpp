#include "actors/messages/eastern_time.hpp"

namespace arbees {

namespace {

using namespace std::chrono;

constexpr auto standard = hours{-5};
constexpr auto daylight = hours{-4};

/// Clocks change at 2:00 local time: 7:00 UTC in spring, 6:00 UTC in autumn.
bool is_daylight(Timestamp t) {
  const auto y = year_month_day{floor<days>(t)}.year();
  const Timestamp begin = sys_days{y / March / Sunday[2]} + hours{7};
  const Timestamp end = sys_days{y / November / Sunday[1]} + hours{6};
  return t >= begin && t < end;
}

} // namespace

Date eastern_date(Timestamp t) {
  return Date{floor<days>(t + (is_daylight(t) ? daylight : standard))};
}

Date utc_date(Timestamp t) {
  return Date{floor<days>(t)};
}

Timestamp from_eastern(Date date, Duration since_midnight) {
  const Timestamp local = sys_days{date} + since_midnight;
  const auto as_daylight = local - daylight;
  return is_daylight(as_daylight) ? as_daylight : local - standard;
}

std::optional<Date> make_date(int y, unsigned m, unsigned d) {
  const auto date = year{y} / month{m} / day{d};
  return date.ok() ? std::optional{date} : std::nullopt;
}

bool adjacent(Date a, Date b) {
  const auto difference = sys_days{a} - sys_days{b};
  return difference >= days{-1} && difference <= days{1};
}

} // namespace arbees
