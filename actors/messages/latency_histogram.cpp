#include "actors/messages/latency_histogram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

namespace arbees {

// Values below 2^bits have a bucket each. Above, an octave [2^e, 2^(e+1)) has 2^bits buckets.
std::size_t LatencyHistogram::bucket_of(std::uint64_t value) {
  const auto width = static_cast<std::size_t>(std::bit_width(value));
  if (width <= bits) {
    return value;
  }
  const auto shift = width - bits - 1;
  return ((shift + 1) << bits) + static_cast<std::size_t>((value >> shift) - (1U << bits));
}

std::uint64_t LatencyHistogram::end_of(std::size_t bucket) {
  const auto octave = bucket >> bits;
  if (octave == 0) {
    return bucket;
  }
  const auto shift = octave - 1;
  const auto mantissa = (bucket & ((1U << bits) - 1)) + (1U << bits);
  return ((static_cast<std::uint64_t>(mantissa) + 1) << shift) - 1;
}

void LatencyHistogram::record(Duration duration) {
  if (duration < Duration{0}) {
    ++negative_;
    return;
  }
  ++counts_[bucket_of(static_cast<std::uint64_t>(duration.count()))];
  ++count_;
  max_ = std::max(max_, duration);
}

Duration LatencyHistogram::quantile(double share) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
    seen += counts_[bucket];
    if (seen >= wanted && seen > 0) {
      return std::min(Duration{static_cast<std::int64_t>(end_of(bucket))}, max_);
    }
  }
  return Duration{0};
}

std::int64_t LatencyHistogram::quantile_us(double share) const {
  return std::chrono::ceil<std::chrono::microseconds>(quantile(share)).count();
}

std::int64_t LatencyHistogram::max_us() const {
  return std::chrono::ceil<std::chrono::microseconds>(max_).count();
}

void LatencyHistogram::report(std::string_view name,
                              std::map<std::string, std::int64_t>& values) const {
  values[fmt::format("{}_p50", name)] = quantile_us(0.5);
  values[fmt::format("{}_p99", name)] = quantile_us(0.99);
  values[fmt::format("{}_max", name)] = max_us();
  values[fmt::format("{}_count", name)] = static_cast<std::int64_t>(count_);
  if (negative_ > 0) {
    values[fmt::format("{}_negative", name)] = static_cast<std::int64_t>(negative_);
  }
}

} // namespace arbees
