#include <algorithm>

#include "actors/executor/pair_machine.hpp"

// How a pair that has ended is sold before it settles.

namespace arbees {

namespace {

/// Orders of one purpose are numbered in a byte, and an exit may need several.
constexpr std::uint8_t most_exit_orders = 200;

constexpr std::uint8_t other(std::uint8_t leg) {
  return leg == 0 ? 1 : 0;
}

LegPosition change(const LegPosition& before, const LegPosition& now) {
  return {.bought = now.bought - before.bought,
          .sold = now.sold - before.sold,
          .paid = now.paid - before.paid,
          .received = now.received - before.received,
          .fees = now.fees - before.fees};
}

} // namespace

void PairMachine::hold(const PairClosed& closed) {
  stage_ = PairStage::closed;
  closed_at_ = closed.closed_at;
  revision_ = closed.revision;
  for (auto& order : orders_) {
    order.sent = false; // each has its end on record, or the pair would not have had one
  }
}

bool PairMachine::holds() const {
  return stage_ == PairStage::closed && !decided_
         && (covered(0) > Quantity{} || covered(1) > Quantity{});
}

void PairMachine::decide(MarketId market) {
  decided_ = decided_ || market == markets_[0].id || market == markets_[1].id;
}

std::string PairMachine::why_not_exit(const ExitRequest& request) const {
  const auto& exit = request.exit;
  if (now_ >= exit.expires_at) {
    return "expired";
  }
  if (decided_) {
    return "market_decided";
  }
  if (attempts(OrderPurpose::exit) >= most_exit_orders) {
    return "too_many_exits";
  }
  if (std::ranges::any_of(orders_, &PairOrder::provisional)) {
    return "not_settled"; // a venue does not let go of these, and they may not be there at all
  }
  auto sells = false;
  for (std::uint8_t leg = 0; leg < 2; ++leg) {
    const auto& wanted = exit.legs[leg];
    const auto& market = markets_[leg];
    if (wanted.quantity == Quantity{}) {
      continue;
    }
    sells = true;
    if (!known_[leg] || !market.accepts_orders) {
      return "market_not_tradable";
    }
    if (books_[leg].status != BookStatus::ok) {
      return "book_not_ok";
    }
    if (wanted.market != market.id || wanted.side != request_.signal.legs[leg].side
        || wanted.quantity > covered(leg)) {
      return "not_held";
    }
    if (!accepts_sell(market, wanted.side, {wanted.limit, wanted.quantity})) {
      return "off_grid";
    }
  }
  return sells ? "" : "nothing_to_sell";
}

PairCommands
PairMachine::exit(const ExitRequest& request, Timestamp now, Money budget_left, bool may_send) {
  PairCommands out;
  now_ = std::max(now_, now);
  budget_left_ = budget_left;
  may_send_ = may_send;
  exit_ = request;
  before_exit_ = {position(0), position(1)};
  if (stage_ != PairStage::closed || committing_) {
    end_exit("pair_at_work", out);
    return out;
  }
  if (auto why = why_not_exit(request); !why.empty()) {
    end_exit(std::move(why), out);
    return out;
  }
  take_up_again(out);
  stage_ = PairStage::unwinding;
  const auto& legs = request.exit.legs;
  const auto order = [&](std::uint8_t leg) {
    return intent(leg, OrderPurpose::exit, {legs[leg].limit, legs[leg].quantity}, Action::sell);
  };
  if (legs[0].quantity == Quantity{} || legs[1].quantity == Quantity{}) {
    commit({order(legs[0].quantity == Quantity{} ? 1 : 0)}, out);
    return out;
  }
  if (markets_[0].taker_delay == markets_[1].taker_delay && markets_[0].taker_delay == Duration{}) {
    commit({order(0), order(1)}, out);
    return out;
  }
  // The doubtful sale first: of the other leg no more is sold than this one really was.
  const std::uint8_t first = markets_[0].taker_delay >= markets_[1].taker_delay ? 0 : 1;
  second_exit_ = other(first);
  commit({order(first)}, out);
  return out;
}

void PairMachine::continue_exit(PairCommands& out) {
  const auto leg = *second_exit_;
  second_exit_.reset();
  const auto& wanted = exit_->exit.legs[leg];
  const auto sold = position(other(leg)).sold - before_exit_[other(leg)].sold;
  const auto most = std::min({sold, wanted.quantity, covered(leg)});
  const OrderTerms terms{wanted.limit,
                         markets_[leg].quantity_step > Quantity{}
                           ? floor_to(std::max(most, Quantity{}), markets_[leg].quantity_step)
                           : Quantity{}};
  if (!decided_ && accepts_sell(markets_[leg], wanted.side, terms)) {
    commit({intent(leg, OrderPurpose::exit, terms, Action::sell)}, out);
    return;
  }
  rebalance(out);
}

/// What may be uneven at the end: dust, and during an exit what was held without hedge before it.
/// Its limits protect that, too, so that it is not unwound for an exit that sold a part of it.
Quantity PairMachine::tolerated() const {
  if (!exit_) {
    return config_.dust;
  }
  const auto before = before_exit_[0].held() - before_exit_[1].held();
  const auto same_leg = before > Quantity{} ? long_leg() == 0 : long_leg() == 1;
  const auto apart = before < Quantity{} ? Quantity{} - before : before;
  return same_leg ? std::max(config_.dust, apart) : config_.dust;
}

void PairMachine::end_exit(std::string refused, PairCommands& out) {
  if (!exit_) {
    return;
  }
  ExitEnded ended{.exit = exit_->exit.id,
                  .position = request_.pair,
                  .reason = exit_->exit.reason,
                  .refused = std::move(refused),
                  .at = now_};
  for (std::uint8_t leg = 0; leg < 2; ++leg) {
    const auto made = change(before_exit_[leg], position(leg));
    ended.sold[leg] = made.sold - made.bought;
    ended.proceeds += made.received - made.paid;
    ended.fees += made.fees;
  }
  exit_.reset();
  second_exit_.reset();
  out.push_back(EndExit{std::move(ended)});
}

} // namespace arbees
