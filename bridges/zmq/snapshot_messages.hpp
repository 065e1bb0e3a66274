#pragma once

#include <caf/expected.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "actors/messages/errors.hpp"
#include "actors/messages/wire.hpp"

namespace arbees {

// How a late reader asks a publisher for the last message of each topic, beside the bus. A request
// is one JSON frame on a ROUTER socket, behind an empty frame or not, so that REQ and DEALER fit:
//   {"id":7,"prefixes":["prices.","games."],"after":"",
//    "run":"k3f9c2","since":{"kalshi_monitor":120}}
// The answer's frames come in pairs: topic and envelope exactly as on the bus, and at last
//   snapshot.end {"id":7,"node":…,"run":…,"sources":{"kalshi_monitor":131},"count":2,"more":false}
// or, for a request that is none,
//   snapshot.refused  {"reason":"bad_json"}

inline constexpr std::string_view snapshot_end_topic = "snapshot.end";
inline constexpr std::string_view snapshot_refused_topic = "snapshot.refused";

inline constexpr std::size_t max_snapshot_request_bytes = 8 * 1024;
inline constexpr std::size_t max_snapshot_prefixes = 64;
inline constexpr std::size_t max_snapshot_sources = 64;

struct SnapshotRequest {
  std::uint64_t id = 0; ///< given back
  /// Which topics; an empty prefix means all, no prefix asks for the end only.
  std::vector<std::string> prefixes;
  std::string after; ///< the last topic of the page before; empty: the first page
  std::string run;   ///< that `since` is of; another run's answer is whole
  /// By source: only messages with this number or a higher one.
  std::map<std::string, std::uint64_t> since;
};

/// What stands behind the messages of an answer.
struct SnapshotEnd {
  std::uint64_t id = 0;
  std::string node;
  std::string run;
  /// By source: the number that comes next. All lower ones are in the snapshot, or were replaced by
  /// one that is, or told no state.
  std::map<std::string, std::uint64_t> sources;
  std::size_t count = 0;
  bool more = false; ///< ask again with `after`
};

std::string encode_snapshot_request(const SnapshotRequest& request);
std::string encode_snapshot_end(const SnapshotEnd& end);

/// @returns Errc::bad_frame with a stable reason: too_large, bad_json, not_an_object, bad_id,
///   bad_prefixes, bad_after, bad_run, bad_since.
caf::expected<SnapshotRequest> decode_snapshot_request(std::string_view frame);
/// @returns Errc::bad_frame, with what is wrong.
caf::expected<SnapshotEnd> decode_snapshot_end(std::string_view frame);

/// One page of an answer, as a reader sees it.
struct SnapshotPage {
  SnapshotEnd end;
  std::vector<WireMessage> messages;
  std::string refused; ///< the reason, and nothing else; empty: an answer
};

} // namespace arbees
