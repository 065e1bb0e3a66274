#pragma once

#include <array>
#include <memory>
#include <optional>

#include "actors/market/arbitrage_limits.hpp"
#include "actors/market/settlement_rules.hpp"
#include "actors/messages/account.hpp"

namespace arbees {

/// What may be risked. Defaults are those of the paper demo; live has no paper balance, knows no
/// venue to be open, and wants to be reconciled.
struct RiskConfig {
  /// Free money per venue until the first BalanceUpdate; without it nothing is spent until then.
  std::array<std::optional<Money>, 2> paper_balance = {Money{10'000'000'000},
                                                       Money{10'000'000'000}};
  /// Until the first VenueStatus of the venue.
  std::array<VenueState, 2> initial_venue_state = {VenueState::open, VenueState::open};

  /// No pair is opened on a venue before the ledger agreed with it, nor while they differ.
  bool require_reconciled = false;
  Duration reconcile_patience{std::chrono::seconds{5}}; ///< how long they may differ before that

  // Dollars in flight, with the most that it may cost, and held.
  Money max_pair{500'000'000};                ///< one pair, fees included: $500
  Money max_contract_exposure{2'000'000'000}; ///< one proposition: $2,000
  Money max_game_exposure{2'000'000'000};     ///< $2,000
  Money max_league_exposure{5'000'000'000};   ///< $5,000
  Money max_shard_exposure{10'000'000'000};   ///< legs on one engine of a sharded venue: $10,000
  Money max_venue_exposure{10'000'000'000};   ///< legs at one venue: $10,000
  Money max_total_exposure{10'000'000'000};   ///< $10,000
  /// What all pairs of one game may lose together in one branch in which the venues' rules differ.
  Money max_game_tail_loss{1'500'000'000};

  std::int32_t max_in_flight_per_game = 2; ///< pairs
  std::int32_t max_in_flight = 32;         ///< pairs, over all games
  std::int32_t max_pairs_per_minute = 120;
  std::int32_t max_pairs_per_hour = 2'000;
  std::int32_t max_depth_percent = 100; ///< of the quantity that the ladders showed

  // Of realised profit and loss since midnight UTC, or since a person resumed.
  Money max_daily_loss{500'000'000}; ///< below where the day began: $500
  Money max_drawdown{500'000'000};   ///< below the day's best: $500

  ArbitrageLimits arbitrage; ///< its sanity fence and ages hold for directional signals as well
  /// How far both limits together may be from a dollar: sides that were taken for each other are
  /// further apart (hazards.md 6).
  Money max_pair_gap{150'000};
  std::int32_t hurdle_percent = 10; ///< what locked-up money must earn in a year

  // Exits.
  std::int32_t max_exits_per_minute = 60;
  Duration max_exit_book_age = std::chrono::seconds{30};
  Money max_exit_slippage{100'000}; ///< of a limit below what the book shows on average, a contract

  bool allow_directional = false;
  /// Directional signals: percentage points of probability, in tenths.
  std::int32_t min_directional_edge_tenth_pp = 50;
  std::int32_t kelly_percent = 25; ///< of the growth-optimal stake, directional signals only

  Price min_price{200};   ///< of a leg's own side: 2 cents
  Price max_price{9'800}; ///< of a leg's own side: 98 cents

  /// How long after a pair was closed the same route is left alone: books need to show the trade.
  Duration repeat_after{std::chrono::seconds{2}};

  /// Of so many trades at a venue, more per cent that were voided stop it (hazards.md 3).
  std::int32_t void_window = 50;
  std::int32_t max_void_percent = 2;

  /// SettlementFlag bits that a contract may carry and still be traded: those that the matcher
  /// found in the rule texts, and those of the branches in which the profiles differ.
  std::uint8_t allowed_settlement_flags =
    static_cast<std::uint8_t>(SettlementFlag::tie_possible)
    | static_cast<std::uint8_t>(SettlementFlag::postpone_asymmetry)
    | static_cast<std::uint8_t>(SettlementFlag::regulation_only)
    | static_cast<std::uint8_t>(SettlementFlag::void_price);

  /// Without it nothing is traded.
  std::shared_ptr<const SettlementTable> settlement_rules;
};

} // namespace arbees
