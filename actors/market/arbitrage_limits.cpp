#include "actors/market/arbitrage_limits.hpp"

#include <algorithm>

namespace arbees {

Money required_edge(const ArbitrageLimits& limits, const MarketSpec& a, const MarketSpec& b,
                    bool in_play) {
  if (!in_play) {
    return limits.min_edge;
  }
  const auto delay = std::max(a.taker_delay, b.taker_delay);
  return limits.min_edge
         + Money{divide(Int128{limits.delay_premium.value()} * delay.count(),
                        Duration{std::chrono::seconds{1}}.count(), Rounding::up)};
}

} // namespace arbees
