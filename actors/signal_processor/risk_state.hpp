#pragma once

#include <deque>
#include <map>
#include <span>
#include <vector>

#include "actors/messages/control.hpp"
#include "actors/messages/position.hpp"
#include "actors/signal_processor/day_pnl.hpp"
#include "actors/signal_processor/pair_book.hpp"
#include "actors/signal_processor/risk_config.hpp"
#include "actors/signal_processor/venue_watch.hpp"

namespace arbees {

/// The legs that a signal uses: both for arbitrage, the first for a directional one.
std::span<const SignalLeg> legs_of(const Signal& signal);

RouteKey route_of(const Signal& signal);

/// True if `leg` of `contract` pays a dollar exactly when the contract is true, or exactly when it
/// is false.
bool expresses(const Contract& contract, const SignalLeg& leg, bool when_true);

/// What a pair pays in each branch, and the SettlementFlag bits of those in which it may lose.
struct PairRules {
  PayoffMatrix payoffs;
  std::uint8_t tail_flags = 0;
  std::array<std::int32_t, 2> lockup_hours{}; ///< by leg, from the game's start
};

/// What the filters know beside the signal: markets, feeds, venues, money, and what is in flight
/// and held.
class RiskState {
public:
  explicit RiskState(const RiskConfig& config);

  // What happened.
  void advance(Timestamp now);
  void add(const MatchedGame& match);
  void add(const FeedStatus& status);
  void add(const BalanceUpdate& balance);
  void add(const OrderReport& report);
  void add(const Fill& fill);
  void add(const PairClosed& closed);
  void add(const GameEnded& ended);
  void add(const VenueStatus& status);
  void add(const Settlement& settlement);
  /// A state of `active` also means that a person has seen today's losses and voided trades.
  void add(const TradingControl& control);
  void add(const Reconciliation& reconciliation);
  /// A pair of an earlier run, before anything else is heard. Its markets and rules are learnt with
  /// the game's match.
  void add(const PairRestored& restored);
  void add(const ExitEnded& ended);
  void approve(const ExecutionRequest& request);
  void approve(const ExitRequest& request);
  /// A signal of this epoch was heard: an older one of its game is no longer listened to.
  void hear_epoch(const Signal& signal);

  // What the filters ask.
  [[nodiscard]] Timestamp now() const { return now_; }
  [[nodiscard]] const MarketSpec* market(MarketId id) const;
  [[nodiscard]] const MatchedGame* game(GameId id) const;
  [[nodiscard]] const Contract* contract(const Signal& signal) const;
  [[nodiscard]] bool tradable(GameId game) const;
  /// Nothing if a venue's rules for this kind of market are not known. @pre as for hedged legs
  [[nodiscard]] std::optional<PairRules>
  rules(const Signal& signal, League league, const Contract& contract) const;
  [[nodiscard]] const TradingControl& control() const { return control_; }
  [[nodiscard]] std::optional<bool> connected(Venue venue) const;
  [[nodiscard]] const VenueWatch& venue(Venue venue) const;
  [[nodiscard]] std::uint64_t epoch(GameId game) const;
  [[nodiscard]] std::optional<Timestamp> last_closed(const RouteKey& route) const;
  [[nodiscard]] const PairBook& pairs() const { return pairs_; }
  [[nodiscard]] bool in_flight(const RouteKey& route) const { return pairs_.in_flight(route); }
  [[nodiscard]] std::int64_t in_flight(GameId game) const { return pairs_.in_flight(game); }
  [[nodiscard]] std::size_t pairs_in_flight() const { return pairs_.in_flight(); }
  /// Pairs approved since then. @pre at most an hour ago
  [[nodiscard]] std::int64_t approved_since(Timestamp then) const;
  [[nodiscard]] bool exit_in_flight(PairId pair) const { return exits_.contains(pair); }
  /// Exits approved since then. @pre at most a minute ago
  [[nodiscard]] std::int64_t exits_since(Timestamp then) const;
  /// Why no pair is opened any more today; nothing if the day's losses are within their limits.
  [[nodiscard]] std::optional<std::string> loss_limit_passed() const;
  /// Orders of the game of which nobody knows what became.
  [[nodiscard]] std::int64_t unknown_orders(GameId game) const;
  [[nodiscard]] Money exposure(GameId game) const { return pairs_.exposure(game); }
  [[nodiscard]] Money exposure() const { return pairs_.exposure(); }
  [[nodiscard]] const DayPnl& day() const { return day_; }
  /// What may still be spent on `market`, pairs in flight deducted; nothing if nobody has said. A
  /// sharded venue looks at the money of the market's own shard (venues/kalshi.md 5.6); what is in
  /// flight on another shard is deducted all the same, until the venue tells the balance anew.
  [[nodiscard]] std::optional<Money> free_balance(const MarketSpec& market) const;

private:
  struct Account {
    std::optional<Money> available; ///< as last told, over all shards
    std::vector<ShardBalance> shards;
    Money spent; ///< since then
  };

  struct UnknownOrder {
    PairId pair;
    GameId game;
  };

  void clean_up();
  [[nodiscard]] std::optional<GameId> game_of(const OrderReport& report) const;
  [[nodiscard]] std::optional<Venue> venue_of(const Fill& fill) const;
  [[nodiscard]] RiskPair risk_pair(const ExecutionRequest& request) const;
  void learn_restored(GameId game);

  RiskConfig config_;
  Timestamp now_{};
  Timestamp cleaned_at_{};
  TradingControl control_;
  std::map<GameId, MatchedGame> games_;
  std::map<MarketId, MarketSpec> markets_;
  std::array<std::optional<bool>, 2> connected_{};
  std::array<VenueWatch, 2> venues_;
  std::array<Account, 2> accounts_{};
  std::map<GameId, std::uint64_t> epochs_;
  PairBook pairs_;
  std::map<RouteKey, Timestamp> closed_;
  std::map<std::string, UnknownOrder> unknown_;              ///< by client order id
  std::deque<Timestamp> approvals_;                          ///< of the last hour
  std::map<PairId, Timestamp> exits_;                        ///< under way
  std::deque<Timestamp> exit_approvals_;                     ///< of the last minute
  std::map<GameId, std::vector<ExecutionRequest>> restored_; ///< until the game is matched
  DayPnl day_;
};

/// The most that `quantity` contracts of `leg` may cost at its limit, fee included. Price plus fee
/// rises with the price, so that no cheaper level costs more. @pre the market has supported fees
Money worst_cost(const SignalLeg& leg, const MarketSpec& market, Quantity quantity);

} // namespace arbees
