#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>

#include "bridges/observer/line_writer.hpp"

namespace arbees {

struct RotationConfig {
  std::filesystem::path file;
  std::uint64_t max_bytes = 0;          ///< then a new file begins; 0: never
  std::chrono::milliseconds max_age{0}; ///< the same; 0: never
  std::size_t keep = 0;                 ///< compressed files; the oldest go; 0: all
  std::chrono::milliseconds patience = LineWriter::default_patience;
};

/// A file of lines that begins anew when it is too large or too old. The old one is put aside as
/// `bus.20261121T103045.123Z.jsonl` and compressed to `….jsonl.zst` on a thread of its own; what a
/// crash left uncompressed, the next start compresses. While another program writes to the same
/// file it is not put aside. Belongs to one thread.
class RotatingFile {
public:
  /// @returns Errc::io_failed with path and cause
  static caf::expected<RotatingFile> open(RotationConfig config);

  RotatingFile(RotatingFile&&) noexcept = default;
  RotatingFile& operator=(RotatingFile&&) = delete;
  /// Waits for a compression that is under way.
  ~RotatingFile();

  /// Writes `lines`, each with its end; returns how many of them were not written in full.
  std::size_t write(std::string_view lines);

  [[nodiscard]] std::uint64_t rotations() const { return rotations_; }

private:
  using Clock = std::chrono::steady_clock;

  RotatingFile(RotationConfig config, LineWriter writer);

  [[nodiscard]] bool due(std::size_t more) const;
  void rotate();
  /// Compresses what stands aside, and lets the oldest go.
  void tidy();

  RotationConfig config_;
  std::optional<LineWriter> writer_;
  std::uint64_t bytes_ = 0; ///< in the file
  Clock::time_point begun_at_ = Clock::now();
  std::uint64_t rotations_ = 0;
  std::uint64_t failures_ = 0;
  std::thread tidier_;
};

/// Replaces `file` by `file`.zst, whole or not at all. @returns Errc::io_failed
caf::error compress_file(const std::filesystem::path& file);

} // namespace arbees
