#include "actors/executor/pair_machine.hpp"

#include <algorithm>
#include <cassert>

#include "actors/market/fees.hpp"
#include "actors/market/grid.hpp"

namespace arbees {

namespace {

/// After so many unanswered questions a person is told.
constexpr std::uint8_t queries_before_alert = 3;

constexpr std::uint8_t other(std::uint8_t leg) {
  return leg == 0 ? 1 : 0;
}

Money value_of(const Fill& fill) {
  const auto rounding = fill.action == Action::buy ? Rounding::up : Rounding::down;
  return notional(fill.price, fill.quantity, rounding);
}

bool plausible(const OrderReport& report) {
  return report.filled >= Quantity{} && report.notional >= Money{} && report.fee >= Money{};
}

bool plausible(const PairOrder& order, const Fill& fill) {
  return fill.quantity > Quantity{} && fill.price >= price_zero && fill.price <= price_one
         && fill.market == order.intent.market && fill.side == order.intent.side
         && fill.action == order.intent.action;
}

Price times(Price step, std::uint8_t count) {
  const auto product = std::int64_t{step.value()} * count;
  return Price{static_cast<std::int32_t>(std::min<std::int64_t>(product, price_one.value()))};
}

} // namespace

Money PairOrder::notional() const {
  return reported >= fills ? reported_notional : fills_notional;
}

Money PairOrder::fee() const {
  return reported >= fills ? reported_fee : fills_fee;
}

PairMachine::PairMachine(ExecutionRequest request, std::array<MarketSpec, 2> markets,
                         std::array<BookUpdate, 2> books, ExecutorConfig config)
  : request_{std::move(request)},
    markets_{std::move(markets)},
    books_{std::move(books)},
    config_{config} {
  assert(request_.signal.legs[0].market == markets_[0].id);
  assert(request_.signal.legs[1].market == markets_[1].id);
}

PairCommands PairMachine::open(Timestamp now) {
  PairCommands out;
  now_ = now;
  opened_at_ = now;
  if (auto why = why_not_open(); !why.empty()) {
    close(std::move(why), out);
    return out;
  }
  const auto open_intent = [this](std::uint8_t leg) {
    return intent(leg, OrderPurpose::open, {request_.limits[leg], request_.quantity}, Action::buy);
  };
  const auto order = plan_legs(view(0), view(1), request_.quantity);
  if (order == LegOrder::parallel) {
    commit({open_intent(0), open_intent(1)}, out);
    return out;
  }
  const std::uint8_t first = order == LegOrder::first_then_second ? 0 : 1;
  second_leg_ = other(first);
  commit({open_intent(first)}, out);
  return out;
}

PairCommands PairMachine::apply(const PairEvent& event, Timestamp now, Money budget_left) {
  PairCommands out;
  now_ = std::max(now_, now);
  budget_left_ = budget_left;
  std::visit([&](const auto& what) { on(what, out); }, event);
  advance(out);
  return out;
}

std::string PairMachine::why_not_open() const {
  const auto& signal = request_.signal;
  if (signal.type != SignalType::arbitrage) {
    return "not_an_arbitrage";
  }
  if (signal.legs[0].market == signal.legs[1].market) {
    return "same_market";
  }
  if (now_ >= signal.expires_at) {
    return "expired";
  }
  Money worst;
  for (std::uint8_t leg = 0; leg < 2; ++leg) {
    const auto& market = markets_[leg];
    const auto limit = request_.limits[leg];
    if (!market.accepts_orders || !market.fees || !supported(*market.fees)) {
      return "market_not_tradable";
    }
    if (books_[leg].status != BookStatus::ok) {
      return "book_not_ok";
    }
    if (request_.quantity <= Quantity{} || side_floor(market, signal.legs[leg].side, limit) != limit
        || !accepts_buy(market, limit, request_.quantity)) {
      return "off_grid";
    }
    worst += notional(limit, request_.quantity, Rounding::up)
             + taker_fee_bound(*market.fees, limit, request_.quantity);
  }
  return worst > payout(request_.quantity) ? "loses_at_limits" : "";
}

OrderIntent PairMachine::intent(std::uint8_t leg, OrderPurpose purpose, const OrderTerms& terms,
                                Action action) const {
  const auto& market = markets_[leg];
  const auto attempt = attempts(purpose);
  return {.pair = request_.pair,
          .leg = leg,
          .purpose = purpose,
          .attempt = purpose == OrderPurpose::open ? std::uint8_t{0} : attempt,
          .client_order_id =
            client_order_id(request_.pair, leg, purpose,
                            purpose == OrderPurpose::open ? std::uint8_t{0} : attempt),
          .market = market.id,
          .ref = market.ref,
          .exchange_index = market.exchange_index,
          .side = request_.signal.legs[leg].side,
          .action = action,
          .limit = terms.limit,
          .quantity = terms.quantity,
          .time_in_force = TimeInForce::immediate_or_cancel,
          .created_at = now_};
}

void PairMachine::commit(std::vector<OrderIntent> orders, PairCommands& out) {
  assert(!committing_);
  ++batch_;
  committing_ = true;
  for (const auto& order : orders) {
    orders_.push_back({.intent = order});
    retry_at_[order.leg] = now_ + config_.attempt_interval;
  }
  batch_size_ = orders.size();
  out.push_back(CommitBatch{.batch = batch_, .orders = std::move(orders)});
}

void PairMachine::on(const BatchCommitted& event, PairCommands& out) {
  if (!committing_ || event.batch != batch_) {
    out.push_back(IgnoreEvent{"stale_commit"});
    return;
  }
  committing_ = false;
  if (orders_.size() == batch_size_ && now_ >= request_.signal.expires_at) {
    close("expired", out); // the first batch: a slow ledger must not leg us into an old price
    return;
  }
  for (auto i = orders_.size() - batch_size_; i < orders_.size(); ++i) {
    auto& order = orders_[i];
    if (!still_wanted(order.intent)) {
      continue;
    }
    order.sent = true;
    order.deadline = now_ + markets_[order.intent.leg].taker_delay + config_.order_deadline;
    out.push_back(SendOrder{order.intent});
  }
}

/// A fill that came while the ledger was writing may have mended what the order was for.
bool PairMachine::still_wanted(const OrderIntent& order) const {
  if (order.purpose == OrderPurpose::open) {
    return true;
  }
  const auto leg = order.action == Action::sell ? order.leg : other(order.leg);
  return leg == long_leg() && order.quantity <= excess();
}

void PairMachine::on(const BatchRefused& event, PairCommands& out) {
  if (!committing_ || event.batch != batch_) {
    out.push_back(IgnoreEvent{"stale_commit"});
    return;
  }
  committing_ = false;
  if (orders_.size() == batch_size_) {
    close("commit_refused: " + event.reason, out);
    return;
  }
  out.push_back(RaiseAlert{"commit_refused_with_open_leg", event.reason});
}

void PairMachine::on(const OrderReport& event, PairCommands& out) {
  auto* order = find(event.client_order_id);
  if (!order || !plausible(event)) {
    out.push_back(IgnoreEvent{order ? "bad_report" : "foreign_report"});
    return;
  }
  const auto before = order->filled();
  const auto backwards =
    event.filled < order->reported || (terminal(order->status) && !terminal(event.status));
  if (backwards && event.filled <= before && terminal(order->status)) {
    out.push_back(IgnoreEvent{"stale_report"});
    return;
  }
  if (event.filled >= order->reported) {
    order->reported = event.filled;
    order->reported_notional = event.notional;
    order->reported_fee = event.fee;
  }
  if (!terminal(order->status)) {
    order->status = event.status;
    order->reason = event.reason;
  }
  if (event.status == OrderStatus::unknown) {
    order->deadline = std::min(order->deadline, now_ + config_.query_interval);
  }
  check_late(*order, before, out);
}

void PairMachine::on(const Fill& event, PairCommands& out) {
  auto* order = find(event.client_order_id);
  if (order && event.state == FillState::voided) {
    // The venue's chain reverted it. The pair is counted as it was: a person must look.
    out.push_back(RaiseAlert{"fill_voided", event.client_order_id});
    return;
  }
  if (!order || !plausible(*order, event)) {
    out.push_back(IgnoreEvent{order ? "bad_fill" : "foreign_fill"});
    return;
  }
  if (!order->fill_ids.insert(event.fill_id).second) {
    out.push_back(IgnoreEvent{"duplicate_fill"});
    return;
  }
  const auto before = order->filled();
  order->fills += event.quantity;
  order->fills_notional += value_of(event);
  order->fills_fee += event.fee;
  check_fee(*order, event, out);
  if (order->open() && order->fills >= order->intent.quantity) {
    order->status = OrderStatus::filled; // nothing is left that a report could tell
  }
  check_late(*order, before, out);
}

/// Tells a person, once an order, of fees that are not the schedule's.
void PairMachine::check_fee(PairOrder& order, const Fill& fill, PairCommands& out) const {
  const auto& fees = *markets_[order.intent.leg].fees; // a pair is not opened without
  order.expected_fee +=
    order.schedule.charge(fees, Liquidity::taker, fill.price, fill.quantity, fill.action);
  const auto difference = order.fills_fee - order.expected_fee;
  if (!order.fee_told
      && (difference > config_.fee_tolerance || difference < -config_.fee_tolerance)) {
    order.fee_told = true;
    out.push_back(RaiseAlert{"fee_differs", order.intent.client_order_id + " charged "
                                              + to_string(order.fills_fee) + " expected "
                                              + to_string(order.expected_fee)});
  }
}

/// Tells a person of executions that nobody can act on any more, or that exceed the order.
void PairMachine::check_late(const PairOrder& order, Quantity before, PairCommands& out) const {
  const auto& wanted = order.intent.quantity;
  if (before <= wanted && order.filled() > wanted) {
    out.push_back(RaiseAlert{"overfilled", order.intent.client_order_id});
  }
  if (stage_ == PairStage::closed && order.filled() > before) {
    out.push_back(RaiseAlert{"late_fill", order.intent.client_order_id});
  }
}

void PairMachine::on(const BookUpdate& event, PairCommands& out) {
  for (std::uint8_t leg = 0; leg < 2; ++leg) {
    if (event.market == markets_[leg].id) {
      books_[leg] = event;
      retry_at_[leg] = now_;
      return;
    }
  }
  out.push_back(IgnoreEvent{"foreign_book"});
}

void PairMachine::on(const Tick&, PairCommands&) {}

void PairMachine::advance(PairCommands& out) {
  if (stage_ == PairStage::closed || committing_) {
    return;
  }
  ask_overdue(out);
  if (std::ranges::any_of(orders_, &PairOrder::open)) {
    return; // what is not known yet cannot be balanced
  }
  if (stage_ == PairStage::opening) {
    continue_opening(out);
  } else {
    rebalance(out);
  }
}

void PairMachine::ask_overdue(PairCommands& out) {
  for (auto& order : orders_) {
    if (!order.open() || now_ < order.deadline) {
      continue;
    }
    out.push_back(AskVenue{.order = order.intent, .asked_before = order.queries});
    const auto doubled = config_.query_interval * (1 << std::min<int>(order.queries, 16));
    order.deadline = now_ + std::min(doubled, config_.max_query_interval);
    order.queries = static_cast<std::uint8_t>(std::min(order.queries + 1, 255));
    if (order.queries == queries_before_alert) {
      out.push_back(RaiseAlert{"order_unknown", order.intent.client_order_id});
    }
  }
}

void PairMachine::continue_opening(PairCommands& out) {
  if (second_leg_) {
    const auto leg = *second_leg_;
    const auto limit = request_.limits[leg];
    second_leg_.reset();
    const auto filled = std::min(position(other(leg)).held(), request_.quantity);
    const auto step = buy_step(markets_[leg], limit);
    const auto quantity = step ? floor_to(filled, *step) : Quantity{};
    if (filled > config_.dust && accepts_buy(markets_[leg], limit, quantity)) {
      commit({intent(leg, OrderPurpose::open, {limit, quantity}, Action::buy)}, out);
      return;
    }
  }
  rebalance(out);
}

void PairMachine::rebalance(PairCommands& out) {
  if (excess() <= config_.dust) {
    close(last_reason(), out);
    return;
  }
  if (stage_ == PairStage::opening) {
    stage_ = PairStage::completing;
    box_ends_ = now_ + config_.complete_time_box;
  }
  if (stage_ == PairStage::completing) {
    if (complete(out) != Step::give_up) {
      return;
    }
    stage_ = PairStage::unwinding;
    box_ends_ = now_ + config_.unwind_time_box;
  }
  if (unwind(out) == Step::give_up) {
    close(last_reason(), out);
  }
}

PairMachine::Step PairMachine::complete(PairCommands& out) {
  if (attempts(OrderPurpose::complete) >= config_.max_complete_attempts || now_ >= box_ends_) {
    return Step::give_up;
  }
  const auto leg = other(long_leg());
  const auto plan = plan_completion(markets_[leg], books_[leg], request_.signal.legs[leg].side,
                                    excess(), excess_cost());
  if (plan.hopeless) {
    return Step::give_up;
  }
  if (!plan.terms || now_ < retry_at_[leg]) {
    return Step::wait;
  }
  commit({intent(leg, OrderPurpose::complete, *plan.terms, Action::buy)}, out);
  return Step::ordered;
}

bool PairMachine::waits_for_book(std::uint8_t leg, PairCommands& out) {
  if (books_[leg].status != BookStatus::stale) {
    if (no_book_since_) {
      no_book_since_.reset();
      box_ends_ = now_ + config_.unwind_time_box;
    }
    return false;
  }
  no_book_since_ = no_book_since_.value_or(now_);
  if (now_ >= box_ends_ && !outage_told_) {
    outage_told_ = true;
    out.push_back(RaiseAlert{"waits_for_venue", to_string(excess_cost())});
  }
  return now_ < *no_book_since_ + config_.outage_patience;
}

PairMachine::Step PairMachine::unwind(PairCommands& out) {
  const auto leg = long_leg();
  if (waits_for_book(leg, out)) {
    return Step::wait;
  }
  const auto tried = attempts(OrderPurpose::unwind);
  const auto allowed = config_.max_unwind_attempts + (forced_ ? config_.max_forced_attempts : 0);
  const auto concession = forced_ ? price_one : times(config_.unwind_step, tried);
  const auto plan =
    plan_unwind(markets_[leg], books_[leg], request_.signal.legs[leg].side, excess(), concession);
  if (plan.hopeless) {
    return Step::give_up;
  }
  if (tried >= allowed || now_ >= box_ends_) {
    if (forced_ || excess_cost() <= budget_left_) {
      return Step::give_up;
    }
    forced_ = true;
    box_ends_ = now_ + config_.unwind_time_box;
    out.push_back(RaiseAlert{"forced_unwind", to_string(excess_cost())});
    return unwind(out);
  }
  if (!plan.terms || now_ < retry_at_[leg]) {
    return Step::wait;
  }
  commit({intent(leg, OrderPurpose::unwind, *plan.terms, Action::sell)}, out);
  return Step::ordered;
}

void PairMachine::close(std::string reason, PairCommands& out) {
  stage_ = PairStage::closed;
  closed_at_ = now_;
  const std::array legs{position(0), position(1)};
  const auto ended = outcome();
  const auto matched = std::min(legs[0].held(), legs[1].held());
  const auto cost = legs[0].paid + legs[1].paid - legs[0].received - legs[1].received;
  const auto fees = legs[0].fees + legs[1].fees;
  const auto exposed = ended == PairOutcome::exposed ? excess_cost() : Money{};
  if (ended == PairOutcome::exposed) {
    out.push_back(
      RaiseAlert{exposed > budget_left_ ? "exposed_over_budget" : "exposed", to_string(exposed)});
  }
  out.push_back(ClosePair{.closed = {.pair = request_.pair,
                                     .signal = request_.signal.id,
                                     .game = request_.signal.game,
                                     .outcome = ended,
                                     .requested = request_.quantity,
                                     .matched = matched,
                                     .held = {legs[0].held(), legs[1].held()},
                                     .cost = cost,
                                     .fees = fees,
                                     .locked_profit = payout(matched) - cost - fees,
                                     .triggered_by = request_.signal.triggered_by,
                                     .opened_at = opened_at_,
                                     .closed_at = now_,
                                     .reason = ended == PairOutcome::complete ? "" : reason},
                          .exposed = exposed,
                          .ledger_knows = batch_ > 0});
}

PairOutcome PairMachine::outcome() const {
  const auto a = position(0);
  const auto b = position(1);
  if (a.bought == Quantity{} && b.bought == Quantity{}) {
    return PairOutcome::void_;
  }
  const auto matched = std::min(a.held(), b.held());
  const auto sold = a.sold > Quantity{} || b.sold > Quantity{};
  if (excess() > config_.dust || (matched == Quantity{} && !sold)) {
    return PairOutcome::exposed;
  }
  if (sold) {
    return PairOutcome::unwound;
  }
  return matched + config_.dust >= request_.quantity ? PairOutcome::complete
                                                     : PairOutcome::balanced_partial;
}

bool PairMachine::is_new(const Fill& fill) const {
  const auto found = std::ranges::find_if(orders_, [&](const PairOrder& order) {
    return order.intent.client_order_id == fill.client_order_id;
  });
  return found != orders_.end() && !found->fill_ids.contains(fill.fill_id);
}

PairOrder* PairMachine::find(const std::string& id) {
  const auto found = std::ranges::find_if(orders_, [&](const PairOrder& order) {
    return order.intent.client_order_id == id;
  });
  return found == orders_.end() ? nullptr : &*found;
}

LegPosition PairMachine::position(std::uint8_t leg) const {
  LegPosition sum;
  for (const auto& order : orders_) {
    if (order.intent.leg != leg) {
      continue;
    }
    const auto buys = order.intent.action == Action::buy;
    (buys ? sum.bought : sum.sold) += order.filled();
    (buys ? sum.paid : sum.received) += order.notional();
    sum.fees += order.fee();
  }
  return sum;
}

std::int64_t PairMachine::unknown_orders() const {
  return std::ranges::count_if(orders_, [](const PairOrder& order) {
    return order.open() && order.queries > 0;
  });
}

std::uint8_t PairMachine::attempts(OrderPurpose purpose) const {
  return static_cast<std::uint8_t>(std::ranges::count_if(orders_, [&](const PairOrder& order) {
    return order.intent.purpose == purpose;
  }));
}

LegView PairMachine::view(std::uint8_t leg) const {
  return {.market = markets_[leg],
          .book = books_[leg],
          .side = request_.signal.legs[leg].side,
          .limit = request_.limits[leg]};
}

std::uint8_t PairMachine::long_leg() const {
  return position(0).held() >= position(1).held() ? 0 : 1;
}

Quantity PairMachine::excess() const {
  const auto difference = position(0).held() - position(1).held();
  return difference < Quantity{} ? Quantity{} - difference : difference;
}

/// What the contracts without hedge cost, fees included.
Money PairMachine::excess_cost() const {
  const auto leg = position(long_leg());
  if (leg.bought == Quantity{}) {
    return Money{};
  }
  return prorate(leg.paid + leg.fees, std::min(excess(), leg.bought), leg.bought);
}

/// What the venue said last of an order that it did not fill in full.
std::string PairMachine::last_reason() const {
  for (auto order = orders_.rbegin(); order != orders_.rend(); ++order) {
    if (!order->reason.empty() && order->filled() < order->intent.quantity) {
      return order->reason;
    }
  }
  return orders_.empty() ? "" : "not_filled_in_full";
}

} // namespace arbees
