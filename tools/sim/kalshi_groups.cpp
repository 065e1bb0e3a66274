#include "tools/sim/kalshi_groups.hpp"

namespace arbees::sim {

Quantity KalshiOrderGroup::matched(UnixMillis now_ms) const {
  auto sum = Quantity{0};
  for (const auto& match : matches_) {
    sum += match.at_ms > now_ms - group_window_ms ? match.size : Quantity{0};
  }
  return sum;
}

KalshiOrderGroup& KalshiGroups::create(int account, int shard, Quantity limit) {
  Random random{++made_ * 6'700'417};
  auto id = make_uuid(random);
  auto& group = groups_[id];
  group.id = std::move(id);
  group.account = account;
  group.shard = shard;
  group.limit = limit;
  return group;
}

KalshiOrderGroup* KalshiGroups::find(int account, std::string_view id) {
  const auto found = groups_.find(id);
  return found == groups_.end() || found->second.account != account ? nullptr : &found->second;
}

const KalshiOrderGroup* KalshiGroups::find(int account, std::string_view id) const {
  const auto found = groups_.find(id);
  return found == groups_.end() || found->second.account != account ? nullptr : &found->second;
}

std::vector<const KalshiOrderGroup*> KalshiGroups::of(int account) const {
  std::vector<const KalshiOrderGroup*> found;
  for (const auto& [id, group] : groups_) {
    if (group.account == account) {
      found.push_back(&group);
    }
  }
  return found;
}

bool KalshiGroups::check(KalshiOrderGroup& group, UnixMillis now_ms) {
  const auto over = !group.triggered && group.matched(now_ms) > group.limit;
  group.triggered = group.triggered || over;
  return over;
}

bool KalshiGroups::add_match(const std::string& id, UnixMillis now_ms, Quantity size) {
  const auto found = groups_.find(id);
  if (found == groups_.end()) {
    return false;
  }
  auto& group = found->second;
  auto& matches = group.matches_;
  while (!matches.empty() && matches.front().at_ms <= now_ms - group_window_ms) {
    matches.pop_front();
  }
  matches.push_back({now_ms, size});
  return check(group, now_ms);
}

bool KalshiGroups::set_limit(KalshiOrderGroup& group, UnixMillis now_ms, Quantity limit) {
  group.limit = limit;
  return check(group, now_ms);
}

void KalshiGroups::reset(KalshiOrderGroup& group) {
  group.triggered = false;
  group.matches_.clear();
}

} // namespace arbees::sim
