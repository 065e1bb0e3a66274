#include "bridges/kalshi/kalshi_pacer.hpp"

namespace arbees {

namespace {

/// A request that costs more than a bucket holds can never be sent; nobody waits for it in a loop.
constexpr Duration hopeless = std::chrono::hours{1};

Duration take(TokenBucket& bucket, std::int64_t cost, Urgency urgency, Timestamp now) {
  return bucket.take(cost, urgency, now) ? Duration::zero()
                                         : bucket.wait_for(cost, urgency, now).value_or(hopeless);
}

} // namespace

KalshiPacer::KalshiPacer(Timestamp now, const KalshiAccountLimits& limits)
  : limits_{limits}, reads_{kalshi_read_bucket(limits), now} {}

Duration
KalshiPacer::take_write(std::int32_t shard, std::int64_t cost, Urgency urgency, Timestamp now) {
  return take(bucket(shard, now), cost, urgency, now);
}

Duration KalshiPacer::take_read(std::int64_t cost, Urgency urgency, Timestamp now) {
  return take(reads_, cost, urgency, now);
}

void KalshiPacer::refused_write(std::int32_t shard, Timestamp now) {
  bucket(shard, now).drain(now);
}

void KalshiPacer::refused_read(Timestamp now) {
  reads_.drain(now);
}

void KalshiPacer::configure(const KalshiAccountLimits& limits, Timestamp now) {
  limits_ = limits;
  reads_.configure(kalshi_read_bucket(limits), now);
  for (auto& [shard, bucket] : writes_) {
    bucket.configure(kalshi_write_bucket(limits), now);
  }
}

TokenBucket& KalshiPacer::bucket(std::int32_t shard, Timestamp now) {
  return writes_.try_emplace(shard, kalshi_write_bucket(limits_), now).first->second;
}

} // namespace arbees
