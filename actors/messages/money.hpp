#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "actors/messages/strong.hpp"

namespace arbees {

struct PriceTag {
  static constexpr auto name = "Price";
};
struct QuantityTag {
  static constexpr auto name = "Quantity";
};
struct MoneyTag {
  static constexpr auto name = "Money";
};

/// 1e-4 dollar per contract, 0..10000.
using Price = Strong<PriceTag, std::int32_t>;
/// 1e-6 contract. Never negative in a book or an order; a position may be.
using Quantity = Strong<QuantityTag, std::int64_t>;
/// 1e-6 dollar, signed.
using Money = Strong<MoneyTag, std::int64_t>;

inline constexpr Price price_zero{0};
inline constexpr Price price_one{10'000};
inline constexpr std::int64_t quantity_per_contract = 1'000'000;
inline constexpr std::int64_t money_per_dollar = 1'000'000;

enum class Rounding : std::uint8_t { down, up, half_up };

/// The price of the other side of a binary market: 1 - `price`.
constexpr Price complement(Price price) {
  return Price{price_one.value() - price.value()};
}

/// True if an order may carry `price`: above 0 and below 1.
constexpr bool tradable(Price price) {
  return price > price_zero && price < price_one;
}

// Sums and differences. Overflow is a bug in the caller: they throw std::overflow_error.
Quantity operator+(Quantity a, Quantity b);
Quantity operator-(Quantity a, Quantity b);
Money operator+(Money a, Money b);
Money operator-(Money a, Money b);
Money operator-(Money a);
Quantity& operator+=(Quantity& a, Quantity b);
Quantity& operator-=(Quantity& a, Quantity b);
Money& operator+=(Money& a, Money b);
Money& operator-=(Money& a, Money b);

/// Dollars that `quantity` contracts cost at `price`; `rounding` acts at the 1e-6 dollar.
Money notional(Price price, Quantity quantity, Rounding rounding);

/// Dollars that `quantity` contracts pay when they win, one dollar each.
Money payout(Quantity quantity);

/// `numerator` / `denominator` of non-negative 128-bit integers. @pre denominator > 0
__extension__ typedef __int128 Int128;
std::int64_t divide(Int128 numerator, Int128 denominator, Rounding rounding);

/// The largest multiple of `step` that is not above `quantity`. @pre step > 0
Quantity floor_to(Quantity quantity, Quantity step);

/// Parses a plain decimal ("0.960", "-3.50", "12") into units of 10^-`decimals`, exactly.
/// Nothing if it is empty, malformed, out of range, or has non-zero digits beyond `decimals`.
std::optional<std::int64_t> parse_decimal(std::string_view text, int decimals);

std::optional<Price> parse_price(std::string_view text);       ///< dollars, 0..1
std::optional<Quantity> parse_quantity(std::string_view text); ///< contracts, may be negative
std::optional<Money> parse_money(std::string_view text);       ///< dollars, may be negative

/// `value` in units of 10^-`decimals` as a plain decimal with at least `min_decimals` digits after
/// the point: format_decimal(4200, 4, 2) is "0.42".
std::string format_decimal(std::int64_t value, int decimals, int min_decimals);

std::string to_string(Price price);       ///< dollars with 4 decimals, "0.4200"
std::string to_string(Quantity quantity); ///< contracts with at least 2 decimals, "12.50"
std::string to_string(Money money);       ///< dollars with at least 2 decimals, "-0.0173"

} // namespace arbees
