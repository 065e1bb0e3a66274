#pragma once

#include <boost/json.hpp>

#include "tools/sim/kalshi_accounts.hpp"

// Orders, fills and positions in Kalshi's words: REST rows (fact sheet kalshi, sections 5.4, 5.5)
// and bodies of WebSocket messages (section 3.4).

namespace arbees::sim {

boost::json::object order_row(const KalshiAccounts& accounts, const KalshiOrder& order);
boost::json::object fill_row(const KalshiAccounts& accounts, const KalshiFill& fill);
boost::json::object
position_row(const KalshiAccounts& accounts, int market, const KalshiPosition& position);
boost::json::object
settlement_row(const KalshiAccounts& accounts, const KalshiSettlement& settlement);

/// The answer to a create.
boost::json::object created_json(const KalshiAccounts& accounts, const KalshiOrder& order);

boost::json::object user_order_message(const KalshiAccounts& accounts, const KalshiOrder& order);
boost::json::object
fill_message(const KalshiAccounts& accounts, const KalshiOrder& order, const KalshiFill& fill);
boost::json::object position_message(const KalshiAccounts& accounts, int account, int market);

/// The id of a trade, the same in public and in private.
std::string kalshi_trade_id(std::uint64_t number);

std::string dollars(Money money); ///< at least 4 decimals

} // namespace arbees::sim
