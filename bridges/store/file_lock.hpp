#pragma once

#include <caf/expected.hpp>
#include <filesystem>
#include <optional>
#include <utility>

namespace arbees {

/// Exclusive ownership of a lock file, for as long as the object lives. The kernel gives it up with
/// the process, however that ends: there are no stale locks, and the file itself may stay.
class FileLock {
public:
  /// @returns Errc::io_failed with the owner's process id if another one holds it, also inside this
  /// process.
  static caf::expected<FileLock> acquire(const std::filesystem::path& path);

  /// The process id of whoever holds the lock now; nothing if nobody does, or it cannot be read.
  static std::optional<int> holder(const std::filesystem::path& path);

  FileLock() = default;
  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1; ///< as POSIX has it: -1 is none
};

} // namespace arbees
