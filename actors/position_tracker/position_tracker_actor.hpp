#pragma once

#include "actors/messages/interfaces.hpp"
#include "actors/position_tracker/position_tracker.hpp"

namespace arbees {

struct PositionTrackerState {
  static constexpr auto name = "position_tracker";

  std::optional<PositionTracker> tracker;
  std::array<BookSource, 2> books;             ///< by Venue
  std::array<std::vector<MarketId>, 2> wanted; ///< by Venue, until its source is known
  std::vector<ExitSignalSink> judges;
  std::vector<PositionSink> sinks;
  Timestamp snapshot_at;
};

/// What is held and what it is worth, for `sinks` and those that subscribe later, and exits for
/// `judges`, which hear of them first. Earlier runs' pairs and payments are to be told to it before
/// it hears of anything else.
PositionTrackerActor::behavior_type
position_tracker(PositionTrackerActor::stateful_pointer<PositionTrackerState> self,
                 PositionConfig config, std::shared_ptr<const SettlementTable> rules,
                 std::vector<ExitSignalSink> judges, std::vector<PositionSink> sinks);

} // namespace arbees
