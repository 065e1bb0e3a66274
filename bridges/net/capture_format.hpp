#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace arbees {

// A wire capture, version 1.
//
// A run that captures makes a folder of its own in the folder it was given, named by its start in
// UTC and its process id, and in it files wire-000001.zst, wire-000002.zst, … in the order of time;
// a new one begins when one has grown large. Folders are 0700, files 0600.
//
// A file is a row of zstd frames (RFC 8878), each with its content size and a checksum, so that
// `zstd -dc` reads it as well. A frame holds whole records only and is written at once: after a
// crash all is readable up to the last whole frame, and a flipped bit is noticed. The first frame
// of a file begins with `capture_magic`; then, and in all other frames, follows record after
// record. Numbers are little-endian:
//
//   u32  bytes of what follows in this record
//   u8   kind, u8 direction (below)
//   u16  bytes of the target
//   u32  connection: counted from 1 in a run; 0 is the capture itself
//   i64  monotonic clock, nanoseconds since some start, the same for the whole run
//   i64  wall clock, nanoseconds since 1970
//        target, then payload to the end of the record
//
// Both clocks are read when the bytes were read or handed to the socket. A WebSocket message that
// came in fragments is one record, and pings that the library answers by itself have no record for
// the answer. Secrets are not in a capture: wire_redaction.hpp says what is replaced, and by what.

inline constexpr std::string_view capture_magic = "arbees-capture 1";

enum class CaptureKind : std::uint8_t {
  note = 1, ///< first in each file; payload: JSON {"arbees","node","origins":{face:[authority]}}
  open,     ///< a connection is being made; target: the URL, payload: the client's name
  close,    ///< payload: why; an upgrade that was declined ends here too
  text,     ///< a WebSocket message
  binary,   ///< the same, marked as binary
  ping,     ///< incoming control frames with what they carry
  pong,
  request,  ///< target: path and query, payload: the HTTP message, head and body
  response, ///< target: that of the request, payload: the HTTP message
  dropped,  ///< payload: JSON {"records","bytes"}: so much was lost here because the disk was slow
  end,      ///< last in each file; payload: JSON {"reason":"rotated"|"stopped"|"full",…}
};

enum class CaptureDirection : std::uint8_t { none, in, out };

struct CaptureRecord {
  CaptureKind kind = CaptureKind::note;
  CaptureDirection direction = CaptureDirection::none;
  std::uint32_t connection = 0;
  std::int64_t monotonic_ns = 0;
  std::int64_t wall_ns = 0;
  std::string target{};
  std::string payload{};

  bool operator==(const CaptureRecord&) const = default;
};

std::string_view to_string(CaptureKind kind);

/// Adds the bytes of `record` to `out`. Of a target only the first 65,535 bytes are kept.
void append_record(std::string& out, const CaptureRecord& record);

/// Takes the first record off `bytes`; nothing, and `bytes` as it was, if it is none.
std::optional<CaptureRecord> take_record(std::string_view& bytes);

} // namespace arbees
