#pragma once

#include <chrono>
#include <filesystem>

namespace arbees::test {

/// Sees each write to a file as it happens, to act in the middle of what writes it.
class WriteWatch {
public:
  /// @pre the file is there
  explicit WriteWatch(const std::filesystem::path& file);
  ~WriteWatch();
  WriteWatch(const WriteWatch&) = delete;
  WriteWatch& operator=(const WriteWatch&) = delete;

  /// Returns right after the `count`th write from now; false if `patience` ends before.
  bool wait(int count, std::chrono::milliseconds patience);

private:
  int fd_;
};

} // namespace arbees::test
