#pragma once

#include <caf/expected.hpp>
#include <optional>

#include "actors/messages/errors.hpp"
#include "actors/messages/order.hpp"

// What an order gives and takes, in base units (venues/polymarket.md 5.4). A base unit is 1e-6 of
// a share or of a pUSD, which is what Quantity and Money count as well.

namespace arbees {

/// The venue cuts sizes to 0.01 share: less is nothing.
inline constexpr Quantity polymarket_dust{10'000};

struct OrderAmounts {
  std::int64_t maker = 0; ///< what we give: pUSD for a buy, shares for a sell
  std::int64_t taker = 0; ///< what we take

  bool operator==(const OrderAmounts&) const = default;
};

/// Decimals of computed amounts on a grid of `tick`; nothing if the venue knows no such tick.
std::optional<int> amount_decimals(Price tick);

/// Of an order for `quantity` shares, cut off to 2 decimals, at `price`.
/// @returns Errc::bad_frame if the tick is unknown, the price off its grid, or nothing is left
caf::expected<OrderAmounts>
limit_amounts(Action action, Price price, Quantity quantity, Price tick);

/// Of spending `dollars`, cut off to whole cents, at `price` or better. Shares are rounded down.
/// @returns Errc::bad_frame as limit_amounts()
caf::expected<OrderAmounts> market_buy_amounts(Money dollars, Price price, Price tick);

/// Amounts of a whole order. An immediate buy (FAK, FOK) must spend whole cents: choose the
/// quantity with buy_step() of actors/market/grid.hpp.
/// @returns Errc::bad_frame as limit_amounts(), and for what the venue would refuse or change: a
/// quantity finer than 0.01 share, an immediate buy that is not in whole cents
caf::expected<OrderAmounts> order_amounts(const OrderIntent& order, Price tick);

} // namespace arbees
