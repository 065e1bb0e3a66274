#include "bridges/net/json_fields.hpp"

namespace arbees {

namespace {

/// Takes `count` digits off the front; -1 if they are not there.
int take_number(std::string_view& text, std::size_t count) {
  if (text.size() < count) {
    return -1;
  }
  int value = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') {
      return -1;
    }
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

/// Digits after the point of a second; more than nine are cut.
Duration take_fraction(std::string_view& text) {
  std::int64_t value = 0;
  std::int64_t unit = 100'000'000;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    value += (text.front() - '0') * unit;
    unit /= 10;
    text.remove_prefix(1);
  }
  return Duration{value};
}

} // namespace

std::optional<Timestamp> parse_utc(std::string_view text) {
  using namespace std::chrono;
  const auto y = take_number(text, 4);
  const auto mo = take(text, "-") ? take_number(text, 2) : -1;
  const auto d = take(text, "-") ? take_number(text, 2) : -1;
  const auto h = take(text, "T ") ? take_number(text, 2) : -1;
  const auto mi = take(text, ":") ? take_number(text, 2) : -1;
  if (y < 1970 || y > 2200 || mo < 1 || d < 1 || h < 0 || h > 23 || mi < 0 || mi > 59) {
    return std::nullopt;
  }
  Duration second{};
  if (take(text, ":")) {
    const auto s = take_number(text, 2);
    if (s < 0 || s > 60) {
      return std::nullopt;
    }
    second = seconds{s};
    second += take(text, ".") ? take_fraction(text) : Duration{};
  }
  if (text != "Z" && text != "+00" && text != "+00:00") {
    return std::nullopt;
  }
  const auto date = year{y} / month{static_cast<unsigned>(mo)} / day{static_cast<unsigned>(d)};
  if (!date.ok()) {
    return std::nullopt;
  }
  return Timestamp{sys_days{date}} + hours{h} + minutes{mi} + second;
}

} // namespace arbees
