#include "actors/signal_processor/risk_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "actors/market/fees.hpp"

namespace arbees {

namespace {

constexpr Duration cleaning_interval = std::chrono::minutes{1};
constexpr Duration exit_patience = std::chrono::minutes{15};

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

bool expresses(const Contract& contract, const SignalLeg& leg, bool when_true) {
  return std::ranges::any_of(contract.expressions, [&](const Expression& expression) {
    return expression.market == leg.market && (expression.pays == leg.side) == when_true;
  });
}

Money worst_cost(const SignalLeg& leg, const MarketSpec& market, Quantity quantity) {
  const auto liquidity = leg.post_only ? Liquidity::maker : Liquidity::taker;
  return notional(leg.limit, quantity, Rounding::up)
         + fee_bound(*market.fees, liquidity, leg.limit, quantity);
}

RiskState::RiskState(const RiskConfig& config)
  : config_(config),
    venues_{VenueWatch{config.initial_venue_state[0]}, VenueWatch{config.initial_venue_state[1]}} {
  for (std::size_t i = 0; i < accounts_.size(); ++i) {
    accounts_[i].available = config.paper_balance[i];
  }
}

void RiskState::advance(Timestamp now) {
  now_ = std::max(now_, now);
  day_.advance(now_);
  while (!approvals_.empty() && now_ - approvals_.front() >= std::chrono::hours{1}) {
    approvals_.pop_front();
  }
  while (!exit_approvals_.empty() && now_ - exit_approvals_.front() >= std::chrono::minutes{1}) {
    exit_approvals_.pop_front();
  }
  if (now_ - cleaned_at_ >= cleaning_interval) {
    clean_up();
  }
}

void RiskState::clean_up() {
  cleaned_at_ = now_;
  pairs_.forget(now_);
  // The executor answers every exit: this is for one that went down.
  std::erase_if(exits_, [&](const auto& entry) { return now_ - entry.second >= exit_patience; });
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
  pairs_.reopen(match.game.id);
  learn_restored(match.game.id);
}

void RiskState::add(const FeedStatus& status) {
  connected_[index(status.venue)] = status.connected;
}

void RiskState::add(const BalanceUpdate& balance) {
  accounts_[index(balance.venue)] = {.available = balance.available, .shards = balance.shards};
}

void RiskState::add(const OrderReport& report) {
  if (report.status != OrderStatus::unknown) {
    unknown_.erase(report.client_order_id);
  } else if (const auto game = game_of(report)) {
    unknown_.insert_or_assign(report.client_order_id, UnknownOrder{report.pair, *game});
  }
  accounts_[index(report.venue)].spent += pairs_.add(report);
}

void RiskState::add(const Fill& fill) {
  if (const auto venue = venue_of(fill)) {
    venues_[index(*venue)].voids.add(fill, config_.void_window, config_.max_void_percent, now_);
  }
}

void RiskState::add(const PairClosed& closed) {
  advance(closed.closed_at);
  std::optional<League> league;
  if (const auto* const known = game(closed.game)) {
    league = known->game.league;
  }
  day_.book(closed.closed_at, pairs_.add(closed, league));
  if (const auto* const pair = pairs_.find(closed.pair); pair != nullptr && !pair->legs.empty()) {
    auto& last = closed_[pair->route];
    last = std::max(last, closed.closed_at);
  }
  std::erase_if(unknown_, [&](const auto& entry) { return entry.second.pair == closed.pair; });
}

void RiskState::add(const GameEnded& ended) {
  const auto id = ended.game.id;
  pairs_.end(id);
  epochs_.erase(id);
  if (const auto known = games_.find(id); known != games_.end()) {
    for (const auto& market : known->second.markets) {
      markets_.erase(market.id);
    }
    games_.erase(known);
  }
}

void RiskState::add(const VenueStatus& status) {
  venues_[index(status.venue)].add(status);
}

void RiskState::add(const Settlement& settlement) {
  // A venue that gives no stamp, or one from the future, means now.
  const auto at = settlement.at == Timestamp{} ? now_ : std::min(settlement.at, now_);
  day_.book(at, pairs_.add(settlement));
}

void RiskState::add(const TradingControl& control) {
  control_ = control;
  if (control.state == TradingState::active) {
    day_.resume(control.at);
    for (auto& venue : venues_) {
      venue.voids.resume(control.at);
    }
  }
}

void RiskState::add(const Reconciliation& reconciliation) {
  advance(reconciliation.at);
  venues_[index(reconciliation.venue)].add(reconciliation, now_);
}

void RiskState::approve(const ExecutionRequest& request) {
  pairs_.open(request.pair, risk_pair(request));
  approvals_.push_back(now_);
}

void RiskState::approve(const ExitRequest& request) {
  exits_.insert_or_assign(request.exit.position, now_);
  exit_approvals_.push_back(now_);
}

void RiskState::add(const ExitEnded& ended) {
  advance(ended.at);
  exits_.erase(ended.position);
}

std::int64_t RiskState::exits_since(Timestamp then) const {
  return exit_approvals_.end() - std::ranges::lower_bound(exit_approvals_, then);
}

/// Limits, shards and rules are not known before the game is matched again: until then the request
/// and its orders say enough for what is held.
void RiskState::add(const PairRestored& restored) {
  const auto& [record, closed] = restored;
  const auto& request = record.request;
  RiskPair pair{.game = request.signal.game,
                .route = route_of(request.signal),
                .quantity = request.quantity};
  const auto legs = legs_of(request.signal);
  for (std::size_t i = 0; i < legs.size(); ++i) {
    const auto order = std::ranges::find_if(record.orders, [&](const OrderRecord& one) {
      return one.intent.leg == i;
    });
    pair.legs.push_back(
      {.market = legs[i].market,
       .venue = legs[i].venue,
       .exchange_index = order == record.orders.end() ? 0 : order->intent.exchange_index,
       .side = legs[i].side,
       .limit = request.limits[i],
       .reserved = notional(request.limits[i], request.quantity, Rounding::up) + legs[i].fee});
  }
  pair.worst_payoffs.fill(Money{money_per_dollar});
  pairs_.open(request.pair, std::move(pair));
  restored_[request.signal.game].push_back(request);
  for (const auto& order : record.orders) {
    if (order.report) {
      pairs_.add(*order.report); // what it cost is in the venue's balance by now
    }
  }
  if (closed) {
    add(*closed);
  }
  learn_restored(request.signal.game);
}

void RiskState::learn_restored(GameId id) {
  const auto found = restored_.find(id);
  if (found == restored_.end() || game(id) == nullptr) {
    return;
  }
  for (const auto& request : found->second) {
    const auto known = std::ranges::all_of(legs_of(request.signal), [&](const SignalLeg& leg) {
      const auto* const spec = market(leg.market);
      return spec != nullptr && spec->fees && supported(*spec->fees);
    });
    if (known) {
      pairs_.learn(request.pair, risk_pair(request));
    }
  }
  restored_.erase(found);
}

std::optional<std::string> RiskState::loss_limit_passed() const {
  const auto loss = day_.loss();
  if (loss > Money{0} && loss >= config_.max_daily_loss) {
    return fmt::format("${} lost today, ${} are the limit", to_string(loss),
                       to_string(config_.max_daily_loss));
  }
  const auto down = day_.drawdown();
  if (down > Money{0} && down >= config_.max_drawdown) {
    return fmt::format("${} below the day's best, ${} are the limit", to_string(down),
                       to_string(config_.max_drawdown));
  }
  return std::nullopt;
}

void RiskState::hear_epoch(const Signal& signal) {
  auto& epoch = epochs_[signal.game];
  epoch = std::max(epoch, signal.assignment_epoch);
}

const MarketSpec* RiskState::market(MarketId id) const {
  const auto found = markets_.find(id);
  return found == markets_.end() ? nullptr : &found->second;
}

const MatchedGame* RiskState::game(GameId id) const {
  const auto found = games_.find(id);
  return found == games_.end() ? nullptr : &found->second;
}

const Contract* RiskState::contract(const Signal& signal) const {
  const auto* const known = game(signal.game);
  if (known == nullptr) {
    return nullptr;
  }
  const auto found = std::ranges::find(known->contracts, signal.contract, &Contract::id);
  return found == known->contracts.end() ? nullptr : &*found;
}

bool RiskState::tradable(GameId id) const {
  const auto* const known = game(id);
  return known != nullptr && known->tradable;
}

std::optional<PairRules>
RiskState::rules(const Signal& signal, League league, const Contract& contract) const {
  if (!config_.settlement_rules) {
    return std::nullopt;
  }
  PairRules found;
  std::array<const SettlementProfile*, 2> profiles{};
  const auto legs = legs_of(signal);
  for (std::size_t i = 0; i < legs.size(); ++i) {
    profiles[i] = config_.settlement_rules->find(legs[i].venue, league, contract.kind);
    if (profiles[i] == nullptr) {
      return std::nullopt;
    }
    found.lockup_hours[i] = profiles[i]->lockup_hours;
  }
  if (legs.size() < 2) {
    return found; // nothing is hedged, so no branch can break the hedge
  }
  const auto leg = [&](std::size_t i) {
    return HedgeLeg{*profiles[i], legs[i].side, expresses(contract, legs[i], true)};
  };
  found.payoffs = payoffs(contract, leg(0), leg(1));
  found.tail_flags = tail_flags(found.payoffs, leg(0), leg(1));
  return found;
}

std::optional<bool> RiskState::connected(Venue venue) const {
  return connected_[index(venue)];
}

const VenueWatch& RiskState::venue(Venue venue) const {
  return venues_[index(venue)];
}

std::uint64_t RiskState::epoch(GameId id) const {
  const auto found = epochs_.find(id);
  return found == epochs_.end() ? 0 : found->second;
}

std::optional<Timestamp> RiskState::last_closed(const RouteKey& route) const {
  const auto found = closed_.find(route);
  return found == closed_.end() ? std::nullopt : std::optional{found->second};
}

std::int64_t RiskState::approved_since(Timestamp then) const {
  return std::distance(std::ranges::upper_bound(approvals_, then), approvals_.end());
}

std::int64_t RiskState::unknown_orders(GameId id) const {
  return std::ranges::count_if(unknown_,
                               [&](const auto& entry) { return entry.second.game == id; });
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
  return free - account.spent - pairs_.reserved(venue);
}

std::optional<GameId> RiskState::game_of(const OrderReport& report) const {
  if (const auto* const pair = pairs_.find(report.pair)) {
    return pair->game;
  }
  // A pair of before a restart.
  for (const auto& [id, match] : games_) {
    if (std::ranges::find(match.markets, report.market, &MarketSpec::id) != match.markets.end()) {
      return id;
    }
  }
  return std::nullopt;
}

std::optional<Venue> RiskState::venue_of(const Fill& fill) const {
  if (const auto* const spec = market(fill.market)) {
    return spec->ref.venue;
  }
  if (const auto* const pair = pairs_.find(fill.pair)) {
    const auto leg = std::ranges::find(pair->legs, fill.market, &RiskLeg::market);
    if (leg != pair->legs.end()) {
      return leg->venue;
    }
  }
  return std::nullopt;
}

RiskPair RiskState::risk_pair(const ExecutionRequest& request) const {
  const auto& signal = request.signal;
  RiskPair pair{.game = signal.game, .route = route_of(signal), .quantity = request.quantity};
  for (const auto& leg : legs_of(signal)) {
    const auto* const spec = market(leg.market);
    assert(spec != nullptr && spec->fees); // the filters have looked
    pair.legs.push_back({.market = leg.market,
                         .venue = leg.venue,
                         .exchange_index = spec->exchange_index,
                         .side = leg.side,
                         .limit = leg.limit,
                         .reserved = worst_cost(leg, *spec, request.quantity)});
  }
  pair.worst_payoffs.fill(Money{money_per_dollar});
  const auto* const known = game(signal.game);
  const auto* const proposition = contract(signal);
  if (known == nullptr || proposition == nullptr) {
    return pair;
  }
  pair.league = known->game.league;
  if (const auto found = rules(signal, *pair.league, *proposition)) {
    for (std::size_t i = 0; i < branch_count; ++i) {
      if (const auto& payoff = found->payoffs[i]) {
        pair.worst_payoffs[i] = std::min(payoff->worst, pair.worst_payoffs[i]);
      }
    }
  }
  return pair;
}

} // namespace arbees
