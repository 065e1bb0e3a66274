#pragma once

#include "tools/sim/clob_private.hpp"
#include "tools/sim/kalshi_private.hpp"

namespace arbees::sim {

/// Answers the control calls that change markets, fees and approvals, or nothing if the path is
/// none of them: POST /sim/lifecycle, /sim/fee-change, /sim/move-start, /sim/attest and
/// /sim/allowance. README.md describes them.
std::optional<HttpReply> market_control(Engine& engine, KalshiPrivate& kalshi,
                                        ClobPrivate& polymarket, const HttpRequest& request);

} // namespace arbees::sim
