#pragma once

#include <vector>

#include "actors/messages/money.hpp"
#include "actors/messages/time.hpp"

namespace arbees {

/// Realised profit and loss of one UTC day, and how far it is below where it was.
class DayPnl {
public:
  /// A new day begins at midnight UTC with nothing won or lost.
  void advance(Timestamp now);

  /// Counts `amount`, which may be negative. What is of an earlier day changes nothing.
  void book(Timestamp at, Money amount);

  /// A person has seen what was lost up to `at` and goes on: the limits start from there.
  void resume(Timestamp at);

  [[nodiscard]] Money realised() const { return realised_; }             ///< of the whole day
  [[nodiscard]] Money loss() const { return Money{0} - since_resumed_; } ///< negative: a profit
  [[nodiscard]] Money drawdown() const { return peak_ - since_resumed_; }

private:
  struct Entry {
    Timestamp at;
    Money amount;
  };

  void count(const Entry& entry);

  Timestamp midnight_{};
  Timestamp resumed_at_{};
  std::vector<Entry> entries_; ///< in the order in which they were heard
  Money realised_;
  Money since_resumed_;
  Money peak_; ///< of the same, at least zero
};

} // namespace arbees
