#include "app/service_manager.hpp"

#include <systemd/sd-daemon.h>

namespace arbees {

ServiceManager::ServiceManager() {
  std::uint64_t timeout_us = 0;
  if (::sd_watchdog_enabled(0, &timeout_us) > 0) {
    // Half of what the manager waits, as sd_watchdog_enabled(3) advises.
    interval_ = std::chrono::microseconds{timeout_us / 2};
  }
}

void ServiceManager::ready() {
  ::sd_notify(0, "READY=1");
}

void ServiceManager::stopping() {
  ::sd_notify(0, "STOPPING=1");
}

void ServiceManager::alive(std::chrono::steady_clock::time_point now) {
  told_at_ = now;
  ::sd_notify(0, "WATCHDOG=1");
}

} // namespace arbees
