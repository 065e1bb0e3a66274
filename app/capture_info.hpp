#pragma once

#include <caf/expected.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "bridges/net/capture_reader.hpp"

namespace arbees {

/// One connection in a capture.
struct CapturedConnection {
  std::string name;
  std::string url;
  std::int64_t opened_ns = 0; ///< since the run's first record
  std::map<CaptureKind, std::uint64_t> in;
  std::map<CaptureKind, std::uint64_t> out;
  std::uint64_t bytes = 0; ///< of payloads
  std::string closed_by{}; ///< empty: it was open to the end
};

/// What one run captured.
struct CapturedRun {
  std::filesystem::path folder;
  std::string note;
  std::int64_t first_wall_ns = 0;
  std::int64_t last_wall_ns = 0;
  std::int64_t span_ns = 0; ///< by the monotonic clock
  std::uint64_t records = 0;
  std::uint64_t dropped = 0;
  std::map<std::uint32_t, CapturedConnection> connections;
  std::vector<CaptureFlaw> flaws;
};

/// All runs in a folder of captures, or the one that the folder is.
/// @returns Errc::io_failed if there is none
caf::expected<std::vector<CapturedRun>> read_captures(const std::filesystem::path& folder);

std::string to_text(const std::vector<CapturedRun>& runs);
std::string to_json(const std::vector<CapturedRun>& runs);

} // namespace arbees
