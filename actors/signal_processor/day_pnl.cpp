#include "actors/signal_processor/day_pnl.hpp"

#include <algorithm>

namespace arbees {

void DayPnl::advance(Timestamp now) {
  if (now < midnight_ + std::chrono::days{1}) {
    return;
  }
  midnight_ = std::chrono::floor<std::chrono::days>(now);
  entries_.clear();
  realised_ = since_resumed_ = peak_ = Money{0};
}

void DayPnl::book(Timestamp at, Money amount) {
  advance(at);
  if (at < midnight_ || amount == Money{0}) {
    return;
  }
  entries_.push_back({at, amount});
  count(entries_.back());
}

void DayPnl::resume(Timestamp at) {
  resumed_at_ = std::max(resumed_at_, at);
  realised_ = since_resumed_ = peak_ = Money{0};
  for (const auto& entry : entries_) {
    count(entry);
  }
}

void DayPnl::count(const Entry& entry) {
  realised_ += entry.amount;
  if (entry.at > resumed_at_) {
    since_resumed_ += entry.amount;
    peak_ = std::max(peak_, since_resumed_);
  }
}

} // namespace arbees
