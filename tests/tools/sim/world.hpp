#pragma once

#include "tools/sim/engine.hpp"

namespace arbees::sim {

/// 2026-11-21T02:00:00Z: an evening in the east, so that UTC and Eastern dates differ.
inline constexpr UnixMillis evening = 1'795'226'400'000;

inline WorldConfig world(std::uint64_t seed = 1) {
  return {.games = 24, .seed = seed, .speed = 10, .rate = 400, .epoch_ms = evening};
}

/// The first book of the winner of a game that is live and on both venues.
inline int live_winner_book(const Engine& engine, Venue venue) {
  const auto& books = engine.slate().books;
  for (std::size_t i = 0; i < books.size(); ++i) {
    const auto& proposition = books[i].proposition;
    if (books[i].venue == venue && proposition.kind == Kind::winner
        && engine.slate().games[static_cast<std::size_t>(proposition.game)].league == League::nfl
        && engine.book(static_cast<int>(i)).levels(BookSide::bid).size() > 3
        && engine.book(static_cast<int>(i)).levels(BookSide::ask).size() > 3) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

} // namespace arbees::sim
