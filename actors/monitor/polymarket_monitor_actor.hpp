#pragma once

#include "actors/monitor/monitor_state.hpp"
#include "actors/monitor/polymarket_books.hpp"

namespace arbees {

struct PolymarketMonitorState;
using PolymarketMonitorPointer = PolymarketMonitorActor::stateful_pointer<PolymarketMonitorState>;

struct PolymarketMonitorState
  : MonitorState<caf::stateful_actor<PolymarketMonitorState, PolymarketMonitorActor::base>,
                 PolymarketBooks> {
  static constexpr auto name = "polymarket_monitor";
  using MonitorState::MonitorState;
};

/// The books of Polymarket: verified, kept, passed on (venues/polymarket.md section 2).
/// Spawned before its feed, of which it is told by `caf::put_atom`.
PolymarketMonitorActor::behavior_type
polymarket_monitor(PolymarketMonitorPointer self, const MonitorConfig& config);

} // namespace arbees
