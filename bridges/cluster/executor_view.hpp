#pragma once

#include <map>
#include <optional>

#include "actors/messages/cluster.hpp"

namespace arbees {

/// What a process without the executor has heard of it, and what it must still ask. What is told
/// twice, by the bus and by the ledger, is told on once, the later word.
class ExecutorView {
public:
  /// @param patience how long after a request expired something must have been heard of its pair
  explicit ExecutorView(Duration patience) : patience_{patience} {}

  void advance(Timestamp now);
  [[nodiscard]] Timestamp now() const { return now_; }

  /// From now on something must be heard of the pair.
  void expect(const ExecutionRequest& request);
  void heard(PairId pair) { unheard_.erase(pair); }
  void heard(const PairClosed& closed);

  // False for what is no newer than what is known already.
  bool learn(const TradingControl& control);
  bool learn(const PairRestored& restored);
  void learn(const VenueStatus& status);

  /// How each venue and shard of it stands, as last told.
  [[nodiscard]] std::vector<VenueStatus> standing() const;

  /// Pairs that were approved, expired long ago, and of which nothing was heard.
  [[nodiscard]] std::vector<PairId> overdue() const;
  /// The end of a pair that the executor never heard of; nothing if it was not expected.
  std::optional<PairClosed> give_up(PairId pair);

private:
  Duration patience_;
  Timestamp now_;
  Timestamp forgot_at_;
  std::optional<TradingControl> control_;
  std::map<PairId, ExecutionRequest> unheard_;
  std::map<PairId, PairClosed> closed_; ///< the last end of each, of the last day
  std::map<std::pair<Venue, std::optional<std::int32_t>>, VenueStatus> venues_;
};

} // namespace arbees
