#pragma once

#include <map>
#include <span>
#include <vector>

#include "actors/messages/account.hpp"
#include "actors/messages/control.hpp"
#include "actors/signal_processor/risk_config.hpp"

namespace arbees {

/// The legs that a signal uses: both for arbitrage, the first for a directional one.
std::span<const SignalLeg> legs_of(const Signal& signal);

/// Two signals with the same route want to buy the same things.
struct RouteKey {
  ContractId contract;
  std::array<MarketId, 2> markets;
  std::array<Side, 2> sides{};

  auto operator<=>(const RouteKey&) const = default;
};

RouteKey route_of(const Signal& signal);

/// What the filters know beside the signal: markets, feeds, money, and what is in flight and held.
/// A pair in flight counts with the most that it may cost, a closed one with what it left behind.
class RiskState {
public:
  explicit RiskState(const RiskConfig& config);

  // What happened.
  void advance(Timestamp now);
  void add(const MatchedGame& match);
  void add(const FeedStatus& status);
  void add(const BalanceUpdate& balance);
  void add(const OrderReport& report);
  void add(const PairClosed& closed);
  void add(const GameEnded& ended);
  void add(const VenueStatus& status);
  void add(const Settlement& settlement);
  void add(const TradingControl& control);
  void add(const Reconciliation& reconciliation);
  void approve(const ExecutionRequest& request);
  /// A signal of this epoch was heard: an older one of its game is no longer listened to.
  void hear_epoch(const Signal& signal);

  // What the filters ask.
  [[nodiscard]] Timestamp now() const { return now_; }
  [[nodiscard]] const MarketSpec* market(MarketId id) const;
  [[nodiscard]] const Contract* contract(const Signal& signal) const;
  [[nodiscard]] bool tradable(GameId game) const;
  [[nodiscard]] std::optional<bool> connected(Venue venue) const;
  [[nodiscard]] std::uint64_t epoch(GameId game) const;
  [[nodiscard]] bool in_flight(const RouteKey& route) const;
  [[nodiscard]] std::optional<Timestamp> last_closed(const RouteKey& route) const;
  [[nodiscard]] std::int64_t in_flight(GameId game) const;
  [[nodiscard]] Money exposure(GameId game) const;
  [[nodiscard]] Money exposure() const;
  /// What may still be spent on `market`, pairs in flight deducted; nothing if nobody has said. A
  /// sharded venue looks at the money of the market's own shard (venues/kalshi.md 5.6); what is in
  /// flight on another shard is deducted all the same, until the venue tells the balance anew.
  [[nodiscard]] std::optional<Money> free_balance(const MarketSpec& market) const;
  [[nodiscard]] std::size_t pairs_in_flight() const { return in_flight_.size(); }

private:
  struct OpenPair {
    GameId game;
    RouteKey route;
    Money exposure;                          ///< the most that both legs may cost
    std::map<Venue, Money> reserved;         ///< the most that its orders may cost there
    std::map<Venue, Money> spent;            ///< what its orders have cost there so far
    std::map<std::string, Money> order_cost; ///< by client order id, negative for sales
  };

  struct Account {
    std::optional<Money> available; ///< as last told, over all shards
    std::vector<ShardBalance> shards;
    Money spent; ///< since then
  };

  RiskConfig config_;
  Timestamp now_{};
  std::map<GameId, MatchedGame> games_;
  std::map<MarketId, MarketSpec> markets_;
  std::array<std::optional<bool>, 2> connected_{};
  std::array<Account, 2> accounts_{};
  std::map<GameId, std::uint64_t> epochs_;
  std::map<PairId, OpenPair> in_flight_;
  std::map<GameId, std::map<PairId, Money>> held_;
  std::map<RouteKey, Timestamp> closed_;
};

/// The most that `quantity` contracts of `leg` may cost at its limit, fee included. Price plus fee
/// rises with the price, so that no cheaper level costs more. @pre the market has supported fees
Money worst_cost(const SignalLeg& leg, const MarketSpec& market, Quantity quantity);

} // namespace arbees
