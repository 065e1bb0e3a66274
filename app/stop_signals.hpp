#pragma once

#include <csignal>
#include <optional>
#include <string>

namespace arbees {

/// Blocks SIGINT and SIGTERM for this thread and all that it starts, so that they are waited for
/// instead of interrupting anything. @pre made before any other thread
class StopSignals {
public:
  StopSignals();

  /// Returns why to stop: the signal that came, or that `seconds` have passed.
  [[nodiscard]] std::string wait(std::optional<int> seconds) const;

private:
  sigset_t signals_{};
};

} // namespace arbees
