#include "bridges/store/select_watch.hpp"

namespace arbees {

namespace {

using Clock = std::chrono::steady_clock;

/// DuckDB forgets an interrupt that comes just before a statement begins: it is said again.
constexpr auto say_again_ms = 20;

} // namespace

SelectWatch::SelectWatch(duckdb_connection connection, SelectStop& stop,
                         std::chrono::milliseconds time_limit, std::vector<StopEvent> events)
  : connection_{connection}, stop_{stop} {
  thread_ =
    std::thread{[this, time_limit, events = std::move(events)] { watch(time_limit, events); }};
}

SelectWatch::~SelectWatch() {
  done_.wake();
  thread_.join();
}

void SelectWatch::watch(std::chrono::milliseconds time_limit,
                        const std::vector<StopEvent>& events) {
  std::vector<pollfd> polled{{.fd = done_.descriptor(), .events = POLLIN, .revents = 0}};
  for (const auto& event : events) {
    polled.push_back({.fd = event.descriptor, .events = event.events, .revents = 0});
  }
  const auto end = Clock::now() + time_limit;
  while (stop_.why() == nullptr) {
    const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) {
      stop_.stop("its time is over");
      break;
    }
    // Somebody else may have stopped it: that is noticed soon enough.
    if (::poll(polled.data(), polled.size(), static_cast<int>(std::min<long>(left, 100))) < 0) {
      continue;
    }
    if (polled[0].revents != 0) {
      return;
    }
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (polled[i + 1].revents != 0) {
        stop_.stop(events[i].why);
      }
    }
  }
  do {
    duckdb_interrupt(connection_);
  } while (::poll(polled.data(), 1, say_again_ms) <= 0);
}

} // namespace arbees
