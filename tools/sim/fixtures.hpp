#pragma once

#include <vector>

#include "tools/sim/slate.hpp"

namespace arbees::sim {

/// The games of a slate, before anything is listed on them.
struct Fixtures {
  std::vector<Game> games;
  int broken_clock = -1; ///< the game whose Polymarket event tells a wrong start
};

/// Draws games from `random`, with the pairings that hold the traps of fact sheet games.
Fixtures choose_games(const WorldConfig& config, Random& random);

} // namespace arbees::sim
