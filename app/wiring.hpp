#pragma once

#include <any>
#include <memory>
#include <vector>
#include <zmq.hpp>

#include "actors/messages/cluster.hpp"
#include "app/config.hpp"
#include "app/run_record.hpp"
#include "bridges/net/clock.hpp"
#include "bridges/net/http_client.hpp"
#include "bridges/net/network.hpp"

namespace arbees {

/// What every role stands on. All of it must outlive the actors.
struct Parts {
  zmq::context_t& context;
  Clock& clock;
  Network& network;
  caf::actor_system& system;
};

/// The running actors of a node, as far as its stop needs them.
struct Wiring {
  /// From here on no signal becomes a request.
  void stop_new_pairs();
  /// Lets go of all handles: an actor system waits for actors that somebody still knows.
  void forget_actors();

  std::vector<std::any> sources;      ///< pollers and tickers: they end before the network does
  std::vector<caf::actor> stop_order; ///< producers before consumers
  std::vector<MetricsSource> metrics_sources;
  ExecutorActor executor; ///< none if the role runs elsewhere
  ExecutorLinkActor link; ///< to an executor elsewhere, where somebody here needs one
  ShardHostActor shards;
  PositionTrackerActor tracker;
  std::shared_ptr<RunRecord> record = std::make_shared<RunRecord>();
};

/// Opens what `roles` need, spawns their actors and connects them (architecture section 5).
/// @returns the first thing that could not be had; what was started by then is in `wiring`
caf::error wire(const Config& config, const Roles& roles, const Parts& parts, Wiring& wiring);

} // namespace arbees
