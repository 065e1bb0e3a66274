#pragma once

#include <caf/expected.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "actors/messages/errors.hpp"
#include "bridges/net/capture_format.hpp"

namespace arbees {

/// Where a file of a capture ends other than it should.
struct CaptureFlaw {
  enum class Kind : std::uint8_t {
    cut,     ///< all is whole, but the end is missing: the process was killed
    torn,    ///< the last frame is not complete
    corrupt, ///< these bytes are no frame of a capture
  };

  Kind kind = Kind::cut;
  std::filesystem::path file{};
  std::uint64_t offset = 0; ///< so many bytes of the file are good
  std::string why{};
};

std::string_view to_string(CaptureFlaw::Kind kind);

/// The runs in the folder of captures `folder`, the oldest first; or `folder` itself if it is a
/// run.
std::vector<std::filesystem::path> capture_runs(const std::filesystem::path& folder);

/// Reads a run's records in order, whatever state its files are in: what stands behind a flaw in a
/// file is left out, the next file is read.
class CaptureReader {
public:
  /// @param folder a run, or a folder of runs, of which the newest is read
  /// @returns Errc::io_failed if there is none
  static caf::expected<CaptureReader> open(const std::filesystem::path& folder);

  /// The next record; nothing when all have been read.
  std::optional<CaptureRecord> next();

  /// What was found so far; complete when `next` returned nothing.
  [[nodiscard]] const std::vector<CaptureFlaw>& flaws() const { return flaws_; }
  [[nodiscard]] const std::filesystem::path& run() const { return run_; }

private:
  explicit CaptureReader(std::filesystem::path run) : run_{std::move(run)} {}

  bool open_next_file();
  bool unpack_frame();
  void give_up_file(CaptureFlaw::Kind kind, std::string why);

  std::filesystem::path run_;
  std::vector<std::filesystem::path> files_;
  std::size_t next_file_ = 0;
  std::string packed_; ///< the file at hand
  std::size_t offset_ = 0;
  std::string frame_;
  std::size_t frame_at_ = 0;    ///< the next record in it
  std::size_t frame_start_ = 0; ///< where the frame stands in the file
  bool reading_ = false;
  bool ended_ = false; ///< the file's end record came
  std::vector<CaptureFlaw> flaws_;
};

} // namespace arbees
