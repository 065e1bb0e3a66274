#pragma once

#include <optional>
#include <string_view>

#include "actors/messages/wire.hpp"

namespace arbees {

enum class ObserverLevel : std::uint8_t {
  verbose,     ///< everything
  info,        ///< what a person can follow: prices sampled, no ladders, no metrics
  errors_only, ///< what went wrong
};

std::string_view to_string(ObserverLevel level); ///< "verbose", "info", "errors_only"
std::optional<ObserverLevel> parse_observer_level(std::string_view text);

/// Decides what of the bus one output shows.
class LevelFilter {
public:
  /// @param prices_per_second how many messages of `prices.*` pass at level info
  LevelFilter(ObserverLevel level, std::uint32_t prices_per_second)
    : level_(level), prices_per_second_(prices_per_second) {}

  bool wants(const WireMessage& message);
  [[nodiscard]] bool wants(const WireNotice& notice) const;

  /// Prices that were not shown because there were too many.
  [[nodiscard]] std::uint64_t sampled_out() const { return sampled_out_; }

private:
  bool wants_price(Timestamp at);

  ObserverLevel level_;
  std::uint32_t prices_per_second_;
  std::int64_t second_ = 0;
  std::uint32_t shown_in_second_ = 0;
  std::uint64_t sampled_out_ = 0;
};

} // namespace arbees
