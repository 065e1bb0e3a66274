#include "bridges/net/clock.hpp"

namespace arbees {

Clock::Clock()
  : wall_at_start_{std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now())},
    steady_at_start_{std::chrono::steady_clock::now()} {}

Timestamp Clock::now() const {
  return wall_at_start_
         + std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now()
                                                - steady_at_start_);
}

} // namespace arbees
