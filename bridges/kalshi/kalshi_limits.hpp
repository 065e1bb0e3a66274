#pragma once

#include "bridges/kalshi/kalshi_order_codec.hpp"
#include "bridges/net/token_bucket.hpp"

// What requests cost at Kalshi and what the account may spend (venues/kalshi.md section 7). Single
// writes that name a shard above 0 are billed to that shard's own bucket: keep one per shard.

namespace arbees {

inline constexpr std::int64_t kalshi_read_cost = 10;
inline constexpr std::int64_t kalshi_order_cost = 10; ///< also of an amend; a batch costs the sum
inline constexpr std::int64_t kalshi_cancel_cost = 2; ///< also of a cancel-all

/// Tier Basic, until GET /account/limits has told better.
inline constexpr KalshiAccountLimits kalshi_basic_limits{
  .read_per_second = 200, .read_capacity = 200, .write_per_second = 100, .write_capacity = 100};

/// The bucket of writes, 30 % of it reserved for cancels and hedges.
constexpr TokenBucketConfig kalshi_write_bucket(const KalshiAccountLimits& limits) {
  return {.capacity = limits.write_capacity,
          .refill_per_second = limits.write_per_second,
          .reserve = limits.write_capacity * 3 / 10};
}

/// The bucket of reads, 30 % of it reserved for look-ups of orders whose outcome is unknown.
constexpr TokenBucketConfig kalshi_read_bucket(const KalshiAccountLimits& limits) {
  return {.capacity = limits.read_capacity,
          .refill_per_second = limits.read_per_second,
          .reserve = limits.read_capacity * 3 / 10};
}

} // namespace arbees
