#include "actors/market/arbitrage_limits.hpp"

#include <algorithm>
#include <array>

namespace arbees {

namespace {

constexpr std::array<std::string_view, 4> leg_policy_names = {"auto", "parallel", "delayed_first",
                                                              "rest"};

} // namespace

std::string_view to_string(LegPolicy policy) {
  return leg_policy_names[static_cast<std::size_t>(policy)];
}

std::optional<LegPolicy> parse_leg_policy(std::string_view text) {
  const auto found = std::ranges::find(leg_policy_names, text);
  if (found == leg_policy_names.end()) {
    return std::nullopt;
  }
  return static_cast<LegPolicy>(found - leg_policy_names.begin());
}

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

Money required_resting_edge(const ArbitrageLimits& limits) {
  return limits.min_edge + limits.rest_premium;
}

bool prefers_to_rest(const ArbitrageLimits& limits, const MarketSpec& maker, bool in_play) {
  switch (limits.leg_policy) {
    case LegPolicy::rest:
      return true;
    case LegPolicy::automatic:
      return in_play && maker.taker_delay > Duration::zero();
    default:
      return false;
  }
}

} // namespace arbees
