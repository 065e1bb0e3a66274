#pragma once

#include <poll.h>

#include <thread>

#include "bridges/store/history_select.hpp"
#include "bridges/store/unix_socket.hpp"

namespace arbees {

/// A descriptor whose event ends a statement.
struct StopEvent {
  int descriptor;
  short events; ///< of poll(2)
  const char* why;
};

/// Looks after a running statement from a thread of its own, which ends with the object: stops it
/// when its time is over or one of `events` comes.
class SelectWatch {
public:
  /// @param connection and @param stop must outlive the watch
  SelectWatch(duckdb_connection connection, SelectStop& stop, std::chrono::milliseconds time_limit,
              std::vector<StopEvent> events);
  SelectWatch(const SelectWatch&) = delete;
  SelectWatch& operator=(const SelectWatch&) = delete;
  ~SelectWatch();

private:
  void watch(std::chrono::milliseconds time_limit, const std::vector<StopEvent>& events);

  duckdb_connection connection_;
  SelectStop& stop_;
  Wakeup done_;
  std::thread thread_;
};

} // namespace arbees
