#pragma once

#include <algorithm>
#include <cassert>
#include <random>

#include "actors/messages/time.hpp"

namespace arbees {

/// Waiting times between attempts to connect: exponential with full jitter, so that many clients
/// that lost the same server do not come back in step.
class Backoff {
public:
  /// The first ceiling is `first`, each later one twice the one before, none above `longest`.
  /// @param seed makes the sequence repeatable
  Backoff(Duration first, Duration longest, std::uint64_t seed)
    : first_{first}, longest_{longest}, ceiling_{first}, random_{seed} {
    assert(first > Duration::zero() && first <= longest && "a backoff needs a positive range");
  }

  /// The wait before the next attempt: anywhere from zero to the present ceiling.
  Duration next() {
    const auto wait = std::uniform_int_distribution<Duration::rep>{0, ceiling_.count()}(random_);
    ceiling_ = ceiling_ > longest_ / 2 ? longest_ : ceiling_ * 2;
    return Duration{wait};
  }

  /// The attempt succeeded: the next failure starts from the first ceiling again.
  void reset() { ceiling_ = first_; }

  /// The longest that `next` may return now.
  [[nodiscard]] Duration ceiling() const { return ceiling_; }

private:
  Duration first_;
  Duration longest_;
  Duration ceiling_;
  std::mt19937_64 random_;
};

} // namespace arbees
