#include "tools/sim/kalshi_fees.hpp"

#include <algorithm>

namespace arbees::sim {

namespace {

constexpr std::int64_t step = 100; ///< $0.0001

std::int64_t floor_to_step(std::int64_t value) {
  const auto remainder = ((value % step) + step) % step;
  return value - remainder;
}

} // namespace

Money model_fee(Price price, Quantity size, int multiplier_milli, Liquidity liquidity,
                int maker_percent) {
  const auto rate = liquidity == Liquidity::taker ? 700 : 7 * maker_percent; // 1e-4
  const auto odds = Int128{price.value()} * complement(price).value();       // 1e-8
  const auto scale = Int128{10'000} * 1'000 * 100'000'000;
  return Money{divide(Int128{rate} * multiplier_milli * odds * size.value(), scale, Rounding::up)};
}

Money FeeAccumulator::charge(Money revenue, Money fee) {
  const auto exact = (revenue - fee).value();
  const auto rounding = Money{exact - floor_to_step(exact)};
  rounding_ += rounding;
  const auto charged = fee + rounding;
  const auto refund =
    Money{std::min(floor_to_step(rounding_.value()), floor_to_step(charged.value()))};
  rounding_ -= refund;
  return charged - refund;
}

} // namespace arbees::sim
