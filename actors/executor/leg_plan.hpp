#pragma once

#include "actors/market/arbitrage_limits.hpp"
#include "actors/messages/order.hpp"

// What to order next for a pair, as arithmetic on its two markets' rules and books. Prices are of
// the leg's own side throughout.

namespace arbees {

/// A price and a quantity that a market accepts.
struct OrderTerms {
  Price limit;
  Quantity quantity;

  bool operator==(const OrderTerms&) const = default;
};

/// Which leg of a pair is sent first.
enum class LegOrder : std::uint8_t { parallel, first_then_second, second_then_first };

/// One leg as the policy sees it.
struct LegView {
  const MarketSpec& market;
  const BookUpdate& book;
  Side side = Side::yes;
  Price limit;
};

/// Contracts that the book offers of the leg's side at its limit or better.
Quantity shown_depth(const LegView& leg);

/// Decides by the markets' known delays, then by depth (hazards section 1). A market that delays
/// takers goes first, for its fill is the doubtful one and the other can be had at once; of two
/// delayed markets the slower. Without delays both go at once, unless a book no longer shows the
/// whole `quantity`: then the thinner goes first, and the other is sized to what it filled.
/// A policy of `parallel` sends both at once whatever the markets are.
LegOrder plan_legs(const LegView& first, const LegView& second, Quantity quantity,
                   LegPolicy policy = LegPolicy::automatic);

/// True if the market takes an immediate sell: price on the grid of that side, quantity on the
/// step and not below the minimum. The venues' minimum notional is for buys only, the minimum
/// quantity is said to be for resting orders only; the stricter reading holds here (hazards 9).
bool accepts_sell(const MarketSpec& market, Side side, const OrderTerms& terms);

/// The dearest price of `side` on the grid at which `quantity` costs no more than `budget` with
/// the taker fee of one fill, rounded against us. Nothing if there is none.
/// @pre the market has supported fees, quantity > 0
std::optional<Price>
break_even(const MarketSpec& market, Side side, Quantity quantity, Money budget);

/// A purchase that closes a gap, or why there is none.
struct CompletionPlan {
  std::optional<OrderTerms> terms;
  /// True if no book can help: the gap is below the market's grid or minimums, or what the other
  /// leg cost leaves nothing to pay with.
  bool hopeless = false;
};

/// Plans the purchase of up to `gap` contracts of `side`, no dearer than break-even with the
/// other leg, whose part of the gap cost `other_cost` with fees. Only what the book shows at
/// break-even or better counts; of several limits between the best offer and break-even the one
/// that fits most contracts into the venue's rules is taken.
CompletionPlan plan_completion(const MarketSpec& market, const BookUpdate& book, Side side,
                               Quantity gap, Money other_cost);

/// A sale of what is over, or why there is none.
struct UnwindPlan {
  std::optional<OrderTerms> terms;
  bool hopeless = false; ///< below the market's step or minimum: cannot be sold at all
};

/// Plans the sale of up to `excess` contracts of `side` at the best bid less `concession`.
UnwindPlan plan_unwind(const MarketSpec& market, const BookUpdate& book, Side side, Quantity excess,
                       Price concession);

/// The part of `total` that falls on `part` of `whole` contracts, rounded up.
/// @pre 0 <= part <= whole, whole > 0, total >= 0
Money prorate(Money total, Quantity part, Quantity whole);

} // namespace arbees
