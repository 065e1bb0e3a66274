#pragma once

#include <boost/json.hpp>

#include "bridges/polymarket/polymarket_order_codec.hpp"

// What the account's REST answers and its user channel say in the same words
// (venues/polymarket.md 2.5, 3.2).

namespace arbees {

/// Nothing for a word that the venue is not known to use.
std::optional<PolymarketOrderState> parse_polymarket_order_state(std::string_view text);

/// How much of an order is matched, in shares. The venue writes sizes as decimals or as base units;
/// the size that we asked for shows which. Nothing if `original` is neither.
std::optional<Quantity> matched_shares(Quantity original, Quantity matched, Quantity asked);

/// @returns Errc::bad_frame, with the field
caf::expected<PolymarketTrade> read_polymarket_trade(const boost::json::value& json);

} // namespace arbees
