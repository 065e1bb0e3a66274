#pragma once

#include <map>

#include "bridges/kalshi/kalshi_limits.hpp"

namespace arbees {

/// All token buckets of one Kalshi account (venues/kalshi.md section 7): one for reads, the
/// unscoped one for writes to shard 0 and to no shard in particular, and one per other shard.
/// Pure; time is handed in.
class KalshiPacer {
public:
  explicit KalshiPacer(Timestamp now, const KalshiAccountLimits& limits = kalshi_basic_limits);

  /// Takes the cost of one write to `shard` and returns zero; or returns how long to wait before
  /// asking again, and takes nothing.
  Duration take_write(std::int32_t shard, std::int64_t cost, Urgency urgency, Timestamp now);
  Duration take_read(std::int64_t cost, Urgency urgency, Timestamp now);

  /// The venue answered 429.
  void refused_write(std::int32_t shard, Timestamp now);
  void refused_read(Timestamp now);

  /// What GET /account/limits said.
  void configure(const KalshiAccountLimits& limits, Timestamp now);

private:
  TokenBucket& bucket(std::int32_t shard, Timestamp now);

  KalshiAccountLimits limits_;
  TokenBucket reads_;
  std::map<std::int32_t, TokenBucket> writes_; ///< by shard; 0 is the unscoped one
};

} // namespace arbees
