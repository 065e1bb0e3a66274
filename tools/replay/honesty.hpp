#pragma once

#include "tools/replay/session.hpp"
#include "tools/sim/slate.hpp"

namespace arbees::replay {

/// What the same decisions' code earned on one tape, with each of two venues behind it.
struct HonestyRun {
  std::uint64_t seed = 0;
  Money paper; ///< locked profit of all pairs
  Money live;  ///< the same, orders having met the simulator's own books
  std::uint64_t paper_fills = 0;
  std::uint64_t live_fills = 0;
  Quantity paper_matched;
  Quantity live_matched;
  Money paper_marked; ///< contracts without hedge being worth the last bid
  Money live_marked;
};

/// Plays `span` of the world twice: once the orders are filled by the paper model, once they go to
/// the simulator's exchanges (matching, delays, fees and money of their own), on the way for as
/// long as the paper model has it, and their answers `back` on the way to us.
HonestyRun compare_with_live(const SessionConfig& config, const sim::WorldConfig& world,
                             Duration span, Duration back);

} // namespace arbees::replay
