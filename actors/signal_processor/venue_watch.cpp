#include "actors/signal_processor/venue_watch.hpp"

#include <algorithm>

namespace arbees {

void VoidWatch::add(const Fill& fill, std::int32_t window, std::int32_t max_percent,
                    Timestamp now) {
  const auto id = fnv1a(fill.fill_id, fill.market.value());
  const auto known = std::ranges::find(trades_, id, &Trade::id);
  if (known == trades_.end()) {
    trades_.push_back({id, fill.state == FillState::voided});
  } else {
    known->voided |= fill.state == FillState::voided;
  }
  while (trades_.size() > static_cast<std::size_t>(std::max(window, 1))) {
    trades_.pop_front();
  }
  // Of the whole window also while it fills: one of the first three trades is no third of many.
  if (voided() * 100 > std::int64_t{max_percent} * std::max(window, 1) && !tripped_at_) {
    tripped_at_ = now;
  }
}

void VoidWatch::resume(Timestamp at) {
  if (tripped_at_ && at >= *tripped_at_) {
    tripped_at_.reset();
    trades_.clear();
  }
}

std::int64_t VoidWatch::voided() const {
  return std::ranges::count_if(trades_, &Trade::voided);
}

void VenueWatch::add(const VenueStatus& status) {
  if (status.exchange_index) {
    shards_[*status.exchange_index] = status.state;
  } else {
    whole_ = status.state;
  }
}

void VenueWatch::add(const Reconciliation& reconciliation, Timestamp now) {
  if (agrees(reconciliation) && reconciliation.failed.empty()) {
    reconciled_ = true;
    differs_since_.reset();
  } else if (!differs_since_) {
    differs_since_ = now;
  }
}

VenueState VenueWatch::state(std::int32_t exchange_index) const {
  const auto shard = shards_.find(exchange_index);
  return shard == shards_.end() ? whole_ : std::max(whole_, shard->second);
}

} // namespace arbees
