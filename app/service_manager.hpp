#pragma once

#include <chrono>
#include <string>

namespace arbees {

/// The service manager that started this process, if one did and asked to be told (sd_notify(3)).
/// Without one every call does nothing.
class ServiceManager {
public:
  /// Reads what the manager put into the environment: how long it waits for a sign of life.
  ServiceManager();

  static void ready();
  static void stopping();

  /// Whether the manager should soon hear a sign of life.
  [[nodiscard]] bool is_due(std::chrono::steady_clock::time_point now) const {
    return interval_.count() > 0 && now - told_at_ >= interval_;
  }

  /// The sign of life: something has proved that the process works.
  void alive(std::chrono::steady_clock::time_point now);

private:
  std::chrono::microseconds interval_{}; ///< zero: no sign of life is waited for
  std::chrono::steady_clock::time_point told_at_{};
};

} // namespace arbees
