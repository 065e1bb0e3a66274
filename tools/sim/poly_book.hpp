#pragma once

#include <boost/json.hpp>
#include <vector>

#include "tools/sim/engine.hpp"

namespace arbees::sim {

/// Book levels as token 0 or 1 of a Polymarket condition shows them: token 1 mirrors token 0, a bid
/// at p on one is an ask at 1-p on the other.
std::vector<LadderLevel> token_levels(const Engine& engine, const PolyMarket& market, int token,
                                      BookSide side); ///< best first

std::string poly_price(Price price);  ///< "0.5", "0.485"
std::string poly_size(Quantity size); ///< "30", "12.5"

/// The `book` of a token, as REST returns it and, with `event_type`, the WebSocket sends it. `hash`
/// is the SHA-1 of the fact sheet polymarket, section 2.3.
boost::json::object token_book(const Engine& engine, const PolyMarket& market, int token);

} // namespace arbees::sim
