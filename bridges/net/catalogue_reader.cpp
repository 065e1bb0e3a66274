#include "bridges/net/catalogue_reader.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio.hpp>
#include <set>

#include "actors/messages/errors.hpp"

namespace arbees {

boost::asio::awaitable<bool>
read_catalogue(PollSession& session, const CatalogueSource& source, VenueCatalogue& catalogue) {
  std::set<std::string> cursors;
  auto target = source.target;
  for (int page_number = 0; page_number < source.most_pages; ++page_number) {
    const auto response = co_await session.get(target);
    auto page =
      response ? source.decode(*response) : caf::expected<CataloguePage>{response.error()};
    if (!page) {
      spdlog::warn("{}.failed series={} page={} error=\"{}\"", source.component, source.series,
                   page_number, describe(page.error()));
      co_return false;
    }
    for (const auto& [reason, count] : page->dropped) {
      spdlog::warn("{}.dropped series={} what={} count={}", source.component, source.series, reason,
                   count);
    }
    std::move(page->events.begin(), page->events.end(), std::back_inserter(catalogue.events));
    if (page->cursor.empty()) {
      co_return true;
    }
    if (!cursors.insert(page->cursor).second) {
      spdlog::warn("{}.cursor_repeated series={}", source.component, source.series);
      co_return false;
    }
    target = source.target + "&" + source.cursor_parameter + "=" + percent_encoded(page->cursor);
  }
  co_return false;
}

} // namespace arbees
