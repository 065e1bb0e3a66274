#pragma once

#include <memory>
#include <set>

#include "actors/market/settlement_rules.hpp"
#include "actors/messages/control.hpp"
#include "actors/messages/telemetry.hpp"
#include "actors/position_tracker/exit_rules.hpp"
#include "actors/position_tracker/leg_book.hpp"

namespace arbees {

/// What an event led to.
struct TrackerNews {
  std::vector<PositionUpdate> updates;
  std::vector<ExitSignal> exits;
  std::vector<std::pair<Venue, MarketId>> follow; ///< books of these are wanted from now on
  std::vector<PositionUpdate> kept; ///< told for the first time: flatten could not sell these
};

/// Every pair that holds contracts as one position: what it cost, what it is worth, and when it
/// should be sold (architecture section 6, hazards 8). Executions are what counts, with the state
/// that each has now; a payment counts as it was told last.
class PositionTracker {
public:
  /// @param rules for the estimates of lock-up; may be null
  PositionTracker(PositionConfig config, std::shared_ptr<const SettlementTable> rules);

  TrackerNews apply(const PairRestored& restored);
  TrackerNews apply(const ExecutionRequest& request);
  TrackerNews apply(const Fill& fill);
  TrackerNews apply(const PairClosed& closed);
  TrackerNews apply(const Settlement& settlement);
  TrackerNews apply(const TradingControl& control);
  TrackerNews apply(const ExitRejected& rejected);
  TrackerNews apply(const ExitEnded& ended);
  TrackerNews apply(const BookUpdate& book);
  TrackerNews apply(const Tick& tick);
  void apply(const MatchedGame& match);
  TrackerNews apply(const GameUpdate& update);
  TrackerNews apply(const GameEnded& ended);

  /// Nothing if nobody ever heard of it, or it never held anything.
  [[nodiscard]] std::optional<PositionUpdate> position(PairId id) const;
  [[nodiscard]] std::vector<PositionUpdate> held() const;
  [[nodiscard]] PositionsSnapshot snapshot() const;
  [[nodiscard]] std::map<std::string, std::int64_t> metrics() const;
  [[nodiscard]] const PositionConfig& config() const { return config_; }

private:
  struct PendingExit {
    SignalId id;
    Timestamp since;
  };
  struct Tracked {
    PairId id;
    std::optional<ExecutionRequest> request;
    GameId game;
    std::map<MarketId, LegFills> fills;
    std::array<LegBook, 2> legs;
    std::optional<PairClosed> closed;
    std::optional<PendingExit> exit;
    Timestamp retry_at; ///< no exit before
    Timestamp opened_at;
    Timestamp told_at;
    std::optional<PositionUpdate> told;
    std::string reason;
    std::string kept; ///< why flatten could not sell it, as told last
    bool held_ever = false;
  };

  Tracked& tracked(PairId id);
  void
  take_over(Tracked& it, const ExecutionRequest& request, Timestamp opened_at, TrackerNews& news);
  void take_fill(Tracked& it, const Fill& fill);
  void recount(Tracked& it);
  void follow(const Tracked& it, TrackerNews& news);
  [[nodiscard]] PositionState state(const Tracked& it) const;
  [[nodiscard]] std::optional<std::int32_t> lockup_hours(const Tracked& it) const;
  [[nodiscard]] std::optional<League> league(GameId game) const;
  [[nodiscard]] const MarketSpec* market(MarketId id) const;
  [[nodiscard]] const BookUpdate* book(MarketId id) const;
  [[nodiscard]] PositionUpdate update_of(const Tracked& it) const;
  [[nodiscard]] static bool holds(const Tracked& it);
  void look(Tracked& it, TrackerNews& news);
  void seek_exit(Tracked& it, TrackerNews& news);
  void tell(Tracked& it, TrackerNews& news);
  void forget();

  PositionConfig config_;
  std::shared_ptr<const SettlementTable> rules_;
  Timestamp now_{};
  Timestamp looked_at_{};
  std::map<PairId, Tracked> positions_;
  std::map<MarketId, std::set<PairId>> by_market_; ///< that hold something
  std::map<MarketId, MarketSpec> markets_;
  std::map<GameId, MatchedGame> games_;
  std::map<MarketId, BookUpdate> books_; ///< of markets that are followed
  std::set<MarketId> followed_;
  std::map<std::pair<MarketId, Side>, Settlement> settlements_;
  TradingState trading_ = TradingState::active;
  std::map<std::string, std::int64_t> counters_;
  Money forgotten_realised_;
  Money forgotten_fees_;
  std::int64_t forgotten_closed_ = 0;
  std::int64_t forgotten_settled_ = 0;
};

} // namespace arbees
