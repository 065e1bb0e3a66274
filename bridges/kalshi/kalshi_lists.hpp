#pragma once

#include "bridges/kalshi/kalshi_order_codec.hpp"
#include "bridges/kalshi/kalshi_rest.hpp"

// The account's lists, page by page. For coroutines on the network thread; they keep nothing alive.

namespace arbees {

/// Every order that GET /portfolio/orders lists for `query`, "ticker=…&limit=…".
/// @returns the first page's failure, or Errc::bad_frame if the list does not end
boost::asio::awaitable<caf::expected<std::vector<KalshiOrder>>>
list_kalshi_orders(std::weak_ptr<KalshiRest> rest, std::string query, Duration deadline);

/// The same of GET /portfolio/fills.
boost::asio::awaitable<caf::expected<std::vector<KalshiFill>>>
list_kalshi_fills(std::weak_ptr<KalshiRest> rest, std::string query, Duration deadline);

} // namespace arbees
