#pragma once

#include <filesystem>

#include "tools/replay/capture_source.hpp"

namespace arbees::replay {

struct JsonlPlayed {
  std::uint64_t lines = 0;
  std::uint64_t given = 0;                      ///< to the session
  std::map<std::string, std::uint64_t> refused; ///< lines that are torn or wrong, by reason
};

/// Plays what the observer wrote (`observer.jsonl_file`): order books, feeds, games and matches go
/// in; signals, requests and trades are left out, because the session makes its own.
///
/// Not to be had from such a file: the frames (codecs and monitors are not replayed; levels beyond
/// the 16 that a message shows are unknown), the moment at which a book was read beyond the
/// microsecond, and everything if `zmq.publish_orderbooks` was off: prices alone have no ladders.
/// @returns Errc::io_failed if the file cannot be read
caf::expected<JsonlPlayed>
play_jsonl(const std::filesystem::path& file, Session& session, const Pace& pace = {});

} // namespace arbees::replay
