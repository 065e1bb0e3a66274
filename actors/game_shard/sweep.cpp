#include "actors/game_shard/sweep.hpp"

#include <algorithm>
#include <cassert>

#include "actors/market/fees.hpp"

namespace arbees {

namespace {

constexpr Quantity one_contract{quantity_per_contract};

/// More than any book shows: what hostile sizes are cut to, so that no sum overflows.
constexpr Quantity most_per_level{1'000'000'000 * quantity_per_contract};

/// The fee of the model for one contract, rounded up to the unit of Money.
Money marginal_fee(const FeeSchedule& fees, Price price) {
  Int128 numerator = fees.taker_ppm;
  Int128 denominator = 1;
  for (auto i = 0; i < fees.exponent; ++i) {
    numerator *= Int128{price.value()} * complement(price).value();
    denominator *= Int128{price_one.value()} * price_one.value();
  }
  return Money{divide(numerator, denominator, Rounding::up)};
}

/// One ladder while it is being eaten from the best level on.
class Walk {
public:
  explicit Walk(const SweepSide& side) : side_(side) { enter(0); }

  [[nodiscard]] bool at_end() const { return index_ == side_.levels.levels().size(); }
  [[nodiscard]] Price price() const { return level().price; }
  [[nodiscard]] Money marginal() const { return marginal_; }
  [[nodiscard]] Quantity left() const { return left_; }

  void take(Quantity quantity) {
    left_ -= quantity;
    taken_ += quantity;
    if (left_ == Quantity{0}) {
      settle();
      enter(index_ + 1);
    }
  }

  /// Books what was taken of a level that is not used up.
  SweptLeg finish() {
    if (!at_end()) {
      settle();
    }
    return leg_;
  }

private:
  [[nodiscard]] const Level& level() const { return side_.levels.levels()[index_]; }

  void enter(std::size_t index) {
    index_ = index;
    taken_ = Quantity{0};
    if (!at_end()) {
      left_ = std::min(level().quantity, most_per_level);
      // What one contract of this level costs, fee included.
      marginal_ = notional(price(), one_contract, Rounding::up) + marginal_fee(side_.fees, price());
    }
  }

  void settle() {
    if (taken_ > Quantity{0}) {
      leg_.limit = price();
      leg_.cost += notional(price(), taken_, Rounding::up);
      leg_.fee += taker_fee_bound(side_.fees, price(), taken_);
    }
  }

  SweepSide side_;
  std::size_t index_ = 0;
  Quantity left_;
  Quantity taken_;
  Money marginal_;
  SweptLeg leg_;
};

} // namespace

Money marginal_edge(Price a, const FeeSchedule& fees_a, Price b, const FeeSchedule& fees_b) {
  return payout(one_contract) - notional(a, one_contract, Rounding::up) - marginal_fee(fees_a, a)
         - notional(b, one_contract, Rounding::up) - marginal_fee(fees_b, b);
}

Sweep sweep(const SweepSide& a, const SweepSide& b, Money min_edge) {
  assert(!a.levels.empty() && !b.levels.empty());
  Sweep result;
  const auto top_a = a.levels.best().price;
  const auto top_b = b.levels.best().price;
  result.top_edge = marginal_edge(top_a, a.fees, top_b, b.fees);
  result.top_gross = payout(one_contract) - notional(top_a, one_contract, Rounding::up)
                     - notional(top_b, one_contract, Rounding::up);
  Walk walk_a{a};
  Walk walk_b{b};
  const auto most_paid = payout(one_contract) - min_edge;
  // A level dearer by price may be cheaper by fee only beyond 0.50, and never by as much as it is
  // dearer by price (the fee's slope is below 1), so that the first pair that fails ends the walk.
  while (!walk_a.at_end() && !walk_b.at_end()
         && walk_a.marginal() + walk_b.marginal() <= most_paid) {
    const auto both = std::min(walk_a.left(), walk_b.left());
    result.quantity += both;
    walk_a.take(both);
    walk_b.take(both);
  }
  if (result.quantity == Quantity{0}) {
    return result;
  }
  result.legs = {walk_a.finish(), walk_b.finish()};
  result.edge = payout(result.quantity) - result.legs[0].cost - result.legs[0].fee
                - result.legs[1].cost - result.legs[1].fee;
  // Fees rounded per level can turn a few contracts into a loss: the quotient rounds to minus.
  const auto scaled = Int128{result.edge.value()} * quantity_per_contract;
  const auto quantity = Int128{result.quantity.value()};
  const auto floored = scaled >= 0 ? scaled / quantity : -((-scaled + quantity - 1) / quantity);
  result.edge_per_contract = Money{static_cast<std::int64_t>(floored)};
  return result;
}

} // namespace arbees
