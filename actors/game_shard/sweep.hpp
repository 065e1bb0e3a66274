#pragma once

#include <array>

#include "actors/messages/book.hpp"

namespace arbees {

/// What one side of a pair can be bought for, and what its venue charges.
struct SweepSide {
  const Depth& levels; ///< of buy_levels(), best first
  const FeeSchedule& fees;
};

struct SweptLeg {
  Price limit; ///< the worst level that is needed
  Money cost;  ///< of all levels, without fees, rounded up
  Money fee;   ///< the sum of taker_fee_bound() over the levels
};

/// What two ladders of opposite sides yield when both are bought as deep as it pays.
struct Sweep {
  /// Contracts per leg; zero if not even the first pair earns what is asked for.
  Quantity quantity;
  std::array<SweptLeg, 2> legs;
  Money edge;              ///< payout - costs - fees, for the whole quantity
  Money edge_per_contract; ///< rounded down
  Money top_gross;         ///< one contract at the best levels, before fees; may be negative
  Money top_edge;          ///< the same after fees of the model; may be negative
};

/// What one more contract at `a` and `b` earns after both venues' model fees, each rounded up.
Money marginal_edge(Price a, const FeeSchedule& fees_a, Price b, const FeeSchedule& fees_b);

/// Walks both ladders together while the marginal pair still earns `min_edge` per contract.
/// Levels are consumed whole before worse ones are touched, so that the result is what an order up
/// to `limit` takes from these books. @pre neither ladder is empty, both schedules are supported
Sweep sweep(const SweepSide& a, const SweepSide& b, Money min_edge);

} // namespace arbees
