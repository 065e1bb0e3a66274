#include "actors/signal_processor/risk_state.hpp"

#include <algorithm>

#include "actors/market/fees.hpp"

namespace arbees {

namespace {

std::size_t index(Venue venue) {
  return static_cast<std::size_t>(venue);
}

} // namespace

std::span<const SignalLeg> legs_of(const Signal& signal) {
  return std::span{signal.legs}.first(signal.type == SignalType::arbitrage ? 2 : 1);
}

RouteKey route_of(const Signal& signal) {
  return {signal.contract,
          {signal.legs[0].market, signal.legs[1].market},
          {signal.legs[0].side, signal.legs[1].side}};
}

Money worst_cost(const SignalLeg& leg, const MarketSpec& market, Quantity quantity) {
  return notional(leg.limit, quantity, Rounding::up)
         + taker_fee_bound(*market.fees, leg.limit, quantity);
}

RiskState::RiskState(const RiskConfig& config) : config_(config) {
  for (std::size_t i = 0; i < accounts_.size(); ++i) {
    accounts_[i].available = config.paper_balance[i];
  }
}

void RiskState::advance(Timestamp now) {
  now_ = std::max(now_, now);
  std::erase_if(closed_,
                [&](const auto& entry) { return now_ - entry.second >= config_.repeat_after; });
}

void RiskState::add(const MatchedGame& match) {
  if (const auto known = games_.find(match.game.id); known != games_.end()) {
    for (const auto& market : known->second.markets) {
      markets_.erase(market.id);
    }
  }
  for (const auto& market : match.markets) {
    markets_.insert_or_assign(market.id, market);
  }
  games_.insert_or_assign(match.game.id, match);
}

void RiskState::add(const FeedStatus& status) {
  connected_[index(status.venue)] = status.connected;
}

void RiskState::add(const BalanceUpdate& balance) {
  accounts_[index(balance.venue)] = {.available = balance.available, .shards = balance.shards};
}

void RiskState::add(const OrderReport& report) {
  const auto cost =
    report.action == Action::buy ? report.notional + report.fee : report.fee - report.notional;
  const auto pair = in_flight_.find(report.pair);
  if (pair == in_flight_.end()) {
    return; // another executor's, or closed before: its balance comes from the venue
  }
  auto& so_far = pair->second.order_cost[report.client_order_id];
  const auto change = cost - so_far;
  so_far = cost;
  pair->second.spent[report.venue] += change;
  accounts_[index(report.venue)].spent += change;
}

void RiskState::add(const PairClosed& closed) {
  advance(closed.closed_at);
  if (const auto pair = in_flight_.find(closed.pair); pair != in_flight_.end()) {
    closed_.insert_or_assign(pair->second.route, closed.closed_at);
    in_flight_.erase(pair);
  }
  const auto holds = closed.held[0] > Quantity{0} || closed.held[1] > Quantity{0};
  const auto cost = closed.cost + closed.fees;
  // A game that has ended holds nothing any more, also for a pair that was closed after it.
  if (holds && cost > Money{0} && games_.contains(closed.game)) {
    held_[closed.game].insert_or_assign(closed.pair, cost);
  } else if (const auto game = held_.find(closed.game); game != held_.end()) {
    game->second.erase(closed.pair);
  }
}

void RiskState::add(const GameEnded& ended) {
  const auto id = ended.game.id;
  held_.erase(id);
  epochs_.erase(id);
  if (const auto known = games_.find(id); known != games_.end()) {
    for (const auto& market : known->second.markets) {
      markets_.erase(market.id);
    }
    games_.erase(known);
  }
}

void RiskState::approve(const ExecutionRequest& request) {
  const auto& signal = request.signal;
  OpenPair pair{.game = signal.game, .route = route_of(signal)};
  for (const auto& leg : legs_of(signal)) {
    const auto* const spec = market(leg.market);
    assert(spec != nullptr && spec->fees); // the filters have looked
    const auto cost = worst_cost(leg, *spec, request.quantity);
    pair.exposure += cost;
    pair.reserved[leg.venue] += cost;
  }
  in_flight_.insert_or_assign(request.pair, std::move(pair));
}

void RiskState::hear_epoch(const Signal& signal) {
  auto& epoch = epochs_[signal.game];
  epoch = std::max(epoch, signal.assignment_epoch);
}

const MarketSpec* RiskState::market(MarketId id) const {
  const auto found = markets_.find(id);
  return found == markets_.end() ? nullptr : &found->second;
}

const Contract* RiskState::contract(const Signal& signal) const {
  const auto game = games_.find(signal.game);
  if (game == games_.end()) {
    return nullptr;
  }
  const auto& contracts = game->second.contracts;
  const auto found = std::ranges::find(contracts, signal.contract, &Contract::id);
  return found == contracts.end() ? nullptr : &*found;
}

bool RiskState::tradable(GameId game) const {
  const auto found = games_.find(game);
  return found != games_.end() && found->second.tradable;
}

std::optional<bool> RiskState::connected(Venue venue) const {
  return connected_[index(venue)];
}

std::uint64_t RiskState::epoch(GameId game) const {
  const auto found = epochs_.find(game);
  return found == epochs_.end() ? 0 : found->second;
}

bool RiskState::in_flight(const RouteKey& route) const {
  return std::ranges::any_of(in_flight_,
                             [&](const auto& entry) { return entry.second.route == route; });
}

std::optional<Timestamp> RiskState::last_closed(const RouteKey& route) const {
  const auto found = closed_.find(route);
  return found == closed_.end() ? std::nullopt : std::optional{found->second};
}

std::int64_t RiskState::in_flight(GameId game) const {
  return std::ranges::count_if(in_flight_,
                               [&](const auto& entry) { return entry.second.game == game; });
}

Money RiskState::exposure(GameId game) const {
  Money sum;
  for (const auto& [id, pair] : in_flight_) {
    sum += pair.game == game ? pair.exposure : Money{0};
  }
  if (const auto held = held_.find(game); held != held_.end()) {
    for (const auto& [id, cost] : held->second) {
      sum += cost;
    }
  }
  return sum;
}

Money RiskState::exposure() const {
  Money sum;
  for (const auto& [id, pair] : in_flight_) {
    sum += pair.exposure;
  }
  for (const auto& [game, pairs] : held_) {
    for (const auto& [id, cost] : pairs) {
      sum += cost;
    }
  }
  return sum;
}

std::optional<Money> RiskState::free_balance(const MarketSpec& market) const {
  const auto venue = market.ref.venue;
  const auto& account = accounts_[index(venue)];
  if (!account.available) {
    return std::nullopt;
  }
  auto free = *account.available;
  if (!account.shards.empty()) {
    const auto shard =
      std::ranges::find(account.shards, market.exchange_index, &ShardBalance::exchange_index);
    free = shard == account.shards.end() ? Money{0} : shard->available;
  }
  free -= account.spent;
  for (const auto& [id, pair] : in_flight_) {
    const auto reserved = pair.reserved.find(venue);
    const auto spent = pair.spent.find(venue);
    const auto still = (reserved == pair.reserved.end() ? Money{0} : reserved->second)
                       - (spent == pair.spent.end() ? Money{0} : spent->second);
    free -= std::max(still, Money{0});
  }
  return free;
}

void RiskState::add(const VenueStatus&) {}
void RiskState::add(const Settlement&) {}
void RiskState::add(const TradingControl&) {}
void RiskState::add(const Reconciliation&) {}

} // namespace arbees
