#include "app/stop_signals.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>

namespace arbees {

StopSignals::StopSignals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  // A reader that goes away must cost us an error code, not the process.
  std::signal(SIGPIPE, SIG_IGN);
}

std::string StopSignals::wait(std::optional<int> seconds) const {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::seconds{seconds.value_or(0)};
  for (;;) {
    auto number = -1;
    if (seconds) {
      const auto left = std::max(Clock::duration::zero(), end - Clock::now());
      const auto whole = std::chrono::duration_cast<std::chrono::seconds>(left);
      const timespec patience{
        .tv_sec = whole.count(),
        .tv_nsec = std::chrono::duration_cast<std::chrono::nanoseconds>(left - whole).count(),
      };
      number = sigtimedwait(&signals_, nullptr, &patience);
    } else {
      number = sigwaitinfo(&signals_, nullptr);
    }
    if (number > 0) {
      return number == SIGINT ? "SIGINT" : "SIGTERM";
    }
    if (errno == EAGAIN) {
      return fmt::format("{} seconds have passed", seconds.value_or(0));
    }
  }
}

} // namespace arbees
