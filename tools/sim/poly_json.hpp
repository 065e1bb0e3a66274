#pragma once

#include <boost/json.hpp>

#include "tools/sim/poly_accounts.hpp"

// Orders and trades in the CLOB's words (fact sheet polymarket, sections 2.5 and 3.2).

namespace arbees::sim {

/// A row of GET /data/orders.
boost::json::object open_order(const PolyAccounts& accounts, const PolyOrder& order);

/// The `order` of the user channel. @param type PLACEMENT, UPDATE or CANCELLATION
boost::json::object
order_event(const PolyAccounts& accounts, const PolyOrder& order, std::string_view type);

/// A row of GET /data/trades as API key `viewer` sees it.
boost::json::object trade_row(const PolyAccounts& accounts, const PolyTrade& trade, int viewer);

/// The `trade` of the user channel.
boost::json::object trade_event(const PolyAccounts& accounts, const PolyTrade& trade, int viewer);

/// The answer to POST /order.
boost::json::object posted_json(const PolyAccounts& accounts, const PolyPosted& posted);

std::string_view name(PolyTradeState state); ///< MATCHED, MINED, …

} // namespace arbees::sim
