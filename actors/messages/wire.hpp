#pragma once

#include <optional>
#include <string>

#include "actors/messages/telemetry.hpp"

#include "actors/messages/inspect.hpp"

namespace arbees {

/// One message of the bus as it came from a socket, envelope parsed, payload not.
struct WireMessage {
  std::string topic;
  std::string source;
  std::string run;
  std::uint64_t seq = 0;
  std::int64_t timestamp_ms = 0;
  std::string payload; ///< JSON text
  Timestamp received_at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, WireMessage& x) {
  return f(caf::meta::type_name("WireMessage"), x.topic, x.source, x.run, x.seq, x.timestamp_ms,
           x.payload, x.received_at);
}

/// Bytes on the bus that are no message of ours, by a stable reason.
struct WireRejected {
  std::string topic;
  std::string reason;
  Timestamp received_at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, WireRejected& x) {
  return f(caf::meta::type_name("WireRejected"), x.topic, x.reason, x.received_at);
}

} // namespace arbees
