#pragma once

#include "actors/messages/market.hpp"

namespace arbees {

/// How old an input may be to be traded on.
struct InputAges {
  Duration book;     ///< since the book's last change was read from the socket
  Duration exchange; ///< since the venue's own stamp of it, where it gave one
  Duration game;     ///< since the scoreboard was read
};

/// How the two legs of a pair are bought (hazards.md 1).
enum class LegPolicy : std::uint8_t {
  automatic,     ///< `rest` in play where a venue lets takers wait, else by delay and depth
  parallel,      ///< both taken at once, whatever the delays
  delayed_first, ///< both taken, where takers wait that leg first
  rest,          ///< rest as a maker on Polymarket, and take on Kalshi what was filled
};

std::string_view to_string(LegPolicy policy); ///< "auto", "parallel", "delayed_first", "rest"
std::optional<LegPolicy> parse_leg_policy(std::string_view text);

/// What counts as an arbitrage: for the shard that looks for it, and again for the processor that
/// risks money on it. Defaults are the demo's.
struct ArbitrageLimits {
  Money min_edge{5'000}; ///< dollars per contract after both fees: 0.5 cent

  /// In play, what a venue's delay must earn on top: dollars per contract and second, 1.5 cents.
  /// The order waits while makers may still withdraw, so that part of the pairs end with one leg to
  /// be sold again at a loss (hazards.md 0.3, 3).
  Money delay_premium{15'000};

  LegPolicy leg_policy = LegPolicy::automatic;

  /// What an order that rests must earn on top, dollars per contract: Kalshi may move between the
  /// fill and its hedge.
  Money rest_premium{5'000};
  /// A resting order is no larger than this part of what Kalshi shows within its limit: others take
  /// there as well.
  std::int32_t rest_depth_percent = 50;

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

/// The least profit per contract for a pair that takes on both markets.
Money required_edge(const ArbitrageLimits& limits, const MarketSpec& a, const MarketSpec& b,
                    bool in_play);

/// The same for a pair that rests on one market and takes on the other: a maker waits for nobody.
Money required_resting_edge(const ArbitrageLimits& limits);

/// True if the policy is to rest on `maker` rather than to take there.
bool prefers_to_rest(const ArbitrageLimits& limits, const MarketSpec& maker, bool in_play);

} // namespace arbees
