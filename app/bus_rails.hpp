#pragma once

#include <any>
#include <caf/expected.hpp>
#include <memory>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "app/config.hpp"
#include "bridges/envelope/envelope_sink.hpp"
#include "bridges/zmq/subscriber.hpp"

// What carries the bus between processes: ZMQ, Redis's channels, or both (zmq.transport_mode).

namespace arbees {

[[nodiscard]] bool uses_zmq(const Config& config);
[[nodiscard]] bool uses_redis(const Config& config);

/// Where a publisher says everything once more; null if there is ZMQ only.
caf::expected<std::shared_ptr<EnvelopeSink>> open_second_rail(const Config& config);

/// What a reader connects to, and what must live as long as it reads.
struct RailsIn {
  SubscriberConfig subscriber;
  std::any source;
};

/// Adds Redis to what `subscriber` reads, or puts it in the place of its endpoints and snapshots.
/// @param context the subscriber's; must outlive the source
caf::expected<RailsIn>
open_rails_in(const Config& config, zmq::context_t& context, SubscriberConfig subscriber);

/// Patterns for PSUBSCRIBE: of topics that begin with one of `prefixes`, none of them twice.
std::vector<std::string>
channel_patterns(const std::string& channel_prefix, const std::vector<std::string>& prefixes);

} // namespace arbees
