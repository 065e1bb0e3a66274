#pragma once

#include "actors/monitor/kalshi_books.hpp"
#include "actors/monitor/monitor_state.hpp"

namespace arbees {

struct KalshiMonitorState;
using KalshiMonitorPointer = KalshiMonitorActor::stateful_pointer<KalshiMonitorState>;

struct KalshiMonitorState
  : MonitorState<caf::stateful_actor<KalshiMonitorState, KalshiMonitorActor::base>, KalshiBooks> {
  static constexpr auto name = "kalshi_monitor";
  using MonitorState::MonitorState;
};

/// The books of Kalshi: verified, kept, passed on (venues/kalshi.md sections 3 and 4).
/// Spawned before its feed, of which it is told by `caf::put_atom`.
KalshiMonitorActor::behavior_type
kalshi_monitor(KalshiMonitorPointer self, const MonitorConfig& config);

} // namespace arbees
