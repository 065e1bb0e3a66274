#pragma once

#include "actors/messages/market.hpp"

namespace arbees {

/// How old an input may be to be traded on.
struct InputAges {
  Duration book;     ///< since the book's last change was read from the socket
  Duration exchange; ///< since the venue's own stamp of it, where it gave one
  Duration game;     ///< since the scoreboard was read
};

/// What counts as an arbitrage: for the shard that looks for it, and again for the processor that
/// risks money on it. Defaults are the demo's.
struct ArbitrageLimits {
  Money min_edge{5'000}; ///< dollars per contract after both fees: 0.5 cent

  /// In play, what a venue's delay must earn on top: dollars per contract and second, 1.5 cents.
  /// The order waits while makers may still withdraw, so that part of the pairs end with one leg to
  /// be sold again at a loss (hazards.md 0.3, 3).
  Money delay_premium{15'000};

  /// Sanity fences (hazards.md 12): more is a data error until a person has proven it. Per contract
  /// at the best levels.
  Money max_edge{100'000};         ///< after fees: 10 cents
  Money max_pregame_gross{50'000}; ///< before fees, while the game has not begun: 5 cents

  InputAges pregame{std::chrono::minutes{2}, std::chrono::minutes{2}, std::chrono::minutes{15}};
  InputAges in_play{std::chrono::seconds{15}, std::chrono::seconds{15}, std::chrono::minutes{2}};
  /// How far ahead of our clock a venue's stamp may be.
  Duration max_clock_skew{std::chrono::seconds{2}};

  [[nodiscard]] const InputAges& ages(bool now_in_play) const {
    return now_in_play ? in_play : pregame;
  }
};

/// The least profit per contract for a pair on these two markets.
Money required_edge(const ArbitrageLimits& limits, const MarketSpec& a, const MarketSpec& b,
                    bool in_play);

} // namespace arbees
