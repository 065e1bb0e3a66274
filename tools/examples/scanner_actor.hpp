#pragma once

#include <functional>
#include <map>
#include <set>

#include "actors/messages/interfaces.hpp"

namespace arbees {

/// Two asks on two venues, one of which must pay a dollar, that together cost less; before fees.
struct Finding {
  std::string game;
  std::string subject; ///< of the contract: a team, "draw", "over"
  std::array<Venue, 2> venues;
  std::array<Price, 2> asks; ///< of the side that is bought there
  Quantity size;             ///< that both tops show
};

std::string to_string(const Finding& finding);

/// What the scanner may hear. It is given no handle of anything that trades, so that it cannot.
using ScannerActor = caf::typed_actor<caf::reacts_to<BookUpdate>, caf::reacts_to<MatchedGame>,
                                      caf::reacts_to<GameEnded>>;

struct ScannerState {
  static constexpr auto name = "scanner";

  struct Proposition {
    std::string game;
    Contract contract;
  };

  std::map<ContractId, Proposition> propositions;
  std::map<MarketId, std::set<ContractId>> by_market;
  std::map<MarketId, BookUpdate> books;
  std::map<ContractId, std::string> told; ///< what was last said of it
  std::function<void(const Finding&)> report;
};

/// Reads books and matches and calls `report` with each finding that is new.
/// @param report runs on the actor's thread
ScannerActor::behavior_type scanner(ScannerActor::stateful_pointer<ScannerState> self,
                                    std::function<void(const Finding&)> report);

} // namespace arbees
