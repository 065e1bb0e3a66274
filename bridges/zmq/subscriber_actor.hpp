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
/// Metrics: received, rejected:<reason>, failed.
SubscriberActor::behavior_type
subscriber_actor(SubscriberActor::stateful_pointer<SubscriberState> self, Subscriber subscriber,
                 std::vector<WireSink> sinks);

} // namespace arbees
