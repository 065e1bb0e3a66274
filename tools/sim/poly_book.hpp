#pragma once

#include <boost/json.hpp>
#include <vector>

#include "tools/sim/engine.hpp"

namespace arbees::sim {

/// Smallest order that may rest.
inline constexpr Quantity poly_min_size{5 * quantity_per_contract};

/// How long a taker waits in play, in seconds (fact sheet polymarket, section 3.8).
int seconds_delay(const Engine& engine, const PolyMarket& market);

/// The taker's fee rate of a market at this moment, 0.05 unless it was changed.
double poly_rate(const Engine& engine, const PolyMarket& market);
/// The same in millionths.
int poly_rate_ppm(const Engine& engine, const PolyMarket& market);

/// What token 0 or 1 of a condition costs where tokens[0] costs `yes`.
Price token_price(int token, Price yes);

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
