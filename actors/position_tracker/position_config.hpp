#pragma once

#include <map>

#include "actors/messages/game.hpp"

namespace arbees {

/// When a position is sold before it settles. Amounts are per contract, after all fees.
struct PositionConfig {
  /// Hedged contracts wait for their dollar: they are neither cut short nor let go of for a profit,
  /// but for an early exit. Contracts without hedge are always watched.
  bool hold_to_settlement = true;
  bool early_exit = true;
  /// How much more both legs must bring than the dollar is worth that is paid later.
  Money early_exit_margin{10'000};
  Money take_profit{100'000};                 ///< above what they cost
  Money stop_loss{100'000};                   ///< below what they cost
  std::map<League, Money> league_take_profit; ///< instead of it
  std::map<League, Money> league_stop_loss;
  Duration min_hold = std::chrono::seconds{30}; ///< of both, since the pair was opened
  Money flatten_max_loss{50'000};               ///< what dearer contracts may lose when flattened
  Money max_slippage{30'000};                   ///< how far below its trigger a stop-loss may sell
  Duration max_book_age = std::chrono::seconds{30}; ///< older books trigger nothing
  Duration signal_ttl = std::chrono::milliseconds{500};
  Duration retry_after = std::chrono::seconds{5};   ///< an exit that failed or left something
  Duration exit_patience = std::chrono::minutes{1}; ///< for the end of an exit
  Duration mark_interval = std::chrono::seconds{1}; ///< between two words on the same marks
  Duration snapshot_interval = std::chrono::seconds{5};
  std::int32_t hurdle_percent = 10; ///< what locked-up money must earn in a year
  Quantity dust{50'000};            ///< less is nobody's position
};

} // namespace arbees
