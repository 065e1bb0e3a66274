#pragma once

#include "actors/messages/time.hpp"

namespace arbees {

/// The process's one clock: the wall clock at construction, then the monotonic one. Differences
/// of its stamps are exact and it never steps back, whatever NTP does to the wall clock.
/// `main` owns it; whoever needs time takes a reference.
class Clock {
public:
  Clock();

  /// Safe to call from any thread.
  [[nodiscard]] Timestamp now() const;

private:
  Timestamp wall_at_start_;
  std::chrono::steady_clock::time_point steady_at_start_;
};

} // namespace arbees
