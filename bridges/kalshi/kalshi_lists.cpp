#include "bridges/kalshi/kalshi_lists.hpp"

#include <boost/asio.hpp>
#include <set>

#include "bridges/net/poll_session.hpp"

namespace arbees {

namespace asio = boost::asio;

namespace {

constexpr std::size_t most_pages = 50;

/// Follows the cursors from `target` on. One that comes again would never end.
template <class T>
asio::awaitable<caf::expected<std::vector<T>>>
list(KalshiGet get, std::string target, caf::expected<KalshiPage<T>> (*decode)(std::string_view)) {
  std::vector<T> items;
  std::set<std::string> cursors;
  auto next = target;
  for (;;) {
    const auto answer = co_await get(next);
    if (!answer) {
      co_return answer.error();
    }
    auto page = decode(answer->body);
    if (!page) {
      co_return page.error();
    }
    items.insert(items.end(), page->items.begin(), page->items.end());
    if (page->cursor.empty()) {
      co_return items;
    }
    if (!cursors.insert(page->cursor).second || cursors.size() >= most_pages) {
      co_return caf::make_error(Errc::bad_frame, std::string{"the list does not end"});
    }
    next = target + "&cursor=" + percent_encoded(page->cursor);
  }
}

} // namespace

asio::awaitable<caf::expected<std::vector<KalshiOrder>>>
list_kalshi_orders(KalshiGet get, std::string query) {
  return list<KalshiOrder>(std::move(get), "/portfolio/orders?" + query, decode_kalshi_orders);
}

asio::awaitable<caf::expected<std::vector<KalshiFill>>>
list_kalshi_fills(KalshiGet get, std::string query) {
  return list<KalshiFill>(std::move(get), "/portfolio/fills?" + query, decode_kalshi_fills);
}

asio::awaitable<caf::expected<std::vector<KalshiPosition>>>
list_kalshi_positions(KalshiGet get, std::string query) {
  return list<KalshiPosition>(std::move(get), "/portfolio/positions?" + query,
                              decode_kalshi_positions);
}

asio::awaitable<caf::expected<std::vector<KalshiSettlement>>>
list_kalshi_settlements(KalshiGet get, std::string query) {
  return list<KalshiSettlement>(std::move(get), "/portfolio/settlements?" + query,
                                decode_kalshi_settlements);
}

} // namespace arbees
