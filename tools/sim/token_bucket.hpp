#pragma once

#include <algorithm>

#include "tools/sim/calendar.hpp"

namespace arbees::sim {

/// A rate limit as the venues keep it: refilled evenly, full at first.
class TokenBucket {
public:
  TokenBucket(double per_second, double capacity)
    : per_second_(per_second), capacity_(capacity), tokens_(capacity) {}

  /// Takes `cost` tokens, or nothing at all if there are not as many.
  bool take(double cost, UnixMillis now) {
    if (now > at_ms_) {
      const auto refill = static_cast<double>(now - at_ms_) / 1000 * per_second_;
      tokens_ = std::min(capacity_, tokens_ + refill);
      at_ms_ = now;
    }
    if (tokens_ < cost) {
      return false;
    }
    tokens_ -= cost;
    return true;
  }

  [[nodiscard]] double per_second() const { return per_second_; }
  [[nodiscard]] double capacity() const { return capacity_; }
  [[nodiscard]] double tokens() const { return tokens_; }

private:
  double per_second_;
  double capacity_;
  double tokens_;
  UnixMillis at_ms_ = 0;
};

} // namespace arbees::sim
