#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "actors/messages/time.hpp"

namespace arbees {

/// Counts of durations in buckets whose width is at most 1/64 of their value: quantiles are exact
/// to 1.6 %, whatever the range, in constant memory and without allocation.
class LatencyHistogram {
public:
  /// A negative duration is a bug of whoever took the stamps: it is counted apart.
  void record(Duration duration);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t negative() const { return negative_; }
  [[nodiscard]] Duration max() const { return max_; }
  /// The least recorded duration that `share` (0..1] of all do not exceed, rounded up to its
  /// bucket's end; zero if there is none.
  [[nodiscard]] Duration quantile(double share) const;
  /// The same in whole microseconds, rounded up.
  [[nodiscard]] std::int64_t quantile_us(double share) const;
  [[nodiscard]] std::int64_t max_us() const;

  /// Adds `<name>_p50`, `_p99`, `_max` (in whole microseconds, rounded up) and `_count`, and
  /// `_negative` if there are any.
  void report(std::string_view name, std::map<std::string, std::int64_t>& values) const;

private:
  static constexpr std::size_t bits = 6;
  static constexpr std::size_t buckets = (64 - bits + 1) << bits;

  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t end_of(std::size_t bucket);

  std::array<std::uint32_t, buckets> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t negative_ = 0;
  Duration max_{};
};

} // namespace arbees
