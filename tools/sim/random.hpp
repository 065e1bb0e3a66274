#pragma once

#include <cmath>
#include <cstdint>

namespace arbees::sim {

/// A stream of pseudo-random numbers (SplitMix64). The standard library's distributions differ
/// between implementations; these do not, so a seed names the same tape everywhere.
class Random {
public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  /// A stream of its own for part `tag` of the world: parts then do not shift one another.
  [[nodiscard]] Random fork(std::uint64_t tag) const {
    Random child{state_ ^ (tag * 0x9E3779B97F4A7C15ULL + 0xD1B54A32D192ED03ULL)};
    child.next();
    return child;
  }

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    auto z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }

  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; } ///< [0, 1)
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  bool chance(double probability) { return uniform() < probability; }

  /// An integer in [low, high].
  int range(int low, int high) {
    return low + static_cast<int>(next() % static_cast<std::uint64_t>(high - low + 1));
  }

  double exponential(double mean) { return -mean * std::log(1.0 - uniform()); }

  /// About normal: the sum of four uniforms. Bounded at 3.5 deviations, which suits quotes.
  double normal() {
    return (uniform() + uniform() + uniform() + uniform() - 2.0) * 1.7320508075688772;
  }

private:
  std::uint64_t state_;
};

} // namespace arbees::sim
