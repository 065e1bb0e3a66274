#pragma once

#include <optional>
#include <span>

#include "actors/messages/market.hpp"

// Which prices and quantities a market accepts. Bands and steps are the market's data, re-read
// when the venue changes them (venues/kalshi.md section 4, venues/polymarket.md 3.3).

namespace arbees {

/// True if some band holds `price` and it is a multiple of that band's step. A price on the border
/// of two bands may be a multiple of either step; 0 and 1 are never on the grid.
bool on_grid(std::span<const PriceBand> bands, Price price);

/// The highest price on the grid that is not above `price`: how a bid is snapped.
std::optional<Price> floor_to_grid(std::span<const PriceBand> bands, Price price);

/// The lowest price on the grid that is not below `price`: how an ask is snapped.
std::optional<Price> ceil_to_grid(std::span<const PriceBand> bands, Price price);

/// The highest price of `side` on the market's grid that is not above `price`.
std::optional<Price> side_floor(const MarketSpec& market, Side side, Price price);
/// The lowest price of `side` on the market's grid that is not below `price`.
std::optional<Price> side_ceil(const MarketSpec& market, Side side, Price price);

/// The step of an immediate buy's quantity at `limit`. Polymarket wants quantity * limit in whole
/// cents as well, which makes the step coarser. Nothing if the market's step is not positive.
std::optional<Quantity> buy_step(const MarketSpec& market, Price limit);

/// True if the market takes an immediate buy of `quantity` at `limit`: on the price grid, on the
/// quantity step, not below its minimums.
bool accepts_buy(const MarketSpec& market, Price limit, Quantity quantity);

/// One side of a pair: what is bought, no dearer than `limit`.
struct PairLeg {
  const MarketSpec& market;
  Price limit;
};

/// The largest quantity not above `at_most` that both markets accept as an immediate buy; nothing
/// if there is none.
std::optional<Quantity> pair_quantity(const PairLeg& a, const PairLeg& b, Quantity at_most);

} // namespace arbees
