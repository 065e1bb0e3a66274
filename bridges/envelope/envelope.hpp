#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "actors/messages/wire.hpp"

namespace arbees {

// The second frame of every message of the bus (architecture section 4).

inline constexpr std::size_t max_topic_bytes = 256;
inline constexpr std::size_t max_envelope_bytes = 1024 * 1024;
inline constexpr std::size_t max_source_bytes = 96;
inline constexpr std::size_t max_run_bytes = 32;

struct EnvelopeHead {
  std::uint64_t seq = 0; ///< counts per (source, run) from 0 without gaps
  Timestamp at;
  std::string_view source;
  std::string_view run;
};

/// Appends `{"seq":…,"timestamp_ms":…,"source":…,"run":…,"payload":` to `out`: the payload is
/// appended next, then end_envelope(). One buffer serves head, payload and end.
void begin_envelope(std::string& out, const EnvelopeHead& head);
void end_envelope(std::string& out);

/// One whole message of the bus, as JSON or as MessagePack, or why it is none: too_large,
/// bad_topic, bad_json, bad_msgpack, not_an_object, bad_seq, bad_timestamp, bad_source, bad_run,
/// no_payload. Unknown keys are ignored.
std::variant<WireMessage, WireRejected>
decode_envelope(std::string_view topic, std::string_view frame, Timestamp received_at);

} // namespace arbees
