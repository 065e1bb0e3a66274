#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "tools/sim/matching_engine.hpp"
#include "tools/sim/slate.hpp"

namespace arbees::sim {

/// Over which time an order group's matched contracts are added up.
inline constexpr UnixMillis group_window_ms = 15'000;

/// Orders of one account and shard that end together (fact sheet kalshi, section 5.8).
struct KalshiOrderGroup {
  std::string id{}; ///< UUID
  int account = 0;
  int shard = 0;
  Quantity limit{};
  bool triggered = false;        ///< takes no orders until it is reset
  std::vector<OrderId> orders{}; ///< all that ever named it

  /// What matched within the window that ends at `now_ms`.
  [[nodiscard]] Quantity matched(UnixMillis now_ms) const;

private:
  friend class KalshiGroups;
  struct Match {
    UnixMillis at_ms = 0;
    Quantity size;
  };
  std::deque<Match> matches_;
};

/// The order groups of all accounts. It only counts: cancelling is up to who is told that a group
/// was triggered.
class KalshiGroups {
public:
  KalshiOrderGroup& create(int account, int shard, Quantity limit);
  /// Null unless `account` has such a group.
  [[nodiscard]] KalshiOrderGroup* find(int account, std::string_view id);
  [[nodiscard]] const KalshiOrderGroup* find(int account, std::string_view id) const;
  void remove(const std::string& id) { groups_.erase(id); }
  [[nodiscard]] std::vector<const KalshiOrderGroup*> of(int account) const;

  /// Adds a fill. Returns whether it has just triggered the group: more than its limit within the
  /// window.
  bool add_match(const std::string& id, UnixMillis now_ms, Quantity size);
  /// Sets a limit. Returns whether what has matched by now just triggered the group.
  static bool set_limit(KalshiOrderGroup& group, UnixMillis now_ms, Quantity limit);
  /// Clears the trigger and what has matched.
  static void reset(KalshiOrderGroup& group);

private:
  static bool check(KalshiOrderGroup& group, UnixMillis now_ms);

  std::map<std::string, KalshiOrderGroup, std::less<>> groups_;
  std::uint64_t made_ = 0;
};

} // namespace arbees::sim
