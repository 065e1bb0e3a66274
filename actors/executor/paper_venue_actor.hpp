#pragma once

#include "actors/executor/paper_venue.hpp"
#include "actors/messages/interfaces.hpp"

namespace arbees {

struct PaperVenueState {
  static constexpr auto name = "paper_venue";

  PaperVenue venue{PaperVenueConfig{}};
  std::string source; ///< of its metrics
  std::vector<OrderSink> owners;
};

/// Fills orders from the books that it is sent. To be subscribed to all books of its venue.
PaperVenueActor::behavior_type
paper_venue(PaperVenueActor::stateful_pointer<PaperVenueState> self, PaperVenueConfig config);

} // namespace arbees
