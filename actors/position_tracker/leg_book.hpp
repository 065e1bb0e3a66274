#pragma once

#include <map>

#include "actors/messages/position.hpp"

// What one leg of a position holds, cost and is worth: arithmetic on its executions, its venue's
// payment and the book.

namespace arbees {

/// All executions of one leg by the venue's id, each with the state that it has now.
using LegFills = std::map<std::string, Fill>;

/// Takes over an execution, or its new state: the first final state stays.
/// @returns false if it says nothing new
bool add(LegFills& fills, const Fill& fill);

/// A leg with what its rules need to know beyond it.
struct LegBook {
  PositionLeg leg; ///< without a mark
  Money entry;     ///< what the contracts that are held cost, with the fees of buying them
  bool paid = false;
};

/// What `fills` and the payment, if one came, amount to, whatever order they came in. Voided fills
/// count nowhere. Of a payment the leg takes the part of its own contracts: ties, voids and fair
/// prices pay any amount, and a reversed decision replaces the payment as a whole.
LegBook leg_book(const PositionLeg& empty, const LegFills& fills, const Settlement* payment);

/// Marks `leg`: what the bids for its side would pay for all that is held, one level after the
/// other, less the taker fee (NO is sold at 1 - YES ask). No mark if the book is not whole, or the
/// market's fees are not known.
void mark(PositionLeg& leg, const MarketSpec* market, const BookUpdate* book);

} // namespace arbees
