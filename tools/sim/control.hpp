#pragma once

#include "tools/sim/clob_private.hpp"
#include "tools/sim/kalshi_private.hpp"

namespace arbees::sim {

/// The venues' own books: every account's orders, fills, fees, positions and cash, to the last
/// unit. What a client's ledger must agree with.
boost::json::object books_json(const KalshiAccounts& kalshi, const PolyAccounts& polymarket);

/// Answers the control calls, or nothing if the path is none of them: GET /sim/books, POST
/// /sim/pause, /sim/restart, /sim/cancel-game, and those of market_control.hpp.
std::optional<HttpReply>
control(Engine& engine, KalshiPrivate& kalshi, ClobPrivate& polymarket, const HttpRequest& request);

} // namespace arbees::sim
