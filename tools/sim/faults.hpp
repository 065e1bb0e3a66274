#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "tools/sim/random.hpp"

namespace arbees::sim {

/// What can go wrong. README.md says of each what it does and what its rate counts.
enum class FaultClass : std::uint8_t {
  drop,
  duplicate,
  delay,
  reorder,
  partial,
  cut,
  freeze,
  http_429,
  http_425,
  http_500_before,
  http_500_after,
  http_timeout_before,
  http_timeout_after,
  http_cut,
  http_delay,
  http_garbage,
  ghost_fill,
  clock_jump,
  insufficient_funds,
  pause,
  restart,
  settlement_reversal
};
inline constexpr std::size_t fault_classes = 22;

/// The stable name of a class.
std::string_view name(FaultClass fault);

/// How often each class strikes: a share of frames, requests, seconds, trades or markets.
class FaultRates {
public:
  [[nodiscard]] double of(FaultClass fault) const {
    return rates_[static_cast<std::size_t>(fault)];
  }
  void set(FaultClass fault, double rate) { rates_[static_cast<std::size_t>(fault)] = rate; }
  [[nodiscard]] bool any() const;

  /// As a specification that reads back to the same rates; "off" if nothing goes wrong.
  [[nodiscard]] std::string text() const;

  bool operator==(const FaultRates&) const = default;

private:
  std::array<double, fault_classes> rates_{};
};

/// Reads "off" or a list of "class=rate", "class", "all=rate" and "all", later entries over earlier
/// ones. A name without a rate gets the class's usual one. Returns what is wrong as text.
std::variant<FaultRates, std::string> parse_faults(std::string_view spec);

struct FaultConfig {
  FaultRates rates{};
  std::uint64_t seed = 1;
  int shortest_hang_ms = 5000; ///< how long a request waits for an answer that never comes
  int longest_hang_ms = 8000;
};

/// Decides what goes wrong, by a seed, and counts it. Knows no socket and no clock.
class FaultPlan {
public:
  FaultPlan(const FaultRates& rates, std::uint64_t seed)
    : rates_(rates), active_(rates.any()), seed_(seed) {}

  [[nodiscard]] bool active() const { return active_; }
  [[nodiscard]] const FaultRates& rates() const { return rates_; }
  [[nodiscard]] std::uint64_t seed() const { return seed_; }

  /// Other rates from now on; the counts go on.
  void change(const FaultRates& rates) {
    rates_ = rates;
    active_ = rates.any();
  }

  /// Whether the class strikes now, by the next number of `random`; counts it if so. A class that
  /// is off takes no number.
  bool strikes(FaultClass fault, Random& random) {
    const auto rate = rates_.of(fault);
    if (rate <= 0 || !random.chance(rate)) {
      return false;
    }
    ++counts_[static_cast<std::size_t>(fault)];
    return true;
  }

  /// A stream of decisions of its own, so that one connection's frames do not shift another's.
  [[nodiscard]] Random stream(std::uint64_t number) const { return Random{seed_}.fork(number); }
  /// The stream of the next connection.
  [[nodiscard]] Random next_link() { return stream(1000 + links_++); }

  [[nodiscard]] std::uint64_t count(FaultClass fault) const {
    return counts_[static_cast<std::size_t>(fault)];
  }

private:
  FaultRates rates_;
  bool active_;
  std::uint64_t seed_;
  std::uint64_t links_ = 0;
  std::array<std::uint64_t, fault_classes> counts_{};
};

} // namespace arbees::sim
