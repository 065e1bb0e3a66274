#pragma once

#include "actors/messages/order.hpp"

namespace arbees {

/// What is held of one side of one market, at average cost.
struct Position {
  Quantity quantity; ///< negative if more was sold than bought
  Money cost;        ///< paid for `quantity`, without fees; negative if it is
  Money realized;    ///< gained by what was sold again, without fees
  Money fees;

  bool operator==(const Position&) const = default;
};

/// `position` after `fill` of the same market and side. Whatever is rounded, cost - realized stays
/// the exact sum of what was paid less what was received.
/// @throws std::overflow_error if an amount leaves 64 bits.
Position after(Position position, const Fill& fill);

} // namespace arbees
