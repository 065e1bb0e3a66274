#pragma once

#include <chrono>
#include <optional>

namespace arbees {

/// How long rows of the history are kept, by their own time. Nothing: for ever.
struct HistoryRetention {
  std::optional<std::chrono::days> prices; ///< tops of books, by far the most
  std::optional<std::chrono::days> others;
};

} // namespace arbees
