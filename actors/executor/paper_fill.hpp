#pragma once

#include <map>
#include <string>
#include <vector>

#include "actors/market/fees.hpp"
#include "actors/messages/order.hpp"

// How an order would have fared at the venue, told from the book that the venue showed when the
// order arrived: never from the book at decision time, never better than that book allowed.

namespace arbees {

/// What this account took out of the shown books. A venue that never saw our orders goes on showing
/// what they would have taken, so that it must not be filled twice.
///
/// Each level remembers what was taken from it. That stays taken while the venue shows the level:
/// what it shows beyond it is new. A level that vanished is forgotten; one that merely lies deeper
/// than the shown part of a full side is not.
class TakenLiquidity {
public:
  /// Forgets what `book` no longer shows. To be called before `book` is used for fills.
  void observe(const BookUpdate& book);

  void take(Side yes_price_side, Price yes_price, Quantity quantity);

  /// What is left of a level that shows `shown`. `yes_price_side` yes means an ask, no means a bid.
  [[nodiscard]] Quantity left(Side yes_price_side, Price yes_price, Quantity shown) const;

private:
  std::uint32_t epoch_ = 0;
  std::array<std::map<Price, Quantity>, 2> taken_;
};

/// The account at one venue on paper: free money and contracts.
struct PaperAccount {
  Money available;
  std::map<std::pair<MarketId, Side>, Quantity> positions;
};

/// What became of an order on paper. A fill's id, pair and times are the caller's.
struct PaperResult {
  OrderStatus status = OrderStatus::unfilled;
  std::vector<Fill> fills; ///< best level first
  Quantity filled;
  Money notional;
  Money fee;
  std::string reason;
};

/// Why the venue would not even take the order: market unknown or closed, price or quantity off the
/// grid, below a minimum, no money for the limit and its fee, no contracts to sell. Empty if it
/// takes it. (venues/kalshi.md 5.2, venues/polymarket.md 3.3 and 3.5)
std::string
paper_refusal(const OrderIntent& order, const MarketSpec& market, const PaperAccount& account);

/// What `book` shows at the order's limit or better, less what was taken before: zero without a
/// whole book. @pre `taken` has observed `book`
Quantity
shown_on_paper(const OrderIntent& order, const BookUpdate& book, const TakenLiquidity& taken);

/// Fills an immediate order against `book` level by level, with exact fees, and books the result
/// into `account` and `taken`. Without a whole book nothing is filled. A Polymarket buy may get
/// more than it asked for, as it does there.
/// @param stood no more is filled: what shown_on_paper() told at every moment since the order was
/// sent. Size that came while it was on its way had other takers on their way, too.
/// @pre paper_refusal() is empty; `taken` has observed `book`
PaperResult
fill_on_paper(const OrderIntent& order, const MarketSpec& market, const BookUpdate& book,
              Quantity stood, TakenLiquidity& taken, PaperAccount& account);

/// Fills an order that rests with what `book` now offers at its limit or better: trades that went
/// through its price. A book tells of no trades at the price itself, so that the order stands at
/// the back of a queue that never ends; `filled` is what was filled before. The price is the
/// order's own, the fee a maker's. @pre `taken` has observed `book`
PaperResult
fill_resting(const OrderIntent& order, Quantity filled, const MarketSpec& market,
             const BookUpdate& book, TakenLiquidity& taken, OrderFees& fees, PaperAccount& account);

/// True if a book offers at the order's limit or better: then a maker is refused.
bool crosses(const OrderIntent& order, const BookUpdate& book);

} // namespace arbees
