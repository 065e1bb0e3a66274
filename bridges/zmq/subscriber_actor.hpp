#pragma once

#include "actors/messages/interfaces.hpp"
#include "bridges/zmq/subscriber.hpp"

namespace arbees {

struct SubscriberState {
  static constexpr auto name = "subscriber";

  std::optional<Subscriber> subscriber;
  std::vector<WireSink> sinks;
  std::uint64_t received = 0;
  std::map<std::string, std::int64_t> rejected; ///< by reason
};

/// The receive loop of the bus, spawned detached: one bounded wait per message to itself.
/// Metrics: received, rejected:<reason>, failed; if snapshots are asked for: snapshot_asked,
/// snapshot_answered, snapshot_late, snapshot_given_up, snapshot_refused, snapshot_messages,
/// snapshot_doubles, snapshot_restarts, snapshot_gaps, snapshot_lost_ends, snapshot_overflows;
/// with two rails: rail_first:<rail>, rail_silences:<rail>, rail_doubles, rail_late.
SubscriberActor::behavior_type
subscriber_actor(SubscriberActor::stateful_pointer<SubscriberState> self, Subscriber subscriber,
                 std::vector<WireSink> sinks);

} // namespace arbees
