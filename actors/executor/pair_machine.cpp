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

bool plausible(const OrderReport& report) {
  return report.filled >= Quantity{} && report.notional >= Money{} && report.fee >= Money{};
}

} // namespace

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
  if (const auto leg = resting_leg()) {
    open_resting(*leg, out);
    return out;
  }
  const auto open_intent = [this](std::uint8_t leg) {
    return intent(leg, OrderPurpose::open, {request_.limits[leg], request_.quantity}, Action::buy);
  };
  const auto order = plan_legs(view(0), view(1), request_.quantity, config_.leg_policy);
  if (order == LegOrder::parallel) {
    commit({open_intent(0), open_intent(1)}, out);
    return out;
  }
  const std::uint8_t first = order == LegOrder::first_then_second ? 0 : 1;
  second_leg_ = other(first);
  commit({open_intent(first)}, out);
  return out;
}

PairMachine
PairMachine::restore(const OpenPair& pair, std::array<std::optional<MarketSpec>, 2> markets,
                     ExecutorConfig config, Timestamp now) {
  std::array<MarketSpec, 2> specs;
  std::array<BookUpdate, 2> books;
  for (std::size_t leg = 0; leg < 2; ++leg) {
    const auto& wanted = pair.request.signal.legs[leg];
    specs[leg] = markets[leg].value_or(MarketSpec{.id = wanted.market});
    books[leg] = {.market = wanted.market, .venue = wanted.venue, .status = BookStatus::stale};
  }
  PairMachine machine{pair.request, std::move(specs), std::move(books), config};
  machine.known_ = {markets[0].has_value(), markets[1].has_value()};
  machine.now_ = now;
  machine.opened_at_ = pair.intent_at;
  machine.batch_ = pair.batches;
  machine.revision_ = pair.closed_before;
  for (const auto& record : pair.orders) {
    auto& order = machine.orders_.emplace_back(record.intent);
    order.sent = true; // it may have been
    order.deadline = now;
    order.of_earlier_run = true;
    if (record.report) {
      order.apply(*record.report);
    }
  }
  for (const auto& fill : pair.fills) {
    if (auto* order = machine.find(fill.client_order_id)) {
      order->apply(fill);
    }
  }
  if (machine.attempts(OrderPurpose::exit) > 0) {
    machine.stage_ = PairStage::unwinding; // what an exit has sold is not bought again
    machine.box_ends_ = now + config.unwind_time_box;
  }
  return machine;
}

PairCommands
PairMachine::apply(const PairEvent& event, Timestamp now, Money budget_left, bool may_send) {
  PairCommands out;
  now_ = std::max(now_, now);
  budget_left_ = budget_left;
  may_send_ = may_send;
  std::visit([&](const auto& what) { on(what, out); }, event);
  if (stage_ == PairStage::closed && moved_) {
    take_up_again(out);
  }
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
    const auto liquidity = signal.legs[leg].post_only ? Liquidity::maker : Liquidity::taker;
    worst += notional(limit, request_.quantity, Rounding::up)
             + fee_bound(*market.fees, liquidity, limit, request_.quantity);
    if (auto why = why_not_rest(leg); !why.empty()) {
      return why;
    }
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
    orders_.emplace_back(order);
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
  const auto first = orders_.size() == batch_size_;
  const auto why_not = first ? why_not_send_first() : "";
  if (!why_not.empty()) {
    // A slow ledger must not leg us into an old price.
    leave_unsent(why_not, out);
    close(why_not, out);
    return;
  }
  if (!may_send_) {
    leave_unsent("halted", out);
    return;
  }
  for (auto i = orders_.size() - batch_size_; i < orders_.size(); ++i) {
    auto& order = orders_[i];
    if (!still_wanted(order.intent) || !fits(order.intent)) {
      end_unsent(order, fits(order.intent) ? "not_needed" : "off_grid", out);
      continue;
    }
    order.sent = true;
    order.deadline = now_ + markets_[order.intent.leg].taker_delay + config_.order_deadline;
    out.push_back(SendOrder{order.intent});
  }
}

/// Why the batch that opens the pair is not sent after all.
std::string PairMachine::why_not_send_first() const {
  if (!may_send_) {
    return "halted";
  }
  if (now_ >= request_.signal.expires_at) {
    return "expired";
  }
  for (const auto& order : orders_) {
    if (!fits(order.intent)) {
      return "off_grid";
    }
    if (order.intent.post_only) {
      return why_withdraw(order);
    }
  }
  return "";
}

/// The venue may have changed its grid while the ledger wrote.
bool PairMachine::fits(const OrderIntent& order) const {
  const auto& market = markets_[order.leg];
  if (!known_[order.leg]) {
    return true; // nobody can say
  }
  if (order.action == Action::sell) {
    return accepts_sell(market, order.side, {order.limit, order.quantity});
  }
  return side_floor(market, order.side, order.limit) == order.limit
         && accepts_buy(market, order.limit, order.quantity);
}

/// The orders of the last batch stay here.
void PairMachine::leave_unsent(const std::string& reason, PairCommands& out) {
  for (auto i = orders_.size() - batch_size_; i < orders_.size(); ++i) {
    end_unsent(orders_[i], reason, out);
  }
}

void PairMachine::end_unsent(PairOrder& order, const std::string& reason, PairCommands& out) {
  const auto& intent = order.intent;
  order.status = OrderStatus::rejected;
  order.reason = reason;
  out.push_back(RecordUnsent{{.pair = intent.pair,
                              .leg = intent.leg,
                              .client_order_id = intent.client_order_id,
                              .market = intent.market,
                              .venue = intent.ref.venue,
                              .side = intent.side,
                              .action = intent.action,
                              .status = OrderStatus::rejected,
                              .reason = reason,
                              .sent_at = now_,
                              .reported_at = now_}});
}

/// A fill that came while the ledger was writing may have mended what the order was for.
bool PairMachine::still_wanted(const OrderIntent& order) const {
  if (order.purpose == OrderPurpose::open) {
    return true;
  }
  if (order.purpose == OrderPurpose::exit) {
    return order.quantity <= covered(order.leg);
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
  const auto before = order->total();
  if (!order->apply(event)) {
    out.push_back(IgnoreEvent{"stale_report"});
    return;
  }
  if (event.status == OrderStatus::unknown) {
    order->deadline = std::min(order->deadline, now_ + config_.query_interval);
  }
  note_resting(*order);
  check_amount(*order, before, out);
}

void PairMachine::on(const Fill& event, PairCommands& out) {
  auto* order = find(event.client_order_id);
  if (!order) {
    out.push_back(IgnoreEvent{"foreign_fill"});
    return;
  }
  const auto before = order->total();
  const auto known = order->knows(event.fill_id);
  switch (order->apply(event)) {
    case PairOrder::Heard::refused:
      out.push_back(IgnoreEvent{known ? "final_fill" : "bad_fill"});
      return;
    case PairOrder::Heard::duplicate:
      out.push_back(IgnoreEvent{"duplicate_fill"});
      return;
    case PairOrder::Heard::news:
      break;
  }
  if (!known) {
    check_fee(*order, event, out);
  }
  if (order->open() && order->filled() >= order->intent.quantity) {
    order->status = OrderStatus::filled; // nothing is left that a report could tell
  }
  check_amount(*order, before, out);
}

/// Tells a person, once an order, of fees that are not the schedule's.
void PairMachine::check_fee(PairOrder& order, const Fill& fill, PairCommands& out) const {
  const auto& fees = markets_[order.intent.leg].fees;
  if (!fees) {
    return; // a restored pair, whose market is not known yet
  }
  const auto liquidity = order.intent.post_only ? Liquidity::maker : Liquidity::taker;
  order.expected_fee +=
    order.schedule.charge(*fees, liquidity, fill.price, fill.quantity, fill.action);
  const auto difference = order.charged_fee() - order.expected_fee;
  if (!order.fee_told
      && (difference > config_.fee_tolerance || difference < -config_.fee_tolerance)) {
    order.fee_told = true;
    out.push_back(RaiseAlert{"fee_differs", order.intent.client_order_id + " charged "
                                              + to_string(order.charged_fee()) + " expected "
                                              + to_string(order.expected_fee)});
  }
}

/// Tells a person of executions that come late, exceed the order, or are gone again.
void PairMachine::check_amount(const PairOrder& order, const PairOrder::Sum& before,
                               PairCommands& out) {
  const auto now = order.total();
  const auto wanted = order.intent.quantity;
  if (before.quantity <= wanted && now.quantity > wanted) {
    out.push_back(RaiseAlert{"overfilled", order.intent.client_order_id});
  }
  if (now.quantity < before.quantity) {
    voided_ = true;
    out.push_back(RaiseAlert{"fill_voided", order.intent.client_order_id});
  }
  if (stage_ == PairStage::closed && now != before) {
    moved_ = true;
    if (now.quantity > before.quantity) {
      out.push_back(RaiseAlert{"late_fill", order.intent.client_order_id});
    }
  }
}

/// Whatever it was that changed after the end, the pair must be balanced again.
void PairMachine::take_up_again(PairCommands&) {
  ++revision_;
  moved_ = false;
  second_leg_.reset();
  for (const auto purpose : {OrderPurpose::complete, OrderPurpose::unwind}) {
    tried_[purpose] = attempts(purpose);
  }
  // What was hedged by a fill that is gone is sold; what came late may still be completed.
  stage_ = voided_ ? PairStage::unwinding : PairStage::completing;
  box_ends_ = now_ + (voided_ ? config_.unwind_time_box : config_.complete_time_box);
  retry_at_ = {now_, now_};
  voided_ = false;
  forced_ = false;
  settling_over_ = false;
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

void PairMachine::on(const MarketDecided& event, PairCommands& out) {
  if (event.market != markets_[0].id && event.market != markets_[1].id) {
    out.push_back(IgnoreEvent{"foreign_market"});
    return;
  }
  decided_ = true;
}

void PairMachine::on(const Tick&, PairCommands&) {}

void PairMachine::learn(const MarketSpec& market) {
  for (std::size_t leg = 0; leg < 2; ++leg) {
    if (market.id == markets_[leg].id) {
      markets_[leg] = market;
      known_[leg] = true;
    }
  }
}

void PairMachine::show(const BookUpdate& book) {
  for (std::size_t leg = 0; leg < 2; ++leg) {
    if (book.market == markets_[leg].id) {
      books_[leg] = book;
    }
  }
}

bool PairMachine::final() const {
  return stage_ == PairStage::closed && std::ranges::none_of(orders_, &PairOrder::provisional);
}

void PairMachine::advance(PairCommands& out) {
  if (stage_ == PairStage::closed) {
    return;
  }
  withdraw_rest(out); // waits for nothing
  if (committing_) {
    return;
  }
  ask_overdue(out);
  if (tend_rest(out)) {
    return;
  }
  if (std::ranges::any_of(orders_, &PairOrder::open)) {
    return; // what is not known yet cannot be balanced
  }
  if (!may_send_) {
    return;
  }
  if (stage_ == PairStage::opening) {
    continue_opening(out);
  } else if (second_exit_) {
    continue_exit(out);
  } else {
    rebalance(out);
  }
}

void PairMachine::ask_overdue(PairCommands& out) {
  for (auto& order : orders_) {
    // Nobody follows the executions that an earlier run heard of, unless the venue is asked once.
    const auto forgotten =
      std::exchange(order.of_earlier_run, false) && (order.provisional() || order.untold());
    if (!forgotten && (!order.open() || now_ < order.deadline)) {
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

int PairMachine::tries(OrderPurpose purpose) const {
  const auto before = tried_.find(purpose);
  return attempts(purpose) - (before == tried_.end() ? 0 : before->second);
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

/// What can be sold of a leg: less than nothing is not there, whatever was voided in the meantime.
Quantity PairMachine::covered(std::uint8_t leg) const {
  return std::max(position(leg).held(), Quantity{});
}

std::uint8_t PairMachine::long_leg() const {
  return covered(0) >= covered(1) ? 0 : 1;
}

Quantity PairMachine::excess() const {
  const auto difference = covered(0) - covered(1);
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
  if (!withdrawn_.empty() && orders_.front().filled() < orders_.front().intent.quantity) {
    return withdrawn_;
  }
  for (auto order = orders_.rbegin(); order != orders_.rend(); ++order) {
    if (!order->reason.empty() && order->filled() < order->intent.quantity) {
      return order->reason;
    }
  }
  return orders_.empty() ? "" : "not_filled_in_full";
}

} // namespace arbees
