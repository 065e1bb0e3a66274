#pragma once

#include <functional>

#include "bridges/kalshi/kalshi_order_codec.hpp"
#include "bridges/kalshi/kalshi_rest.hpp"

// The account's lists, page by page. For coroutines on the network thread; they keep nothing alive.

namespace arbees {

/// How a page is read, from its target.
using KalshiGet =
  std::function<boost::asio::awaitable<caf::expected<HttpResponse>>(std::string target)>;

// @param query "ticker=…&limit=…"
// @returns the first failure of a page, or Errc::bad_frame if the list does not end

/// Every order that GET /portfolio/orders lists.
boost::asio::awaitable<caf::expected<std::vector<KalshiOrder>>>
list_kalshi_orders(KalshiGet get, std::string query);
/// The same of GET /portfolio/fills.
boost::asio::awaitable<caf::expected<std::vector<KalshiFill>>>
list_kalshi_fills(KalshiGet get, std::string query);
/// The same of GET /portfolio/positions.
boost::asio::awaitable<caf::expected<std::vector<KalshiPosition>>>
list_kalshi_positions(KalshiGet get, std::string query);
/// The same of GET /portfolio/settlements.
boost::asio::awaitable<caf::expected<std::vector<KalshiSettlement>>>
list_kalshi_settlements(KalshiGet get, std::string query);

} // namespace arbees
