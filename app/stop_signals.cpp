#include "app/stop_signals.hpp"

#include <algorithm>

namespace arbees {

StopSignals::StopSignals() {
  sigemptyset(&signals_);
  for (const auto number : {SIGINT, SIGTERM, SIGUSR1}) {
    sigaddset(&signals_, number);
  }
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  // A reader that goes away must cost us an error code, not the process.
  std::signal(SIGPIPE, SIG_IGN);
}

Woken StopSignals::wait(std::chrono::nanoseconds most) const {
  most = std::max(most, std::chrono::nanoseconds{0});
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(most);
  const timespec patience{.tv_sec = whole.count(), .tv_nsec = (most - whole).count()};
  switch (sigtimedwait(&signals_, nullptr, &patience)) {
    case SIGINT:
      return {Wake::stop, "SIGINT"};
    case SIGTERM:
      return {Wake::stop, "SIGTERM"};
    case SIGUSR1:
      return {Wake::halt, "SIGUSR1"};
    default:
      return {};
  }
}

} // namespace arbees
