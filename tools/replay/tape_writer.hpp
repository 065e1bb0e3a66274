#pragma once

#include <filesystem>
#include <fstream>

#include "bridges/net/capture_format.hpp"
#include "tools/replay/sim_world.hpp"

namespace arbees::replay {

/// Writes what a simulated world tells a session as a capture (capture_format.hpp), stamped with
/// the tape's time: the same seed makes the same file, byte for byte, on any machine with the same
/// version of zstd.
class TapeWriter {
public:
  /// @throws std::runtime_error if the folder cannot be written
  explicit TapeWriter(const std::filesystem::path& folder);
  ~TapeWriter();
  TapeWriter(const TapeWriter&) = delete;
  TapeWriter& operator=(const TapeWriter&) = delete;

  /// To be given to SimWorld::open(). The writer must outlive the world's runs.
  [[nodiscard]] SimTap tap();

  /// Both feeds are up from `at` on. To be called first.
  void begin(Timestamp at);
  void finish(Timestamp at);

private:
  void add(CaptureKind kind, CaptureDirection direction, std::uint32_t connection,
           std::string target, std::string payload, Timestamp at);
  void flush();

  std::ofstream file_;
  std::string frame_;
};

} // namespace arbees::replay
