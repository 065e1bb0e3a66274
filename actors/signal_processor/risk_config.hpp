#pragma once

#include <array>
#include <optional>

#include "actors/messages/market.hpp"

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

  Money min_edge{5'000};   ///< arbitrage: dollars per contract after fees, 0.5 cent
  Money max_edge{100'000}; ///< dollars per contract: more is a data error (hazards.md 12)

  bool allow_directional = false;
  /// Directional signals: percentage points of probability, in tenths.
  std::int32_t min_directional_edge_tenth_pp = 50;

  Price min_price{200};   ///< of a leg's own side: 2 cents
  Price max_price{9'800}; ///< of a leg's own side: 98 cents

  /// Since a leg's book was read from the socket, and since the venue's own stamp.
  Duration max_book_age_pregame{std::chrono::minutes{2}};
  Duration max_book_age_in_play{std::chrono::seconds{15}};
  Duration max_exchange_age_pregame{std::chrono::minutes{2}};
  Duration max_exchange_age_in_play{std::chrono::seconds{15}};
  Duration max_clock_skew{std::chrono::seconds{2}}; ///< of a venue's stamp ahead of our clock

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
