#pragma once

#include <chrono>
#include <csignal>
#include <optional>
#include <string>

namespace arbees {

/// What the process is told from outside.
enum class Wake : std::uint8_t {
  stop, ///< SIGINT, SIGTERM
  halt, ///< SIGUSR1: the kill switch
  time, ///< nothing came
};

struct Woken {
  Wake why = Wake::time;
  std::string signal; ///< its name; empty if time has passed
};

/// Blocks SIGINT, SIGTERM and SIGUSR1 for this thread and all that it starts, so that they are
/// waited for instead of interrupting anything. @pre made before any other thread
class StopSignals {
public:
  StopSignals();

  /// Waits for a signal, but no longer than `most`.
  [[nodiscard]] Woken wait(std::chrono::nanoseconds most) const;

private:
  sigset_t signals_{};
};

} // namespace arbees
