#pragma once

#include <optional>

#include "actors/messages/time.hpp"

namespace arbees {

using Date = std::chrono::year_month_day;

/// The date of `t` in US Eastern time, by which leagues and venues name their days.
Date eastern_date(Timestamp t);

/// The date of `t` in UTC.
Date utc_date(Timestamp t);

/// When the clocks of US Eastern time show `since_midnight` on `date`. Of the hour that autumn
/// repeats the first is meant; the hour that spring skips counts as if the clocks had not moved.
/// Daylight saving as by law since 2007 (Energy Policy Act of 2005, section 110); the test compares
/// with the machine's time zone database.
/// @pre date.ok()
Timestamp from_eastern(Date date, Duration since_midnight);

/// `year`-`month`-`day` if there is such a day.
std::optional<Date> make_date(int year, unsigned month, unsigned day);

/// True if `a` and `b` are the same day or neighbours.
bool adjacent(Date a, Date b);

} // namespace arbees
