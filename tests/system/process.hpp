#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace arbees::test {

/// A folder that goes away with the test.
class TemporaryFolder {
public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
    return path_ / name;
  }

private:
  std::filesystem::path path_;
};

/// A program that a test starts, and stops by its own process id at the latest when the test ends.
class Process {
public:
  using Seconds = std::chrono::seconds;

  /// Starts `arguments[0]`, a program of build/<preset>/bin or a path, with output to `output`.
  Process(std::vector<std::string> arguments, std::filesystem::path output,
          std::vector<std::string> environment = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// The exit code, or 128 + signal; nothing if it still runs after `patience`.
  std::optional<int> wait(Seconds patience);
  void signal(int number) const;
  [[nodiscard]] bool running();
  [[nodiscard]] std::string output() const;
  /// True once `text` stands in the output; false if it does not within `patience`.
  bool says(const std::string& text, Seconds patience);

private:
  void reap(bool block);

  pid_t pid_ = -1;
  std::optional<int> exit_code_;
  std::filesystem::path output_;
};

/// The text of a file; empty if there is none.
std::string read_file(const std::filesystem::path& path);

/// True once `condition` holds; false if it does not within `patience`.
template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds patience);

/// Waits until something may have changed: the pause between two looks at the outside world.
void pause_briefly();

template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) {
      return false;
    }
    pause_briefly();
  }
  return true;
}

/// `count` TCP ports of the loopback that nobody listens on.
std::vector<int> free_ports(std::size_t count);

} // namespace arbees::test
