#include "actors/messages/money.hpp"

#include <array>
#include <cassert>
#include <limits>
#include <stdexcept>

namespace arbees {

namespace {

std::int64_t checked_add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) {
    throw std::overflow_error("sum of amounts exceeds 64 bits");
  }
  return sum;
}

std::int64_t checked_subtract(std::int64_t a, std::int64_t b) {
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(a, b, &difference)) {
    throw std::overflow_error("difference of amounts exceeds 64 bits");
  }
  return difference;
}

constexpr std::array<std::int64_t, 19> powers_of_ten = [] {
  std::array<std::int64_t, 19> powers{};
  std::int64_t power = 1;
  for (auto& entry : powers) {
    entry = power;
    power = power < 1'000'000'000'000'000'000 ? power * 10 : power;
  }
  return powers;
}();

} // namespace

Quantity operator+(Quantity a, Quantity b) {
  return Quantity{checked_add(a.value(), b.value())};
}
Quantity operator-(Quantity a, Quantity b) {
  return Quantity{checked_subtract(a.value(), b.value())};
}
Money operator+(Money a, Money b) {
  return Money{checked_add(a.value(), b.value())};
}
Money operator-(Money a, Money b) {
  return Money{checked_subtract(a.value(), b.value())};
}
Money operator-(Money a) {
  return Money{0} - a;
}
Quantity& operator+=(Quantity& a, Quantity b) {
  return a = a + b;
}
Quantity& operator-=(Quantity& a, Quantity b) {
  return a = a - b;
}
Money& operator+=(Money& a, Money b) {
  return a = a + b;
}
Money& operator-=(Money& a, Money b) {
  return a = a - b;
}

std::int64_t divide(Int128 numerator, Int128 denominator, Rounding rounding) {
  assert(denominator > 0 && numerator >= 0);
  auto quotient = numerator / denominator;
  const auto remainder = numerator % denominator;
  const auto round_up = (rounding == Rounding::up && remainder > 0)
                        || (rounding == Rounding::half_up && remainder * 2 >= denominator);
  quotient += round_up ? 1 : 0;
  if (quotient > std::numeric_limits<std::int64_t>::max()) {
    throw std::overflow_error("quotient of amounts exceeds 64 bits");
  }
  return static_cast<std::int64_t>(quotient);
}

Money notional(Price price, Quantity quantity, Rounding rounding) {
  return Money{divide(Int128{price.value()} * quantity.value(), 10'000, rounding)};
}

Money payout(Quantity quantity) {
  return Money{quantity.value()};
}

Quantity floor_to(Quantity quantity, Quantity step) {
  assert(step > Quantity{0});
  return Quantity{quantity.value() / step.value() * step.value()};
}

std::optional<std::int64_t> parse_decimal(std::string_view text, int decimals) {
  const auto negative = text.starts_with('-');
  if (negative) {
    text.remove_prefix(1);
  }
  std::int64_t value = 0;
  auto seen_digit = false;
  auto seen_point = false;
  auto fraction_digits = 0;
  for (const char c : text) {
    if (c == '.') {
      if (seen_point) {
        return std::nullopt;
      }
      seen_point = true;
      continue;
    }
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    seen_digit = true;
    if (seen_point && fraction_digits == decimals) {
      if (c != '0') {
        return std::nullopt;
      }
      continue;
    }
    fraction_digits += seen_point ? 1 : 0;
    if (__builtin_mul_overflow(value, 10, &value)
        || __builtin_add_overflow(value, c - '0', &value)) {
      return std::nullopt;
    }
  }
  if (!seen_digit) {
    return std::nullopt;
  }
  const auto scale = powers_of_ten[static_cast<std::size_t>(decimals - fraction_digits)];
  if (__builtin_mul_overflow(value, scale, &value)) {
    return std::nullopt;
  }
  return negative ? -value : value;
}

std::optional<Price> parse_price(std::string_view text) {
  const auto value = parse_decimal(text, 4);
  if (!value || *value < price_zero.value() || *value > price_one.value()) {
    return std::nullopt;
  }
  return Price{static_cast<std::int32_t>(*value)};
}

std::optional<Quantity> parse_quantity(std::string_view text) {
  const auto value = parse_decimal(text, 6);
  return value ? std::optional{Quantity{*value}} : std::nullopt;
}

std::optional<Money> parse_money(std::string_view text) {
  const auto value = parse_decimal(text, 6);
  return value ? std::optional{Money{*value}} : std::nullopt;
}

std::string format_decimal(std::int64_t value, int decimals, int min_decimals) {
  const auto scale = static_cast<std::uint64_t>(powers_of_ten[static_cast<std::size_t>(decimals)]);
  const auto magnitude =
    value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
  auto text = fmt::format("{}{}", value < 0 ? "-" : "", magnitude / scale);
  auto fraction = fmt::format("{:0{}}", magnitude % scale, decimals);
  if (decimals == 0) {
    return text;
  }
  while (fraction.size() > static_cast<std::size_t>(min_decimals) && fraction.back() == '0') {
    fraction.pop_back();
  }
  return fraction.empty() ? text : text + "." + fraction;
}

std::string to_string(Price price) {
  return format_decimal(price.value(), 4, 4);
}
std::string to_string(Quantity quantity) {
  return format_decimal(quantity.value(), 6, 2);
}
std::string to_string(Money money) {
  return format_decimal(money.value(), 6, 2);
}

} // namespace arbees
