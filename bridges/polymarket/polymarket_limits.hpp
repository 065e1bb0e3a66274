#pragma once

#include "bridges/net/token_bucket.hpp"

// What one signer may send to Polymarket, tier Standard (venues/polymarket.md 3.7): one token per
// order or cancel, a batch of n costs n at once, a cancel-all 1 and the orders it hits. The limits
// by address of Cloudflare are far above these.

namespace arbees {

/// A quarter is reserved for hedges. The venue's cancels have a bucket of their own.
inline constexpr TokenBucketConfig polymarket_order_bucket{.capacity = 60,
                                                           .refill_per_second = 40,
                                                           .reserve = 15};
inline constexpr TokenBucketConfig polymarket_cancel_bucket{.capacity = 120,
                                                            .refill_per_second = 80};

} // namespace arbees
