#include "actors/game_shard/arbitrage_scan.hpp"

#include <algorithm>

#include "actors/market/fees.hpp"
#include "actors/market/side_view.hpp"

namespace arbees {

namespace {

constexpr std::array<std::string_view, 8> gate_names = {
  "",      "not_assigned", "unknown_market", "lease_over", "not_tradable", "no_game_state",
  "phase", "game_age"};

constexpr std::array<std::string_view, 14> verdict_names = {
  "signals",           "route:no_book",      "route:book_stale",
  "route:book_age",    "route:exchange_age", "route:one_sided",
  "route:no_edge",     "route:near_miss",    "route:rounding",
  "route:sanity_edge", "route:sanity_gross", "route:not_rearmed",
  "route:claimed",     "route:outranked"};

/// No pair is opened while play is broken off or its outcome is being settled: that is when the
/// venues' rules pay differently (hazards.md 5).
bool trades_in(Phase phase) {
  return phase == Phase::scheduled || phase == Phase::live || phase == Phase::pause;
}

bool usable(const MarketSpec& spec) {
  return spec.accepts_orders && spec.fees && supported(*spec.fees);
}

std::uint64_t hash(std::uint64_t seed, std::uint64_t value) {
  for (auto i = 0; i < 8; ++i, value >>= 8) {
    seed = (seed ^ (value & 0xff)) * 0x100000001b3;
  }
  return seed;
}

} // namespace

bool ArbitrageScan::assign(const GameAssignment& assignment) {
  if (assignment_ && assignment.epoch < assignment_->epoch) {
    ++old_epochs_;
    return false;
  }
  assignment_ = assignment;
  rebuild(assignment.match);
  return true;
}

void ArbitrageScan::rebuild(const MatchedGame& match) {
  auto old_slots = std::exchange(slots_, {});
  const auto old_routes = std::exchange(routes_, {});
  for (const auto& spec : match.markets) {
    slots_.push_back(
      {.spec = spec, .maker_fees = spec.fees ? as_maker(*spec.fees) : FeeSchedule{}});
  }
  std::ranges::sort(slots_, {}, [](const Slot& slot) { return slot.spec.id; });
  const auto repeated = std::ranges::unique(slots_, {}, [](const Slot& s) { return s.spec.id; });
  slots_.erase(repeated.begin(), repeated.end());
  for (auto& old : old_slots) {
    if (const auto slot = find_slot(old.spec.id)) {
      slots_[*slot].book = std::move(old.book);
      slots_[*slot].claims = old.claims;
    }
  }
  for (std::uint32_t contract = 0; contract < match.contracts.size(); ++contract) {
    add_routes(contract, routes_);
  }
  const auto same = [&](const Route& a, const Route& old) {
    return a.sides == old.sides && slots_[a.slots[0]].spec.id == old_slots[old.slots[0]].spec.id
           && slots_[a.slots[1]].spec.id == old_slots[old.slots[1]].spec.id;
  };
  for (std::uint32_t i = 0; i < routes_.size(); ++i) {
    const auto old =
      std::ranges::find_if(old_routes, [&](const Route& r) { return same(routes_[i], r); });
    if (old != old_routes.end()) {
      routes_[i].signalled = old->signalled;
      routes_[i].rested_at = old->rested_at;
    }
    for (const auto slot : routes_[i].slots) {
      slots_[slot].routes.push_back(i);
    }
  }
  candidates_.reserve(routes_.size());
  signals_.reserve(routes_.size());
}

void ArbitrageScan::add_routes(std::uint32_t contract, std::vector<Route>& routes) const {
  // Contracts of a game can be each other's negation ("A wins", "B wins"): the same two purchases
  // then express both, and are one route.
  const auto add = [&](const Route& route) {
    const auto known = std::ranges::any_of(routes, [&](const Route& other) {
      return other.slots == route.slots && other.sides == route.sides;
    });
    if (!known) {
      routes.push_back(route);
    }
  };
  const auto& expressions = assignment_->match.contracts[contract].expressions;
  for (const auto& a : expressions) {
    for (const auto& b : expressions) {
      const auto slot_a = find_slot(a.market);
      const auto slot_b = find_slot(b.market);
      if (!slot_a || !slot_b || slots_[*slot_a].spec.ref.venue != Venue::kalshi
          || slots_[*slot_b].spec.ref.venue != Venue::polymarket) {
        continue;
      }
      add({contract, {*slot_a, *slot_b}, {a.pays, opposite(b.pays)}, {}});
      add({contract, {*slot_a, *slot_b}, {opposite(a.pays), b.pays}, {}});
    }
  }
}

std::optional<std::uint32_t> ArbitrageScan::find_slot(MarketId market) const {
  const auto slot =
    std::ranges::lower_bound(slots_, market, {}, [](const Slot& s) { return s.spec.id; });
  if (slot == slots_.end() || slot->spec.id != market) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(slot - slots_.begin());
}

void ArbitrageScan::observe(const GameUpdate& update) {
  if (!state_ || update.state.fetched_at >= state_->fetched_at) {
    state_ = update.state;
  }
}

void ArbitrageScan::advance(Timestamp now) {
  now_ = std::max(now_, now);
}

bool ArbitrageScan::in_play() const {
  // A game whose start has passed may have begun before the scoreboard says so.
  return state_->phase != Phase::scheduled || now_ >= assignment_->match.game.start;
}

const InputAges& ArbitrageScan::ages() const {
  return config_.arbitrage.ages(in_play());
}

ArbitrageScan::Gate ArbitrageScan::gate() const {
  if (!assignment_) {
    return Gate::not_assigned;
  }
  if (now_ >= assignment_->lease_until) {
    return Gate::lease_over;
  }
  if (!assignment_->match.tradable) {
    return Gate::not_tradable;
  }
  if (!state_) {
    return Gate::no_game_state;
  }
  if (!trades_in(state_->phase)) {
    return Gate::phase;
  }
  return now_ - state_->fetched_at > ages().game ? Gate::game_age : Gate::open;
}

std::span<const Signal> ArbitrageScan::update(const BookUpdate& book) {
  ++updates_;
  advance(book.received_at);
  candidates_.clear();
  signals_.clear();
  const auto slot = find_slot(book.market);
  if (slot) {
    slots_[*slot].book = book;
  }
  const auto closed = slot || !assignment_ ? gate() : Gate::unknown_market;
  if (closed != Gate::open) {
    ++gates_[static_cast<std::size_t>(closed)];
    return {};
  }
  for (const auto index : slots_[*slot].routes) {
    ++scans_;
    Candidate candidate{.route = index};
    const auto verdict = judge(candidate);
    if (verdict == Verdict::signal) {
      candidates_.push_back(candidate);
    } else {
      count(verdict);
    }
  }
  choose(book);
  return signals_;
}

ArbitrageScan::Verdict ArbitrageScan::fresh(const BookUpdate& book) const {
  if (book.status != BookStatus::ok) {
    return Verdict::book_stale;
  }
  if (now_ - book.received_at > ages().book) {
    return Verdict::book_age;
  }
  // A Kalshi snapshot carries no stamp (venues/kalshi.md 3.4): none is no age.
  const auto stamped = book.exchange_time != Timestamp{};
  const auto age = now_ - book.exchange_time;
  if (stamped && (age > ages().exchange || age < -config_.arbitrage.max_clock_skew)) {
    return Verdict::exchange_age;
  }
  return Verdict::signal;
}

ArbitrageScan::Verdict ArbitrageScan::judge(Candidate& candidate) {
  auto& route = routes_[candidate.route];
  const auto& a = slots_[route.slots[0]];
  const auto& b = slots_[route.slots[1]];
  if (!usable(a.spec) || !usable(b.spec) || !a.book || !b.book) {
    return Verdict::no_book;
  }
  for (const auto* const slot : {&a, &b}) {
    if (const auto verdict = fresh(*slot->book); verdict != Verdict::signal) {
      return verdict;
    }
  }
  const auto levels_a = buy_levels(*a.book, route.sides[0]);
  const auto levels_b = buy_levels(*b.book, route.sides[1]);
  if (levels_a.empty() || levels_b.empty()) {
    route.signalled.reset();
    return Verdict::one_sided;
  }
  const auto required = required_edge(config_.arbitrage, a.spec, b.spec, in_play());
  auto& swept = candidate.sweep;
  swept = sweep({levels_a, *a.spec.fees}, {levels_b, *b.spec.fees}, required);
  best_edge_ = std::max(best_edge_.value_or(swept.top_edge), swept.top_edge);
  // A maker pays less and buys cheaper than a taker of the same book ever could.
  if (const auto rest = rest_on(route, levels_a)) {
    if (route.rested_at && now_ < *route.rested_at + config_.rest_interval) {
      return Verdict::not_rearmed;
    }
    candidate.rests = true;
    swept = *rest;
    return judge_edge(swept, required_resting_edge(config_.arbitrage));
  }
  return judge_taking(route, swept, required);
}

/// What resting on the second leg comes to, where that is the policy.
std::optional<Sweep> ArbitrageScan::rest_on(const Route& route, const Depth& take) const {
  const auto& a = slots_[route.slots[0]];
  const auto& b = slots_[route.slots[1]];
  if (!prefers_to_rest(config_.arbitrage, b.spec, in_play())) {
    return std::nullopt;
  }
  return plan_rest({.take = {take, *a.spec.fees},
                    .maker = b.spec,
                    .maker_fees = b.maker_fees,
                    .side = route.sides[1],
                    .book = *b.book},
                   required_resting_edge(config_.arbitrage), config_.arbitrage.rest_depth_percent);
}

ArbitrageScan::Verdict
ArbitrageScan::judge_taking(Route& route, const Sweep& swept, Money required) {
  const auto verdict = judge_edge(swept, required);
  if (verdict != Verdict::signal) {
    route.signalled.reset();
    return verdict;
  }
  return improved(route, swept) ? Verdict::signal : Verdict::not_rearmed;
}

ArbitrageScan::Verdict ArbitrageScan::judge_edge(const Sweep& swept, Money required) const {
  if (swept.top_edge > config_.arbitrage.max_edge) {
    return Verdict::sanity_edge;
  }
  if (!in_play() && swept.top_gross > config_.arbitrage.max_pregame_gross) {
    return Verdict::sanity_gross;
  }
  if (swept.quantity == Quantity{0}) {
    return swept.top_edge + config_.near_miss >= required ? Verdict::near_miss : Verdict::no_edge;
  }
  return swept.edge_per_contract < required ? Verdict::rounding : Verdict::signal;
}

bool ArbitrageScan::improved(const Route& route, const Sweep& swept) const {
  if (!route.signalled) {
    return true;
  }
  const auto& last = *route.signalled;
  const auto percent = Int128{100 + config_.rearm_quantity_percent};
  return swept.edge_per_contract >= last.edge_per_contract + config_.rearm_edge
         || Int128{swept.quantity.value()} * 100 >= percent * last.quantity.value();
}

bool ArbitrageScan::claimed(const Route& route) const {
  for (std::size_t leg = 0; leg < 2; ++leg) {
    const auto& claim = slots_[route.slots[leg]].claims[static_cast<std::size_t>(route.sides[leg])];
    if (now_ < claim.until && claim.partner != slots_[route.slots[1 - leg]].spec.id) {
      return true;
    }
  }
  return false;
}

void ArbitrageScan::claim(const Route& route) {
  for (std::size_t leg = 0; leg < 2; ++leg) {
    slots_[route.slots[leg]].claims[static_cast<std::size_t>(route.sides[leg])] = {
      now_ + config_.signal_ttl, slots_[route.slots[1 - leg]].spec.id};
  }
}

void ArbitrageScan::choose(const BookUpdate& trigger) {
  // Equal edges stand in the routes' order, so that a replay chooses the same.
  std::ranges::sort(candidates_, {}, [](const Candidate& c) {
    return std::pair{-c.sweep.edge.value(), c.route};
  });
  for (const auto& candidate : candidates_) {
    auto& route = routes_[candidate.route];
    const auto contract = assignment_->match.contracts[route.contract].id;
    if (std::ranges::any_of(signals_, [&](const Signal& s) { return s.contract == contract; })) {
      count(Verdict::outranked);
      continue;
    }
    // What a signal is about to take must not be offered twice. A route's own improvement stands
    // on the same liquidity: the processor knows what is in flight there.
    if (claimed(route)) {
      count(Verdict::claimed);
      continue;
    }
    count(Verdict::signal);
    if (candidate.rests) {
      ++rests_;
      route.rested_at = now_;
    } else {
      route.signalled = Signalled{candidate.sweep.edge_per_contract, candidate.sweep.quantity};
    }
    claim(route);
    signals_.push_back(make_signal(candidate, trigger));
  }
}

Signal ArbitrageScan::make_signal(const Candidate& candidate, const BookUpdate& trigger) const {
  const auto& route = routes_[candidate.route];
  const auto& swept = candidate.sweep;
  Signal signal{.type = SignalType::arbitrage,
                .game = assignment_->match.game.id,
                .contract = assignment_->match.contracts[route.contract].id,
                .quantity = swept.quantity,
                .edge = swept.edge,
                .edge_per_contract = swept.edge_per_contract,
                .triggered_by = trigger.received_at,
                .expires_at = now_ + config_.signal_ttl,
                .assignment_epoch = assignment_->epoch,
                .in_play = in_play()};
  auto id = hash(hash(fnv1a("signal"), assignment_->epoch),
                 static_cast<std::uint64_t>(trigger.received_at.time_since_epoch().count()));
  for (std::size_t leg = 0; leg < 2; ++leg) {
    const auto& slot = slots_[route.slots[leg]];
    signal.legs[leg] = {.market = slot.spec.id,
                        .venue = slot.spec.ref.venue,
                        .side = route.sides[leg],
                        .limit = swept.legs[leg].limit,
                        .quantity = swept.quantity,
                        .cost = swept.legs[leg].cost,
                        .fee = swept.legs[leg].fee,
                        .book_epoch = slot.book->epoch,
                        .book_version = slot.book->version,
                        .exchange_time = slot.book->exchange_time,
                        .received_at = slot.book->received_at,
                        .post_only = candidate.rests && leg == 1};
    id = hash(hash(hash(id, slot.spec.id.value()), slot.book->version),
              static_cast<std::uint64_t>(route.sides[leg]));
  }
  signal.id = SignalId{id};
  return signal;
}

Metrics ArbitrageScan::metrics() const {
  Metrics metrics;
  metrics.values["updates"] = updates_;
  metrics.values["scans"] = scans_;
  metrics.values["old_epochs"] = old_epochs_;
  metrics.values["signals:resting"] = rests_;
  for (std::size_t i = 1; i < gates_.size(); ++i) {
    metrics.values["skipped:" + std::string{gate_names[i]}] = gates_[i];
  }
  for (std::size_t i = 0; i < verdicts_.size(); ++i) {
    metrics.values[std::string{verdict_names[i]}] = verdicts_[i];
  }
  if (best_edge_) {
    metrics.values["best_edge_micros"] = best_edge_->value();
  }
  return metrics;
}

} // namespace arbees
