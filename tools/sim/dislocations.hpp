#pragma once

#include <optional>
#include <vector>

#include "tools/sim/ladder.hpp"
#include "tools/sim/slate.hpp"

namespace arbees::sim {

enum class DislocationCause : std::uint8_t { overshoot, lag };

/// A spell in which one venue's quotes of a game are off, far enough to pay both venues' fees.
struct Dislocation {
  int game = 0;
  Venue venue = Venue::kalshi; ///< the one that is wrong
  DislocationCause cause = DislocationCause::overshoot;
  double offset = 0;         ///< added to its idea of the home team's chance
  double edge = 0;           ///< dollars per pair after both taker fees, at the best prices
  std::int64_t begin_ms = 0; ///< time of the tape
  std::int64_t end_ms = 0;
};

/// Dollars per pair that are left after both taker fees if YES is bought at `ask` on one venue and
/// NO at 1 - `bid` on the other. Negative if the pair loses.
double edge_after_fees(Price bid, Venue bid_venue, Price ask, Venue ask_venue, League league);

/// One venue's quoting of a game's home team: its ladder's grid and where its mid and spread are.
struct Quoter {
  Venue venue = Venue::kalshi;
  const Ladder* ladder = nullptr;
  bool home = true; ///< whether the ladder's YES is the home team
  double mid = 0.5; ///< chance of the home team, with the venue's own noise
  double half_spread = 0.01;
};

/// The least shift of `wrong`'s mid, in the direction of `sign`, that leaves at least `target`
/// dollars after fees against `right`. Nothing if none up to `limit` yields 1 to 6 cents.
std::optional<Dislocation> shape_dislocation(const Quoter& wrong, const Quoter& right, double sign,
                                             double target, double limit, League league);

} // namespace arbees::sim
