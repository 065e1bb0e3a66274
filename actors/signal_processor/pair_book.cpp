#include "actors/signal_processor/pair_book.hpp"

#include <algorithm>

namespace arbees {

namespace {

/// How long a pair that holds nothing may still turn out to hold something (ExecutorConfig's
/// closed_retention, with room), and one that holds something may still be paid.
constexpr Duration late_fills = std::chrono::minutes{10};
constexpr Duration late_payments = std::chrono::days{30};

bool holds(const PairClosed& closed) {
  return closed.held[0] > Quantity{0} || closed.held[1] > Quantity{0};
}

/// `whole` * `part` / `of`. @pre of > 0
Money share(Money whole, std::int64_t part, std::int64_t of) {
  const auto scaled = Int128{whole.value()} * part;
  return scaled < 0 ? -Money{divide(-scaled, of, Rounding::up)}
                    : Money{divide(scaled, of, Rounding::down)};
}

/// Dollars for `quantity` contracts at `each` per contract.
Money times(Money each, Quantity quantity) {
  return share(each, quantity.value(), quantity_per_contract);
}

/// What `quantity` of the contracts that were paid for have brought.
Money paid(const Settlement& settlement, Quantity quantity) {
  return settlement.quantity > Quantity{0} ? share(settlement.payout - settlement.fee,
                                                   quantity.value(), settlement.quantity.value())
                                           : Money{0};
}

template <class Key>
void change(std::map<Key, Money>& sums, const Key& key, Money by) {
  if (by == Money{0}) {
    return;
  }
  const auto sum = sums.try_emplace(key).first;
  sum->second += by;
  if (sum->second == Money{0}) {
    sums.erase(sum);
  }
}

template <class Key>
Money look_up(const std::map<Key, Money>& sums, const Key& key) {
  const auto found = sums.find(key);
  return found == sums.end() ? Money{0} : found->second;
}

/// The cost of a closed pair by leg: as its orders were reported if that adds up to what the pair
/// says, else in proportion to what is held.
std::array<Money, 2> split(const PairClosed& closed, const std::vector<RiskLeg>& legs) {
  const auto total = closed.cost + closed.fees;
  if (legs.size() == 1) {
    return {total, Money{0}};
  }
  if (legs[0].spent >= Money{0} && legs[1].spent >= Money{0}
      && legs[0].spent + legs[1].spent == total) {
    return {legs[0].spent, legs[1].spent};
  }
  const auto weight = [&](std::size_t leg) {
    return notional(legs[leg].limit, std::max(closed.held[leg], Quantity{0}), Rounding::up).value();
  };
  const auto both = weight(0) + weight(1);
  const auto first = both > 0 ? share(total, weight(0), both) : total;
  return {first, total - first};
}

} // namespace

void PairBook::open(PairId id, RiskPair pair) {
  if (known(id)) {
    return; // an id is one pair's for ever: the executor refuses the second
  }
  auto& opened = in_flight_[id];
  opened.pair = std::move(pair);
  recount(opened);
}

void PairBook::learn(PairId id, RiskPair pair) {
  auto* const found = record(id);
  if (found == nullptr) {
    return;
  }
  add_to_sums(*found, true);
  found->counted = {};
  for (std::size_t i = 0; i < std::min(pair.legs.size(), found->pair.legs.size()); ++i) {
    pair.legs[i].spent = found->pair.legs[i].spent;
  }
  found->pair = std::move(pair);
  recount(*found);
}

Money PairBook::add(const OrderReport& report) {
  auto* const found = record(report.pair);
  if (found == nullptr) {
    return Money{0}; // another executor's: its balance comes from the venue
  }
  const auto cost =
    report.action == Action::buy ? report.notional + report.fee : report.fee - report.notional;
  auto& so_far = found->order_cost[report.client_order_id];
  const auto more = cost - so_far;
  so_far = cost;
  const auto leg = std::ranges::find_if(found->pair.legs, [&](const RiskLeg& one) {
    return one.market == report.market || one.venue == report.venue;
  });
  if (leg != found->pair.legs.end()) {
    leg->spent += more;
  }
  recount(*found);
  return more;
}

Money PairBook::add(const PairClosed& closed, std::optional<League> league) {
  auto found = closed_.find(closed.pair);
  if (found == closed_.end()) {
    if (auto node = in_flight_.extract(closed.pair)) {
      found = closed_.insert(std::move(node)).position;
    } else {
      found = closed_.try_emplace(closed.pair).first;
      found->second.pair = {.game = closed.game, .league = league, .quantity = closed.requested};
    }
  }
  auto& pair = found->second;
  if (pair.closed && closed.revision < pair.closed->revision) {
    return Money{0};
  }
  pair.closed = closed;
  recount(pair);
  const auto before = pair.realised;
  pair.realised = realised(pair);
  return pair.realised - before;
}

Money PairBook::add(const Settlement& settlement) {
  settlements_.insert_or_assign({settlement.market, settlement.side}, settlement);
  Money change_of_profit;
  for (auto& [id, pair] : closed_) {
    const auto concerned = std::ranges::any_of(pair.pair.legs, [&](const RiskLeg& leg) {
      return leg.market == settlement.market && leg.side == settlement.side;
    });
    if (concerned) {
      recount(pair);
      const auto before = pair.realised;
      pair.realised = realised(pair);
      change_of_profit += pair.realised - before;
    }
  }
  return change_of_profit;
}

void PairBook::end(GameId game) {
  if (over_.insert(game).second) {
    recount(game);
  }
}

void PairBook::reopen(GameId game) {
  if (over_.erase(game) > 0) {
    recount(game);
  }
}

void PairBook::recount(GameId game) {
  for (auto& [id, pair] : closed_) {
    if (pair.pair.game == game) {
      recount(pair);
    }
  }
}

void PairBook::forget(Timestamp now) {
  std::erase_if(closed_, [&](auto& entry) {
    auto& pair = entry.second;
    const auto age = now - pair.closed->closed_at;
    const auto empty = !holds(*pair.closed);
    if (age < (empty ? late_fills : late_payments) || (!empty && !settled(pair))) {
      return false;
    }
    add_to_sums(pair, true);
    ++forgotten_.approved;
    ++(empty ? forgotten_.ended : forgotten_.settled);
    return true;
  });
  std::set<std::pair<MarketId, Side>> needed;
  for (const auto* const pairs : {&in_flight_, &closed_}) {
    for (const auto& [id, pair] : *pairs) {
      for (const auto& leg : pair.pair.legs) {
        needed.emplace(leg.market, leg.side);
      }
    }
  }
  std::erase_if(settlements_, [&](const auto& entry) {
    return now - entry.second.at >= late_payments && !needed.contains(entry.first);
  });
}

bool PairBook::known(PairId id) const {
  return find(id) != nullptr;
}

const RiskPair* PairBook::find(PairId id) const {
  if (const auto open = in_flight_.find(id); open != in_flight_.end()) {
    return &open->second.pair;
  }
  const auto done = closed_.find(id);
  return done == closed_.end() ? nullptr : &done->second.pair;
}

const PairClosed* PairBook::closed(PairId id) const {
  const auto done = closed_.find(id);
  return done == closed_.end() ? nullptr : &*done->second.closed;
}

bool PairBook::in_flight(const RouteKey& route) const {
  return std::ranges::any_of(in_flight_,
                             [&](const auto& entry) { return entry.second.pair.route == route; });
}

std::int64_t PairBook::in_flight(GameId game) const {
  return std::ranges::count_if(in_flight_,
                               [&](const auto& entry) { return entry.second.pair.game == game; });
}

Money PairBook::reserved(Venue venue) const {
  Money sum;
  for (const auto& [id, pair] : in_flight_) {
    for (const auto& leg : pair.pair.legs) {
      sum += leg.venue == venue ? std::max(leg.reserved - leg.spent, Money{0}) : Money{0};
    }
  }
  return sum;
}

Money PairBook::exposure(GameId game) const {
  return look_up(sums_.games, game);
}

Money PairBook::exposure(ContractId contract) const {
  return look_up(sums_.contracts, contract);
}

Money PairBook::exposure(League league) const {
  return look_up(sums_.leagues, league);
}

Money PairBook::exposure(Venue venue) const {
  return look_up(sums_.venues, venue);
}

Money PairBook::exposure(Venue venue, std::int32_t exchange_index) const {
  return look_up(sums_.shards, std::pair{venue, exchange_index});
}

Money PairBook::tail_loss(GameId game, Branch branch) const {
  const auto found = sums_.tails.find(game);
  return found == sums_.tails.end() ? Money{0} : found->second[static_cast<std::size_t>(branch)];
}

PairCounts PairBook::counts() const {
  auto counts = forgotten_;
  counts.in_flight = static_cast<std::int64_t>(in_flight_.size());
  for (const auto& [id, pair] : closed_) {
    ++(!holds(*pair.closed) ? counts.ended : settled(pair) ? counts.settled : counts.held);
  }
  counts.approved += static_cast<std::int64_t>(in_flight_.size() + closed_.size());
  return counts;
}

PairBook::Record* PairBook::record(PairId id) {
  if (const auto open = in_flight_.find(id); open != in_flight_.end()) {
    return &open->second;
  }
  const auto done = closed_.find(id);
  return done == closed_.end() ? nullptr : &done->second;
}

const Settlement* PairBook::settlement(const RiskLeg& leg) const {
  const auto found = settlements_.find({leg.market, leg.side});
  return found == settlements_.end() ? nullptr : &found->second;
}

bool PairBook::settled(const Record& record) const {
  if (over_.contains(record.pair.game)) {
    return true;
  }
  const auto& legs = record.pair.legs;
  for (std::size_t i = 0; i < legs.size(); ++i) {
    if (record.closed->held[i] > Quantity{0} && settlement(legs[i]) == nullptr) {
      return false;
    }
  }
  return !legs.empty();
}

PairBook::Counted PairBook::count_in_flight(const Record& record) const {
  Counted counted;
  Money cost;
  for (std::size_t i = 0; i < record.pair.legs.size(); ++i) {
    // Completing a short leg may cost more than its limit.
    counted.legs[i] = std::max(record.pair.legs[i].reserved, record.pair.legs[i].spent);
    cost += counted.legs[i];
  }
  for (std::size_t i = 0; i < branch_count; ++i) {
    const auto each = record.pair.worst_payoffs[i];
    counted.tails[i] = each < Money{money_per_dollar}
                         ? std::max(cost - times(each, record.pair.quantity), Money{0})
                         : Money{0};
  }
  return counted;
}

PairBook::Counted PairBook::count_held(const Record& record) const {
  Counted counted;
  const auto& closed = *record.closed;
  const auto total = closed.cost + closed.fees;
  if (!holds(closed) || total <= Money{0} || settled(record)) {
    return counted;
  }
  const auto& legs = record.pair.legs;
  if (legs.empty()) {
    counted.elsewhere = total;
    return counted;
  }
  counted.legs = split(closed, legs);
  auto decided = false;
  for (std::size_t i = 0; i < legs.size(); ++i) {
    if (settlement(legs[i]) != nullptr) {
      counted.legs[i] = Money{0};
      decided = true;
    }
  }
  for (std::size_t i = 0; i < branch_count && !decided; ++i) {
    const auto each = record.pair.worst_payoffs[i];
    counted.tails[i] = each < Money{money_per_dollar}
                         ? std::max(total - times(each, closed.matched), Money{0})
                         : Money{0};
  }
  return counted;
}

/// What is certain: the locked profit, in which contracts without hedge are worth nothing, until a
/// venue has paid. A hedge is worth a dollar until both its legs were paid.
Money PairBook::realised(const Record& record) const {
  const auto& closed = *record.closed;
  const auto& legs = record.pair.legs;
  auto profit = closed.locked_profit;
  std::array<const Settlement*, 2> settlements{};
  for (std::size_t i = 0; i < legs.size(); ++i) {
    settlements[i] = settlement(legs[i]);
  }
  const auto both = settlements[0] != nullptr && settlements[1] != nullptr;
  if (both) {
    profit -= payout(closed.matched);
  }
  for (std::size_t i = 0; i < legs.size(); ++i) {
    if (settlements[i] != nullptr) {
      const auto counted = both ? Quantity{0} : closed.matched;
      profit += paid(*settlements[i], std::max(closed.held[i] - counted, Quantity{0}));
    }
  }
  return profit;
}

void PairBook::recount(Record& record) {
  add_to_sums(record, true);
  record.counted = record.closed ? count_held(record) : count_in_flight(record);
  add_to_sums(record, false);
}

void PairBook::add_to_sums(const Record& record, bool take_away) {
  const auto signed_by = [&](Money money) { return take_away ? -money : money; };
  const auto& counted = record.counted;
  const auto sum = signed_by(counted.legs[0] + counted.legs[1] + counted.elsewhere);
  sums_.total += sum;
  change(sums_.games, record.pair.game, sum);
  change(sums_.contracts, record.pair.route.contract, sum);
  if (record.pair.league) {
    change(sums_.leagues, *record.pair.league, sum);
  }
  for (std::size_t i = 0; i < record.pair.legs.size(); ++i) {
    const auto& leg = record.pair.legs[i];
    change(sums_.venues, leg.venue, signed_by(counted.legs[i]));
    change(sums_.shards, std::pair{leg.venue, leg.exchange_index}, signed_by(counted.legs[i]));
  }
  auto& tails = sums_.tails[record.pair.game];
  for (std::size_t i = 0; i < branch_count; ++i) {
    tails[i] += signed_by(counted.tails[i]);
  }
  if (tails == BranchMoney{}) {
    sums_.tails.erase(record.pair.game);
  }
}

} // namespace arbees
