#pragma once

#include "actors/messages/book.hpp"

namespace arbees {

// A market's book seen from one of its sides. There is one book, in YES prices: buying NO at q
// takes YES bids at 1 - q (venues/kalshi.md section 4; Polymarket mirrors its tokens' books).

/// What `side` can be bought for, in that side's own prices, best (lowest) first. Empty unless the
/// book is whole; levels at 0 or 1 are no offers.
Depth buy_levels(const BookUpdate& book, Side side);

/// What `side` can be sold for, in that side's own prices, best (highest) first.
Depth sell_levels(const BookUpdate& book, Side side);

} // namespace arbees
