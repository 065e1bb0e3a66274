#pragma once

#include <map>
#include <string>
#include <vector>

#include "actors/messages/listing.hpp"

namespace arbees {

/// One page of a venue's list of events.
struct CataloguePage {
  std::vector<VenueEvent> events;
  std::string cursor;                          ///< of the next page; empty: this was the last
  std::map<std::string, std::int64_t> dropped; ///< events and markets left out, by reason
};

} // namespace arbees
