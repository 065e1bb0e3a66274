#include "actors/executor/leg_plan.hpp"

#include <algorithm>
#include <cassert>

#include "actors/market/fees.hpp"
#include "actors/market/grid.hpp"
#include "actors/market/side_view.hpp"

namespace arbees {

namespace {

/// How many limits plan_completion() compares; each costs a division or two.
constexpr int max_candidates = 64;

Quantity depth_within(const Depth& offers, Price limit) {
  Quantity sum;
  for (const auto& level : offers.levels()) {
    if (level.price > limit) {
      break;
    }
    sum += level.quantity;
  }
  return sum;
}

/// What `quantity` costs at `price` with the fee of one fill, rounded against us.
Money dearest(const MarketSpec& market, Price price, Quantity quantity) {
  return notional(price, quantity, Rounding::up) + taker_fee_bound(*market.fees, price, quantity);
}

std::optional<Quantity>
largest_buy(const MarketSpec& market, Side side, Price limit, Quantity at_most) {
  const auto step = buy_step(market, limit);
  if (!step || side_floor(market, side, limit) != limit) {
    return std::nullopt;
  }
  const auto quantity = floor_to(at_most, *step);
  if (quantity <= Quantity{} || !accepts_buy(market, limit, quantity)) {
    return std::nullopt;
  }
  return quantity;
}

} // namespace

Quantity shown_depth(const LegView& leg) {
  return depth_within(buy_levels(leg.book, leg.side), leg.limit);
}

LegOrder
plan_legs(const LegView& first, const LegView& second, Quantity quantity, LegPolicy policy) {
  if (policy == LegPolicy::parallel) {
    return LegOrder::parallel;
  }
  const auto delay = first.market.taker_delay;
  const auto other_delay = second.market.taker_delay;
  if (delay != other_delay) {
    return delay > other_delay ? LegOrder::first_then_second : LegOrder::second_then_first;
  }
  const auto depth = shown_depth(first);
  const auto other_depth = shown_depth(second);
  const auto both_whole = depth >= quantity && other_depth >= quantity;
  if (delay == Duration::zero() && both_whole) {
    return LegOrder::parallel;
  }
  return depth <= other_depth ? LegOrder::first_then_second : LegOrder::second_then_first;
}

bool accepts_sell(const MarketSpec& market, Side side, const OrderTerms& terms) {
  return market.quantity_step > Quantity{} && terms.quantity > Quantity{} && tradable(terms.limit)
         && side_floor(market, side, terms.limit) == terms.limit
         && floor_to(terms.quantity, market.quantity_step) == terms.quantity
         && terms.quantity >= market.min_quantity;
}

std::optional<Price>
break_even(const MarketSpec& market, Side side, Quantity quantity, Money budget) {
  assert(market.fees && quantity > Quantity{});
  // Price plus fee rises with the price for every supported schedule, so that halving finds it.
  std::int32_t affordable = 0;
  auto too_dear = price_one.value();
  while (too_dear - affordable > 1) {
    const auto middle = (affordable + too_dear) / 2;
    if (dearest(market, Price{middle}, quantity) <= budget) {
      affordable = middle;
    } else {
      too_dear = middle;
    }
  }
  if (affordable == 0) {
    return std::nullopt;
  }
  return side_floor(market, side, Price{affordable});
}

Money prorate(Money total, Quantity part, Quantity whole) {
  assert(whole > Quantity{} && part <= whole && total >= Money{});
  return Money{divide(Int128{total.value()} * part.value(), whole.value(), Rounding::up)};
}

CompletionPlan plan_completion(const MarketSpec& market, const BookUpdate& book, Side side,
                               Quantity gap, Money other_cost) {
  const auto budget = payout(gap) - other_cost;
  const auto dearest_limit = break_even(market, side, gap, budget);
  if (!dearest_limit || floor_to(gap, market.quantity_step) < market.min_quantity
      || notional(*dearest_limit, gap, Rounding::down) < market.min_notional)
    return {.hopeless = true};
  const auto offers = buy_levels(book, side);
  if (offers.empty() || offers.best().price > *dearest_limit) {
    return {};
  }
  const auto wanted = std::min(gap, depth_within(offers, *dearest_limit));
  std::optional<OrderTerms> best;
  auto limit = dearest_limit;
  for (int i = 0; i < max_candidates && limit && *limit >= offers.best().price; ++i) {
    const auto quantity =
      largest_buy(market, side, *limit, std::min(wanted, depth_within(offers, *limit)));
    const auto pays = quantity
                      && dearest(market, *limit, *quantity)
                           <= payout(*quantity) - prorate(other_cost, *quantity, gap);
    if (pays && (!best || *quantity > best->quantity)) {
      best = OrderTerms{.limit = *limit, .quantity = *quantity};
    }
    limit = side_floor(market, side, Price{limit->value() - 1});
  }
  return {.terms = best};
}

UnwindPlan plan_unwind(const MarketSpec& market, const BookUpdate& book, Side side, Quantity excess,
                       Price concession) {
  const auto quantity = floor_to(excess, market.quantity_step);
  if (quantity <= Quantity{} || quantity < market.min_quantity) {
    return {.hopeless = true};
  }
  const auto bids = sell_levels(book, side);
  if (bids.empty()) {
    return {};
  }
  const auto worst = side_ceil(market, side, Price{1});
  const auto wished = Price{std::max(bids.best().price.value() - concession.value(), 1)};
  const auto limit = side_floor(market, side, wished);
  const auto terms =
    OrderTerms{.limit = limit.value_or(worst.value_or(Price{})), .quantity = quantity};
  if (!accepts_sell(market, side, terms)) {
    return {};
  }
  return {.terms = terms};
}

} // namespace arbees
