#include "actors/game_shard/rest_plan.hpp"

#include <algorithm>

#include "actors/market/grid.hpp"

namespace arbees {

namespace {

/// The best bid and the best offer of one side.
struct Touch {
  Price bid = price_zero;
  Price ask = price_one;
};

Touch touch_of(const BookUpdate& book, Side side) {
  Touch yes;
  if (!book.bids.empty()) {
    yes.bid = book.bids.best().price;
  }
  if (!book.asks.empty()) {
    yes.ask = book.asks.best().price;
  }
  return side == Side::yes ? yes : Touch{complement(yes.ask), complement(yes.bid)};
}

/// The dearest price that still earns `required` with the hedge at `hedge`.
std::optional<Price>
dearest(const RestSides& sides, Price hedge, const Touch& touch, Money required) {
  constexpr std::int64_t unit = money_per_dollar / price_one.value();
  // Without the maker's fee, which is nought where arbees rests; sweep() counts it.
  const auto left = marginal_edge(hedge, sides.take.fees, price_zero, sides.maker_fees) - required;
  const auto highest = std::min<std::int64_t>(left.value() / unit, touch.ask.value() - 1);
  if (highest < touch.bid.value() || highest <= 0) {
    return std::nullopt;
  }
  const auto limit = side_floor(sides.maker, sides.side, Price{static_cast<std::int32_t>(highest)});
  return limit && *limit >= touch.bid ? limit : std::nullopt;
}

} // namespace

FeeSchedule as_maker(const FeeSchedule& fees) {
  auto result = fees;
  result.taker_ppm = fees.maker_ppm;
  return result;
}

std::optional<Sweep> plan_rest(const RestSides& sides, Money required, std::int32_t depth_percent) {
  const auto touch = touch_of(sides.book, sides.side);
  Quantity within;
  for (const auto& level : sides.take.levels.levels()) {
    const auto limit = dearest(sides, level.price, touch, required);
    if (!limit) {
      return std::nullopt; // deeper levels are dearer
    }
    within += std::min(level.quantity, Quantity{1'000'000'000 * quantity_per_contract});
    const Quantity most{divide(Int128{within.value()} * depth_percent, 100, Rounding::down)};
    const auto step = buy_step(sides.maker, *limit);
    const auto quantity = step ? floor_to(most, *step) : Quantity{};
    if (quantity <= Quantity{} || !accepts_buy(sides.maker, *limit, quantity)) {
      continue; // too little to rest with: the next level adds to it, and lowers the price
    }
    Depth resting;
    resting.push_back({*limit, quantity});
    auto plan = sweep(sides.take, {resting, sides.maker_fees}, required);
    if (plan.quantity == quantity && plan.edge_per_contract >= required) {
      // The hedge may go as deep as the price allows, not only as deep as the quantity needs.
      plan.legs[0].limit = std::max(plan.legs[0].limit, level.price);
      return plan;
    }
  }
  return std::nullopt;
}

} // namespace arbees
