#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "actors/market/settlement_rules.hpp"
#include "actors/messages/account.hpp"

namespace arbees {

/// Two signals with the same route want to buy the same things.
struct RouteKey {
  ContractId contract;
  std::array<MarketId, 2> markets;
  std::array<Side, 2> sides{};

  auto operator<=>(const RouteKey&) const = default;
};

/// Money by Branch.
using BranchMoney = std::array<Money, branch_count>;

/// One purchase of a pair, as far as risk is concerned.
struct RiskLeg {
  MarketId market;
  Venue venue = Venue::kalshi;
  std::int32_t exchange_index = 0;
  Side side = Side::yes;
  Price limit;
  Money reserved; ///< the most that its orders may cost
  Money spent{};  ///< what its orders have cost so far, less what they brought
};

/// A pair that was approved, or of which only the end was heard.
struct RiskPair {
  GameId game;
  std::optional<League> league;
  RouteKey route;
  Quantity quantity;
  std::vector<RiskLeg> legs; ///< by leg; empty if nobody told them
  /// Dollars per contract that both legs pay at worst; a dollar where the rules agree.
  BranchMoney worst_payoffs{};
};

/// Where the pairs stand that were ever approved. Their sum is `approved`.
struct PairCounts {
  std::int64_t approved = 0;
  std::int64_t in_flight = 0;
  std::int64_t held = 0;    ///< closed with contracts that are not settled
  std::int64_t ended = 0;   ///< closed with none
  std::int64_t settled = 0; ///< paid by the venues, or their game is over
};

/// Every pair from its approval to its last payment, and what all of them put at risk: in flight
/// with the most that it may cost, held with what it cost, settled with nothing.
class PairBook {
public:
  // What happened.
  void open(PairId id, RiskPair pair);
  /// Returns by how much the money spent at the order's venue has changed.
  Money add(const OrderReport& report);
  /// Returns by how much realised profit has changed. Earlier revisions change nothing.
  Money add(const PairClosed& closed, std::optional<League> league);
  /// The same.
  Money add(const Settlement& settlement);
  void end(GameId game);
  /// The game is played after all.
  void reopen(GameId game);
  /// What was not known when the pair was opened is known now.
  void learn(PairId id, RiskPair pair);
  /// Drops pairs of which nothing more is expected.
  void forget(Timestamp now);

  // What is asked.
  [[nodiscard]] bool known(PairId id) const;
  [[nodiscard]] const RiskPair* find(PairId id) const;
  /// How it ended last; nothing if it is in flight or unknown.
  [[nodiscard]] const PairClosed* closed(PairId id) const;
  [[nodiscard]] bool in_flight(const RouteKey& route) const;
  [[nodiscard]] std::int64_t in_flight(GameId game) const;
  [[nodiscard]] std::size_t in_flight() const { return in_flight_.size(); }
  /// What the orders in flight may still cost at a venue.
  [[nodiscard]] Money reserved(Venue venue) const;
  [[nodiscard]] Money exposure() const { return sums_.total; }
  [[nodiscard]] Money exposure(GameId game) const;
  [[nodiscard]] Money exposure(ContractId contract) const;
  [[nodiscard]] Money exposure(League league) const;
  [[nodiscard]] Money exposure(Venue venue) const;
  [[nodiscard]] Money exposure(Venue venue, std::int32_t exchange_index) const;
  /// What the pairs of a game may lose together in a branch.
  [[nodiscard]] Money tail_loss(GameId game, Branch branch) const;
  [[nodiscard]] PairCounts counts() const;

private:
  /// What of a pair is in the sums.
  struct Counted {
    std::array<Money, 2> legs{};
    Money elsewhere; ///< of legs that nobody told
    BranchMoney tails{};
  };

  struct Record {
    RiskPair pair;
    std::map<std::string, Money> order_cost; ///< by client order id, negative for sales
    std::optional<PairClosed> closed;
    Money realised; ///< as returned so far
    Counted counted;
  };

  struct Sums {
    Money total;
    std::map<GameId, Money> games;
    std::map<ContractId, Money> contracts;
    std::map<League, Money> leagues;
    std::map<Venue, Money> venues;
    std::map<std::pair<Venue, std::int32_t>, Money> shards;
    std::map<GameId, BranchMoney> tails;
  };

  using Records = std::map<PairId, Record>;

  Record* record(PairId id);
  [[nodiscard]] const Settlement* settlement(const RiskLeg& leg) const;
  [[nodiscard]] Counted count_in_flight(const Record& record) const;
  [[nodiscard]] Counted count_held(const Record& record) const;
  [[nodiscard]] Money realised(const Record& record) const;
  [[nodiscard]] bool settled(const Record& record) const;
  void recount(Record& record);
  void recount(GameId game);
  void add_to_sums(const Record& record, bool take_away);

  Records in_flight_;
  Records closed_;
  std::map<std::pair<MarketId, Side>, Settlement> settlements_;
  std::set<GameId> over_;
  Sums sums_;
  PairCounts forgotten_;
};

} // namespace arbees
