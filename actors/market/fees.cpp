#include "actors/market/fees.hpp"

#include <algorithm>
#include <cassert>
#include <stdexcept>

namespace arbees {

namespace {

constexpr std::int64_t ppm = 1'000'000;
constexpr std::int64_t polymarket_digit = 10; ///< 1e-5 dollar in units of Money

struct Ratio {
  Int128 numerator;
  Int128 denominator;
};

/// coefficient * quantity * (p * (1 - p))^exponent, in units of Money.
Ratio model_fee(const FeeSchedule& schedule, Liquidity liquidity, Price price, Quantity quantity) {
  assert(supported(schedule) && tradable(price) && quantity >= Quantity{0});
  const auto coefficient = liquidity == Liquidity::taker ? schedule.taker_ppm : schedule.maker_ppm;
  Ratio fee{Int128{coefficient} * quantity.value(), ppm};
  for (auto i = 0; i < schedule.exponent; ++i) {
    const auto variance = Int128{price.value()} * complement(price).value();
    if (__builtin_mul_overflow(fee.numerator, variance, &fee.numerator)) {
      throw std::overflow_error("fee exceeds 128 bits");
    }
    fee.denominator *= Int128{price_one.value()} * price_one.value();
  }
  return fee;
}

Money round_fee(const Ratio& fee, std::int64_t digit, Rounding rounding) {
  return Money{divide(fee.numerator, fee.denominator * digit, rounding) * digit};
}

bool is_coefficient(std::int64_t value) {
  return value >= 0 && value <= ppm;
}

} // namespace

bool supported(const FeeSchedule& schedule) {
  return is_coefficient(schedule.taker_ppm) && is_coefficient(schedule.maker_ppm)
         && schedule.exponent >= 0 && schedule.exponent <= 2
         && (schedule.rounding != Venue::kalshi || schedule.balance_step > Money{0});
}

Money trade_fee(const FeeSchedule& schedule, Liquidity liquidity, Price price, Quantity quantity) {
  const auto model = model_fee(schedule, liquidity, price, quantity);
  return schedule.rounding == Venue::kalshi ? round_fee(model, 1, Rounding::up)
                                            : round_fee(model, polymarket_digit, Rounding::half_up);
}

Money taker_fee_bound(const FeeSchedule& schedule, Price price, Quantity quantity) {
  return fee_bound(schedule, Liquidity::taker, price, quantity);
}

Money fee_bound(const FeeSchedule& schedule, Liquidity liquidity, Price price, Quantity quantity) {
  if (quantity == Quantity{0}) {
    return Money{0};
  }
  const auto model = model_fee(schedule, liquidity, price, quantity);
  return schedule.rounding == Venue::kalshi
           ? round_fee(model, 1, Rounding::up) + schedule.balance_step
           : round_fee(model, polymarket_digit, Rounding::up);
}

Money BalanceRounding::net_fee(Money notional, Money trade_fee, Action action, Money balance_step) {
  assert(notional >= Money{0} && trade_fee >= Money{0} && balance_step > Money{0});
  const auto step = balance_step.value();
  // A buy's debit is rounded up, a sell's credit down: both are the floor of the signed change.
  const auto exact = action == Action::buy ? notional + trade_fee : trade_fee - notional;
  const auto remainder = (exact.value() % step + step) % step;
  const Money rounding_fee{remainder == 0 ? 0 : step - remainder};
  const auto gross = trade_fee + rounding_fee;
  overpaid_ += rounding_fee;
  const auto rebate =
    std::min(Money{overpaid_.value() / step * step}, Money{gross.value() / step * step});
  overpaid_ -= rebate;
  return gross - rebate;
}

Money OrderFees::charge(const FeeSchedule& schedule, Liquidity liquidity, Price price,
                        Quantity quantity, Action action) {
  const auto fee = trade_fee(schedule, liquidity, price, quantity);
  if (schedule.rounding != Venue::kalshi) {
    return fee;
  }
  // On Kalshi's grid of 0.01 contract a notional is a whole number of 1e-6 dollars.
  const auto paid =
    notional(price, quantity, action == Action::buy ? Rounding::up : Rounding::down);
  return rounding_.net_fee(paid, fee, action, schedule.balance_step);
}

} // namespace arbees
