#pragma once

#include "actors/messages/interfaces.hpp"
#include "bridges/envelope/market_directory.hpp"
#include "bridges/zmq/publisher.hpp"

namespace arbees {

struct PublisherState {
  static constexpr auto name = "publisher";

  std::optional<Publisher> publisher;
  MarketDirectory directory;
  Timestamp started_at;
  Timestamp health_at;              ///< last published
  std::uint64_t unknown_market = 0; ///< books of markets that no match named, not published
};

/// Encodes every event onto the bus. Spawned detached: encoding takes no time from the hot path's
/// worker, and sending never waits. Books are published once a MatchedGame has named their market.
/// With each tick late readers are answered; ended games, closed markets, expired signals and
/// positions that hold nothing are kept for nobody.
/// Metrics: sent:<role>, overflows:<role>, failed:<role>, no_socket:<role>, unknown_market,
/// markets; snapshot_topics, snapshot_bytes, snapshot_not_kept, snapshots, snapshots_unsent,
/// snapshots_refused:<reason>; those of the second rail; with keys door_connections, door_allowed,
/// door_denied:<reason>.
PublisherActor::behavior_type
publisher_actor(PublisherActor::stateful_pointer<PublisherState> self, Publisher publisher);

} // namespace arbees
