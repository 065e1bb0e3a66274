#pragma once

#include "tools/sim/http.hpp"
#include "tools/sim/poly_accounts.hpp"

namespace arbees::sim {

/// Polymarket's Data API, which is public: GET /v2/positions, /v2/activity and /v2/value of a
/// wallet (its funder, or the key's own address). What is on the chain is there: trades once they
/// are mined, redemptions with their cash. Nothing if the path is none of these.
std::optional<HttpReply> data_api(const PolyAccounts& accounts, const HttpRequest& request);

} // namespace arbees::sim
