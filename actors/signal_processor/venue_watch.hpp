#pragma once

#include <deque>
#include <map>
#include <optional>

#include "actors/messages/account.hpp"

namespace arbees {

/// Trades at one venue that were voided, among the latest. Trips above a share of them, and stays
/// so until somebody resumes.
class VoidWatch {
public:
  /// A trade, or what became of one. @param window trades that are looked at
  void add(const Fill& fill, std::int32_t window, std::int32_t max_percent, Timestamp now);
  /// Forgets what happened up to `at`.
  void resume(Timestamp at);

  [[nodiscard]] bool tripped() const { return tripped_at_.has_value(); }
  [[nodiscard]] std::int64_t voided() const;

private:
  struct Trade {
    std::uint64_t id = 0; ///< of market and fill
    bool voided = false;
  };

  std::deque<Trade> trades_;
  std::optional<Timestamp> tripped_at_;
};

/// How one venue stands, as its gateway, the reconciler and its fills tell.
class VenueWatch {
public:
  explicit VenueWatch(VenueState initial = VenueState::down) : whole_(initial) {}

  void add(const VenueStatus& status);
  void add(const Reconciliation& reconciliation, Timestamp now);

  /// Of the venue and of this shard of it, the stricter.
  [[nodiscard]] VenueState state(std::int32_t exchange_index) const;
  [[nodiscard]] bool ever_reconciled() const { return reconciled_; }
  /// Since when ledger and venue differ or cannot be compared; nothing if they agreed last.
  [[nodiscard]] std::optional<Timestamp> differs_since() const { return differs_since_; }

  VoidWatch voids;

private:
  VenueState whole_;
  std::map<std::int32_t, VenueState> shards_;
  bool reconciled_ = false;
  std::optional<Timestamp> differs_since_;
};

} // namespace arbees
