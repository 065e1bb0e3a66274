#include <algorithm>

#include "actors/executor/pair_machine.hpp"
#include "actors/market/side_view.hpp"

// A pair that rests as a maker on one venue and takes on the other what was filled (hazards 1).

namespace arbees {

namespace {

constexpr std::uint8_t other(std::uint8_t leg) {
  return leg == 0 ? 1 : 0;
}

bool is_resting(const PairOrder& order) {
  return order.intent.time_in_force == TimeInForce::good_till_cancelled && !terminal(order.status);
}

} // namespace

std::optional<std::uint8_t> PairMachine::resting_leg() const {
  for (std::uint8_t leg = 0; leg < 2; ++leg) {
    if (request_.signal.legs[leg].post_only) {
      return leg;
    }
  }
  return std::nullopt;
}

bool PairMachine::rests() const {
  return std::ranges::any_of(orders_, is_resting);
}

PairOrder* PairMachine::resting() {
  const auto found = std::ranges::find_if(orders_, is_resting);
  return found == orders_.end() ? nullptr : &*found;
}

/// What stands against resting `leg`, if that is what the signal wants.
std::string PairMachine::why_not_rest(std::uint8_t leg) const {
  const auto& legs = request_.signal.legs;
  if (!legs[leg].post_only) {
    return "";
  }
  if (legs[other(leg)].post_only) {
    return "both_legs_rest";
  }
  if (!why_not_open_.empty()) {
    return why_not_open_;
  }
  const auto offers = buy_levels(books_[leg], legs[leg].side);
  const auto crosses = !offers.empty() && offers.best().price <= request_.limits[leg];
  return crosses ? "would_cross" : "";
}

void PairMachine::open_resting(std::uint8_t leg, PairCommands& out) {
  auto order =
    intent(leg, OrderPurpose::open, {request_.limits[leg], request_.quantity}, Action::buy);
  order.time_in_force = TimeInForce::good_till_cancelled;
  order.post_only = true;
  order.expires_at = now_ + config_.rest_backstop;
  rest_until_ = now_ + config_.rest_time_box;
  commit({std::move(order)}, out);
}

/// Why an order must not rest any longer; empty: it may. A restored pair's time is over.
std::string PairMachine::why_withdraw(const PairOrder& rest) const {
  const auto hedge = other(rest.intent.leg);
  if (!may_send_) {
    return "halted";
  }
  if (decided_) {
    return "market_decided";
  }
  if (now_ >= rest_until_) {
    return "rest_over";
  }
  if (!why_not_open_.empty()) {
    return why_not_open_;
  }
  if (voided_) {
    return "fill_voided";
  }
  for (std::size_t leg = 0; leg < 2; ++leg) {
    if (books_[leg].status != BookStatus::ok) {
      return "book_not_ok";
    }
    if (!markets_[leg].accepts_orders) {
      return "market_not_tradable";
    }
  }
  if (!fits(rest.intent)) {
    return "off_grid";
  }
  if (attempts(OrderPurpose::complete) >= config_.max_rest_hedges) {
    return "many_hedges";
  }
  // What a hedge under way takes is not needed twice.
  const auto hedging = committing_ || std::ranges::any_of(orders_, [&](const PairOrder& order) {
                         return order.intent.leg == hedge && order.open();
                       });
  const auto unfilled = rest.intent.quantity - std::min(rest.filled(), rest.intent.quantity);
  const auto needed = unfilled + (hedging ? Quantity{} : excess());
  return shown_depth(view(hedge)) < needed ? "hedge_moved" : "";
}

/// Cancels need neither the ledger nor leave to send.
void PairMachine::withdraw_rest(PairCommands& out) {
  auto* const rest = resting();
  if (!rest || !rest->sent) {
    return;
  }
  if (withdrawn_.empty()) {
    withdrawn_ = why_withdraw(*rest);
  }
  if (withdrawn_.empty() || now_ < cancel_again_at_) {
    return;
  }
  cancel_again_at_ = now_ + config_.cancel_interval;
  rest->deadline = std::min(rest->deadline, now_ + config_.order_deadline);
  out.push_back(WithdrawOrder{rest->intent, withdrawn_});
}

/// An order that is known to rest owes no report until it is withdrawn.
void PairMachine::note_resting(PairOrder& order) const {
  if (is_resting(order) && order.status == OrderStatus::accepted && withdrawn_.empty()) {
    order.queries = 0;
    order.deadline = rest_until_ + config_.order_deadline;
  }
}

/// Hedges what was filled so far. @returns true while an order rests: nothing else is to be done
bool PairMachine::tend_rest(PairCommands& out) {
  const auto* const rest = resting();
  if (!rest) {
    return false;
  }
  const auto hedge = other(rest->intent.leg);
  const auto hedging = std::ranges::any_of(orders_, [&](const PairOrder& order) {
    return &order != rest && order.open();
  });
  if (!may_send_ || hedging || !known_[hedge] || excess() <= config_.dust || long_leg() == hedge
      || now_ < retry_at_[hedge]) {
    return true;
  }
  const auto plan = plan_completion(markets_[hedge], books_[hedge],
                                    request_.signal.legs[hedge].side, excess(), excess_cost());
  if (plan.terms) {
    commit({intent(hedge, OrderPurpose::complete, *plan.terms, Action::buy)}, out);
  }
  return true;
}

} // namespace arbees
