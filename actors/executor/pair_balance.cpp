#include <algorithm>

#include "actors/executor/pair_machine.hpp"

// How a pair whose legs differ comes to its end.

namespace arbees {

namespace {

constexpr std::uint8_t other(std::uint8_t leg) {
  return leg == 0 ? 1 : 0;
}

Price times(Price step, int count) {
  const auto product = std::int64_t{step.value()} * count;
  return Price{static_cast<std::int32_t>(std::min<std::int64_t>(product, price_one.value()))};
}

} // namespace

void PairMachine::rebalance(PairCommands& out) {
  if (excess() <= tolerated()) {
    close(last_reason(), out);
    return;
  }
  if (decided_) {
    close("market_decided", out);
    return;
  }
  if (voided_) {
    // Buying the leg again would be a new trade at today's price: its hedge is sold.
    voided_ = false;
    retry_at_ = {now_, now_};
    stage_ = PairStage::unwinding;
    box_ends_ = now_ + config_.unwind_time_box;
  }
  if (stage_ == PairStage::opening) {
    tried_[OrderPurpose::complete] = attempts(OrderPurpose::complete); // while an order rested
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
  const auto leg = other(long_leg());
  if (waits_for_market(leg, out)) {
    return Step::wait;
  }
  if (tries(OrderPurpose::complete) >= config_.max_complete_attempts || now_ >= box_ends_) {
    return Step::give_up;
  }
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

/// A restored pair whose market was not listed yet cannot know what the venue would take.
bool PairMachine::waits_for_market(std::uint8_t leg, PairCommands& out) {
  if (known_[leg]) {
    return false;
  }
  box_ends_ =
    now_ + (stage_ == PairStage::completing ? config_.complete_time_box : config_.unwind_time_box);
  if (!outage_told_) {
    outage_told_ = true;
    out.push_back(RaiseAlert{"waits_for_market", to_string(excess_cost())});
  }
  return true;
}

/// True while what must be sold is not settled, and the venue refused to sell it for that.
bool PairMachine::waits_for_settlement(std::uint8_t leg) {
  const auto provisional = std::ranges::any_of(orders_, [&](const PairOrder& order) {
    return order.intent.leg == leg && order.provisional();
  });
  if (!settling_since_) {
    const auto& last = orders_.back();
    if (!provisional || settling_over_ || last.intent.purpose != OrderPurpose::unwind
        || last.intent.leg != leg || last.status != OrderStatus::rejected) {
      return false;
    }
    settling_since_ = now_;
  }
  if (provisional && now_ < *settling_since_ + config_.settle_patience) {
    return true;
  }
  settling_since_.reset();
  settling_over_ = provisional;
  tried_[OrderPurpose::unwind] = attempts(OrderPurpose::unwind);
  box_ends_ = now_ + config_.unwind_time_box;
  return false;
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
  if (waits_for_market(leg, out) || waits_for_book(leg, out) || waits_for_settlement(leg)) {
    return Step::wait;
  }
  const auto tried = tries(OrderPurpose::unwind);
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
  moved_ = false;
  voided_ = false;
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
                                     .reason = ended == PairOutcome::complete ? "" : reason,
                                     .revision = revision_},
                          .exposed = exposed,
                          .exposed_in = markets_[long_leg()].id,
                          .ledger_knows = batch_ > 0,
                          .replaces = told_});
  told_ = std::get<ClosePair>(out.back()).closed;
  end_exit("", out);
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

} // namespace arbees
