#pragma once

#include "bridges/net/catalogue_page.hpp"
#include "bridges/net/poll_session.hpp"

namespace arbees {

/// Where the events of one series are listed, and how a page of them is read.
struct CatalogueSource {
  std::string component; ///< in whose name is logged
  std::string series;
  std::string target;           ///< of the first page, with a query
  std::string cursor_parameter; ///< what is added to it for the next ones
  int most_pages = 1;           ///< a series that goes on for longer is not believed
  std::function<caf::expected<CataloguePage>(const HttpResponse&)> decode;
};

/// Appends all events of one series to `catalogue`. @returns false if a page was not read
boost::asio::awaitable<bool>
read_catalogue(PollSession& session, const CatalogueSource& source, VenueCatalogue& catalogue);

} // namespace arbees
