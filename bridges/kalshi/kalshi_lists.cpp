#include "bridges/kalshi/kalshi_lists.hpp"

#include <boost/asio.hpp>
#include <set>

#include "bridges/net/poll_session.hpp"

namespace arbees {

namespace asio = boost::asio;

namespace {

constexpr std::size_t most_pages = 20;

/// Follows the cursors from `target` on. One that comes again would never end.
template <class T>
asio::awaitable<caf::expected<std::vector<T>>>
list(std::weak_ptr<KalshiRest> rest, std::string target, Duration deadline,
     caf::expected<KalshiPage<T>> (*decode)(std::string_view)) {
  std::vector<T> items;
  std::set<std::string> cursors;
  auto next = target;
  for (;;) {
    const auto answer =
      co_await KalshiRest::get(rest, KalshiLane::cancels_and_reads, next, deadline);
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
list_kalshi_orders(std::weak_ptr<KalshiRest> rest, std::string query, Duration deadline) {
  return list<KalshiOrder>(std::move(rest), "/portfolio/orders?" + query, deadline,
                           decode_kalshi_orders);
}

asio::awaitable<caf::expected<std::vector<KalshiFill>>>
list_kalshi_fills(std::weak_ptr<KalshiRest> rest, std::string query, Duration deadline) {
  return list<KalshiFill>(std::move(rest), "/portfolio/fills?" + query, deadline,
                          decode_kalshi_fills);
}

} // namespace arbees
