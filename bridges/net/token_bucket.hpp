#pragma once

#include <cstdint>
#include <optional>

#include "actors/messages/time.hpp"

namespace arbees {

struct TokenBucketConfig {
  std::int64_t capacity = 0;          ///< tokens, 1..1e9
  std::int64_t refill_per_second = 0; ///< tokens, 1..1e9
  std::int64_t reserve = 0;           ///< tokens that only urgent requests may take, < capacity
};

/// Who asks: cancels and hedges are urgent and may use the reserve.
enum class Urgency : std::uint8_t { normal, urgent };

/// Mirrors a venue's token bucket (venues/kalshi.md section 7, venues/polymarket.md 3.7), so that
/// we wait here instead of being refused there. Exact: it counts in 1e-9 token, and a rate of n
/// tokens per second is n of these per nanosecond. Time is handed in and may not make it richer
/// than `capacity`; a stamp from the past counts as no time gone by.
class TokenBucket {
public:
  /// Starts full. @pre the ranges of `config`
  TokenBucket(const TokenBucketConfig& config, Timestamp now);

  /// Takes `cost` tokens if they are there; false, and nothing taken, if not. @pre cost in 0..1e9
  bool take(std::int64_t cost, Urgency urgency, Timestamp now);

  /// How long until `cost` tokens will be there: zero if they are. Nothing if never, because the
  /// bucket cannot hold as many: the request must be split.
  [[nodiscard]] std::optional<Duration>
  wait_for(std::int64_t cost, Urgency urgency, Timestamp now) const;

  /// The venue answered 429: its bucket is emptier than this one thought. Starts from nothing.
  void drain(Timestamp now);

  /// The venue's numbers changed; what is in the bucket stays, up to the new capacity.
  /// @pre the ranges of `config`
  void configure(const TokenBucketConfig& config, Timestamp now);

  /// Whole tokens at `now`.
  [[nodiscard]] std::int64_t tokens(Timestamp now) const;

private:
  [[nodiscard]] std::int64_t balance(Timestamp now) const;

  TokenBucketConfig config_;
  std::int64_t balance_; ///< 1e-9 token, at `at_`
  Timestamp at_;
};

} // namespace arbees
