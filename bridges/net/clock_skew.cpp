#include "bridges/net/clock_skew.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "actors/messages/eastern_time.hpp"

namespace arbees {

namespace {

/// Clocks drift apart: what was heard longer ago proves nothing.
constexpr Duration memory = std::chrono::minutes{5};

std::optional<int> digits(std::string_view text) {
  int value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stop == end && value >= 0 ? std::optional{value} : std::nullopt;
}

std::optional<unsigned> month_of(std::string_view name) {
  constexpr std::array<std::string_view, 12> names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto found = std::ranges::find(names, name);
  return found == names.end() ? std::nullopt
                              : std::optional{static_cast<unsigned>(found - names.begin()) + 1};
}

} // namespace

std::optional<Timestamp> parse_http_date(std::string_view text) {
  constexpr std::string_view shape = "Sat, 21 Nov 2026 07:01:43 GMT";
  if (text.size() != shape.size() || text[3] != ',' || text[19] != ':' || text[22] != ':'
      || text.substr(25) != " GMT") {
    return std::nullopt;
  }
  const auto day = digits(text.substr(5, 2));
  const auto month = month_of(text.substr(8, 3));
  const auto year = digits(text.substr(12, 4));
  const auto hour = digits(text.substr(17, 2));
  const auto minute = digits(text.substr(20, 2));
  const auto second = digits(text.substr(23, 2));
  if (!day || !month || !year || !hour || !minute || !second || *hour > 23 || *minute > 59
      || *second > 60) {
    return std::nullopt;
  }
  const auto date = make_date(*year, *month, static_cast<unsigned>(*day));
  if (!date || *year < 1970 || *year > 2200) {
    return std::nullopt;
  }
  return Timestamp{std::chrono::sys_days{*date}} + std::chrono::hours{*hour}
         + std::chrono::minutes{*minute} + std::chrono::seconds{*second};
}

void ClockSkew::heard(Timestamp date, Timestamp sent, Timestamp received) {
  // The server stamped it between `sent` and `received`, in the second that begins with `date`.
  const Range heard{.low = date - received,
                    .high = date + std::chrono::seconds{1} - sent,
                    .since = received};
  if (range_ && range_->since + memory > received) {
    const auto low = std::max(range_->low, heard.low);
    const auto high = std::min(range_->high, heard.high);
    if (low <= high) {
      range_ = Range{low, high, range_->since};
      return;
    }
  }
  range_ = heard; // the first, an old one, or one of the clocks was set
}

Duration ClockSkew::offset() const {
  return proven() == Duration::zero() ? Duration::zero() : (range_->low + range_->high) / 2;
}

Duration ClockSkew::proven() const {
  if (!range_) {
    return Duration::zero();
  }
  return std::max({range_->low, -range_->high, Duration::zero()});
}

} // namespace arbees
