#pragma once

#include <array>
#include <optional>

#include "actors/market/arbitrage_limits.hpp"

namespace arbees {

/// What may be risked. Defaults are those of the paper demo; live has no paper balance and should
/// allow fewer settlement flags.
struct RiskConfig {
  /// Free money per venue until the first BalanceUpdate; without it nothing is spent until then.
  std::array<std::optional<Money>, 2> paper_balance = {Money{10'000'000'000},
                                                       Money{10'000'000'000}};

  Money max_pair{500'000'000};              ///< dollars that one pair may cost, fees included: $500
  Money max_game_exposure{2'000'000'000};   ///< dollars in flight and held in one game: $2,000
  Money max_total_exposure{10'000'000'000}; ///< dollars in flight and held in all: $10,000
  std::int32_t max_in_flight_per_game = 2;  ///< pairs
  std::int32_t max_depth_percent = 100;     ///< of the quantity that the ladders showed

  ArbitrageLimits arbitrage; ///< its sanity fence and ages hold for directional signals as well

  bool allow_directional = false;
  /// Directional signals: percentage points of probability, in tenths.
  std::int32_t min_directional_edge_tenth_pp = 50;

  Price min_price{200};   ///< of a leg's own side: 2 cents
  Price max_price{9'800}; ///< of a leg's own side: 98 cents

  /// How long after a pair was closed the same route is left alone: books need to show the trade.
  Duration repeat_after{std::chrono::seconds{2}};

  /// SettlementFlag bits that a contract may carry and still be traded.
  std::uint8_t allowed_settlement_flags =
    static_cast<std::uint8_t>(SettlementFlag::tie_possible)
    | static_cast<std::uint8_t>(SettlementFlag::postpone_asymmetry)
    | static_cast<std::uint8_t>(SettlementFlag::regulation_only)
    | static_cast<std::uint8_t>(SettlementFlag::void_price);
};

} // namespace arbees
