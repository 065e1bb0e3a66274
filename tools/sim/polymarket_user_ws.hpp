#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/sim/engine.hpp"
#include "tools/sim/poly_keys.hpp"

namespace arbees::sim {

/// One client of Polymarket's user channel: text in, frames out, no socket (fact sheet polymarket,
/// section 2.5). Nothing is acknowledged: wrong credentials are answered with silence.
class PolymarketUserSession {
public:
  PolymarketUserSession(const Engine& engine, const PolyKeys& keys)
    : engine_(&engine), keys_(&keys) {}

  std::vector<std::string> on_text(std::string_view text);

  /// Frames of the account's orders and trades, in order.
  std::vector<std::string> on_events(std::span<const MarketEvent> events) const;

private:
  const Engine* engine_;
  const PolyKeys* keys_;
  std::optional<int> key_{}; ///< of the first message
  std::set<int> markets_{};
  bool all_ = false; ///< no markets named
};

} // namespace arbees::sim
