#include "bridges/net/token_bucket.hpp"

#include <algorithm>
#include <cassert>

namespace arbees {

namespace {

constexpr std::int64_t nano = 1'000'000'000;

bool valid(const TokenBucketConfig& config) {
  return config.capacity > 0 && config.capacity <= nano && config.refill_per_second > 0
         && config.refill_per_second <= nano && config.reserve >= 0
         && config.reserve < config.capacity;
}

/// What has to be in the bucket before a request of `cost` passes.
std::int64_t threshold(const TokenBucketConfig& config, std::int64_t cost, Urgency urgency) {
  return cost + (urgency == Urgency::urgent ? 0 : config.reserve);
}

} // namespace

TokenBucket::TokenBucket(const TokenBucketConfig& config, Timestamp now)
  : config_(config), balance_(config.capacity * nano), at_(now) {
  assert(valid(config) && "a token bucket needs a capacity, a rate and a smaller reserve");
}

std::int64_t TokenBucket::balance(Timestamp now) const {
  const auto full = config_.capacity * nano;
  const auto elapsed = std::max<std::int64_t>((now - at_).count(), 0);
  const auto missing = full - balance_;
  if (elapsed >= missing / config_.refill_per_second + 1) {
    return full; // decided without the product, which could overflow after a long silence
  }
  return std::min(full, balance_ + elapsed * config_.refill_per_second);
}

bool TokenBucket::take(std::int64_t cost, Urgency urgency, Timestamp now) {
  assert(cost >= 0 && cost <= nano);
  const auto needed = threshold(config_, cost, urgency);
  const auto present = balance(now);
  if (needed > config_.capacity || present < needed * nano) {
    return false;
  }
  balance_ = present - cost * nano;
  at_ = std::max(at_, now);
  return true;
}

std::optional<Duration>
TokenBucket::wait_for(std::int64_t cost, Urgency urgency, Timestamp now) const {
  assert(cost >= 0 && cost <= nano);
  const auto needed = threshold(config_, cost, urgency);
  if (needed > config_.capacity) {
    return std::nullopt;
  }
  const auto missing = needed * nano - balance(now);
  if (missing <= 0) {
    return Duration::zero();
  }
  const auto rate = config_.refill_per_second;
  return Duration{(missing + rate - 1) / rate};
}

void TokenBucket::drain(Timestamp now) {
  balance_ = 0;
  at_ = std::max(at_, now);
}

void TokenBucket::configure(const TokenBucketConfig& config, Timestamp now) {
  assert(valid(config) && "a token bucket needs a capacity, a rate and a smaller reserve");
  balance_ = std::min(balance(now), config.capacity * nano);
  at_ = std::max(at_, now);
  config_ = config;
}

std::int64_t TokenBucket::tokens(Timestamp now) const {
  return balance(now) / nano;
}

} // namespace arbees
