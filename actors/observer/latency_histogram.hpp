#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "actors/messages/time.hpp"

namespace arbees {

/// Counts durations in buckets that are at most an eighth wide: quantiles to 12 %, in 4 KiB.
class BusLatencyHistogram {
public:
  void add(Duration latency) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(latency).count();
    const auto value = static_cast<std::uint64_t>(us < 0 ? 0 : us);
    ++buckets_[bucket_of(value)];
    ++count_;
    max_us_ = value > max_us_ ? value : max_us_;
  }

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::int64_t max_us() const { return static_cast<std::int64_t>(max_us_); }

  /// The upper end, in microseconds, of the bucket in which `permille` of all durations have
  /// ended; never above the maximum; 0 if there is none. @pre 0 < permille <= 1000
  [[nodiscard]] std::int64_t quantile_us(std::uint64_t permille) const {
    const auto rank = (count_ * permille + 999) / 1000;
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size() && count_ > 0; ++i) {
      seen += buckets_[i];
      if (seen >= rank) {
        const auto end = end_of(i);
        return static_cast<std::int64_t>(end < max_us_ ? end : max_us_);
      }
    }
    return 0;
  }

private:
  /// Values up to 15 have buckets of their own; above, eight to each power of two.
  static std::size_t bucket_of(std::uint64_t value) {
    if (value < 16) {
      return static_cast<std::size_t>(value);
    }
    const auto power = static_cast<std::uint64_t>(std::bit_width(value)) - 1;
    return static_cast<std::size_t>(16 + (power - 4) * 8 + ((value >> (power - 3)) & 7));
  }

  static std::uint64_t end_of(std::size_t bucket) {
    if (bucket < 16) {
      return bucket;
    }
    const auto power = (bucket - 16) / 8 + 4;
    const auto width = std::uint64_t{1} << (power - 3);
    return (std::uint64_t{1} << power) + ((bucket - 16) % 8 + 1) * width - 1;
  }

  std::array<std::uint64_t, 16 + 60 * 8> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_us_ = 0;
};

} // namespace arbees
