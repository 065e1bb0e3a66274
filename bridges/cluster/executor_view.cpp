#include "bridges/cluster/executor_view.hpp"

#include <algorithm>

namespace arbees {

namespace {

constexpr Duration memory = std::chrono::hours{25};

} // namespace

void ExecutorView::advance(Timestamp now) {
  now_ = std::max(now_, now);
  if (now_ - forgot_at_ < std::chrono::minutes{10}) {
    return;
  }
  forgot_at_ = now_;
  std::erase_if(closed_, [&](const auto& entry) { return now_ - entry.second.closed_at > memory; });
}

void ExecutorView::expect(const ExecutionRequest& request) {
  if (!closed_.contains(request.pair)) {
    unheard_.emplace(request.pair, request);
  }
}

void ExecutorView::heard(const PairClosed& closed) {
  unheard_.erase(closed.pair);
  const auto [entry, is_new] = closed_.try_emplace(closed.pair, closed);
  if (!is_new && entry->second.revision <= closed.revision) {
    entry->second = closed;
  }
}

bool ExecutorView::learn(const TradingControl& control) {
  if (control_ && control.at <= control_->at) {
    return false;
  }
  control_ = control;
  return true;
}

bool ExecutorView::learn(const PairRestored& restored) {
  const auto id = restored.pair.request.pair;
  unheard_.erase(id);
  const auto known = closed_.find(id);
  if (restored.closed) {
    if (known != closed_.end() && restored.closed->revision <= known->second.revision) {
      return false;
    }
    heard(*restored.closed);
    return true;
  }
  // An open pair that was heard to have ended: the ledger was read a moment too early.
  return known == closed_.end();
}

void ExecutorView::learn(const VenueStatus& status) {
  auto& known = venues_[{status.venue, status.exchange_index}];
  if (status.at >= known.at) {
    known = status;
  }
}

std::vector<VenueStatus> ExecutorView::standing() const {
  std::vector<VenueStatus> all;
  for (const auto& [shard, status] : venues_) {
    all.push_back(status);
  }
  return all;
}

std::vector<PairId> ExecutorView::overdue() const {
  std::vector<PairId> pairs;
  for (const auto& [pair, request] : unheard_) {
    if (now_ - request.signal.expires_at > patience_) {
      pairs.push_back(pair);
    }
  }
  return pairs;
}

std::optional<PairClosed> ExecutorView::give_up(PairId pair) {
  const auto node = unheard_.extract(pair);
  if (!node) {
    return std::nullopt;
  }
  const auto& request = node.mapped();
  return PairClosed{.pair = request.pair,
                    .signal = request.signal.id,
                    .game = request.signal.game,
                    .outcome = PairOutcome::void_,
                    .requested = request.quantity,
                    .triggered_by = request.signal.triggered_by,
                    .opened_at = now_,
                    .closed_at = now_,
                    .reason = "never_reached_executor"};
}

} // namespace arbees
