#pragma once

#include <optional>
#include <string>
#include <vector>

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
  /// The last word on its topic, asked for by one who came late: not new, and how long it was on
  /// its way says nothing.
  bool from_snapshot = false;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, WireMessage& x) {
  return f(caf::meta::type_name("WireMessage"), x.topic, x.source, x.run, x.seq, x.timestamp_ms,
           x.payload, x.received_at, x.from_snapshot);
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

/// Something the observer noticed about the bus itself.
struct WireNotice {
  std::string event; ///< gap, restart, duplicate, reorder, silence, rejected, statistics
  std::string source;
  std::string run;
  std::string text;
  Timestamp at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, WireNotice& x) {
  return f(caf::meta::type_name("WireNotice"), x.event, x.source, x.run, x.text, x.at);
}

/// What one output is to write next.
struct OutputBatch {
  std::uint32_t output = 0; ///< the observer's number for the output, to be given back
  std::vector<WireMessage> messages;
  std::vector<WireNotice> notices;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, OutputBatch& x) {
  return f(caf::meta::type_name("OutputBatch"), x.output, x.messages, x.notices);
}

/// An output's batch is dealt with.
struct OutputDone {
  std::uint32_t output = 0;
  std::uint64_t written = 0;
  std::uint64_t failed = 0; ///< lines that could not be written
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, OutputDone& x) {
  return f(caf::meta::type_name("OutputDone"), x.output, x.written, x.failed);
}

} // namespace arbees
