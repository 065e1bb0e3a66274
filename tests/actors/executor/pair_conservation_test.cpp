#include <rapidcheck.h>

#include "actors/market/fees.hpp"
#include "tests/actors/executor/pair_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

/// A pair whose executions are all heard of, some of them twice, some of them taken back.
class Account {
public:
  Account()
    : machine_{*rc::gen::arbitrary<bool>() ? request_for(contracts(60))
                                           : resting_request(contracts(60)),
               {kalshi_market(), poly_market()},
               calm_books(),
               {}} {
    carry_out(machine_.open(now_));
  }

  void step() {
    now_ += std::chrono::milliseconds{*rc::gen::inRange(1, 500)};
    switch (*rc::gen::inRange(0, 7)) {
      case 0:
      case 1:
      case 2:
        execute();
        break;
      case 3:
        repeat();
        break;
      case 4:
        settle();
        break;
      case 5:
        end_an_order();
        break;
      default:
        apply(Tick{now_});
    }
    check();
  }

  /// Every order ends, and time passes until the pair has.
  void finish() {
    for (auto i = 0; i < 400 && machine_.stage() != PairStage::closed; ++i) {
      now_ += 500ms;
      for (std::size_t order = 0; order < orders_.size(); ++order) {
        end(orders_[order]);
      }
      apply(Tick{now_});
      check();
    }
    RC_ASSERT(machine_.stage() == PairStage::closed);
  }

private:
  struct Leg {
    Quantity bought;
    Quantity sold;
    Money paid;
    Money received;
    Money fees;
  };
  struct Order {
    OrderIntent intent;
    OrderFees fees;
    OrderReport report;
    bool over = false;
  };

  void apply(const PairEvent& event) { carry_out(machine_.apply(event, now_, dollars(100))); }

  void carry_out(const PairCommands& commands) {
    for (const auto& command : commands) {
      if (const auto* const commit = std::get_if<CommitBatch>(&command)) {
        apply(BatchCommitted{commit->batch});
      } else if (const auto* const send = std::get_if<SendOrder>(&command)) {
        orders_.push_back({.intent = send->order, .fees = {}, .report = {}});
      } else if (const auto* const close = std::get_if<ClosePair>(&command)) {
        check(close->closed);
      }
    }
  }

  template <class T>
  T* any(std::vector<T>& all) {
    return all.empty() ? nullptr : &all[*rc::gen::inRange<std::size_t>(0, all.size())];
  }

  void execute() {
    auto* const order = any(orders_);
    if (order == nullptr || order->over) {
      return;
    }
    const auto& intent = order->intent;
    const auto left = intent.quantity - order->report.filled - order->report.voided;
    const Quantity quantity{*rc::gen::inRange<std::int64_t>(0, left.value() + 1)};
    if (quantity == Quantity{}) {
      return;
    }
    const auto liquidity = intent.post_only ? Liquidity::maker : Liquidity::taker;
    Fill fill{.fill_id = std::to_string(++next_),
              .client_order_id = intent.client_order_id,
              .pair = intent.pair,
              .market = intent.market,
              .side = intent.side,
              .action = intent.action,
              .price = intent.limit,
              .quantity = quantity,
              .fee = order->fees.charge(*(intent.leg == 0 ? kalshi_market() : poly_market()).fees,
                                        liquidity, intent.limit, quantity, intent.action),
              .state = intent.leg == 0 ? FillState::confirmed : FillState::provisional};
    count(intent.leg, fill, 1);
    order->report.filled += quantity;
    told_.push_back(fill);
    apply(fill);
  }

  void repeat() {
    if (const auto* const fill = any(told_)) {
      apply(*fill);
    }
  }

  /// A provisional execution becomes final, or did not happen.
  void settle() {
    auto* const fill = any(told_);
    if (fill == nullptr || fill->state != FillState::provisional) {
      return;
    }
    fill->state = *rc::gen::inRange(0, 3) == 0 ? FillState::voided : FillState::confirmed;
    if (fill->state == FillState::voided) {
      count(1, *fill, -1);
      for (auto& order : orders_) {
        if (order.intent.client_order_id == fill->client_order_id) {
          order.report.filled -= fill->quantity;
          order.report.voided += fill->quantity;
        }
      }
    }
    apply(*fill);
  }

  void end_an_order() {
    if (auto* const order = any(orders_)) {
      end(*order);
    }
  }

  void end(Order& order) {
    if (order.over) {
      return;
    }
    order.over = true;
    auto report = order.report;
    const auto intent = order.intent; // a report may lead to another order
    report.pair = intent.pair;
    report.leg = intent.leg;
    report.client_order_id = intent.client_order_id;
    report.market = intent.market;
    report.side = intent.side;
    report.action = intent.action;
    report.status = report.filled + report.voided == intent.quantity ? OrderStatus::filled
                    : report.filled > Quantity{}                     ? OrderStatus::partial
                                                                     : OrderStatus::unfilled;
    // Its money is an average, as a venue states it: the executions know better.
    report.notional = notional(intent.limit, report.filled, Rounding::down);
    apply(report);
  }

  void count(std::uint8_t leg, const Fill& fill, int sign) {
    auto& sum = legs_[leg];
    const auto buys = fill.action == Action::buy;
    const auto value =
      notional(fill.price, fill.quantity, buys ? Rounding::up : Rounding::down).value();
    (buys ? sum.bought : sum.sold) += Quantity{sign * fill.quantity.value()};
    (buys ? sum.paid : sum.received) += Money{sign * value};
    sum.fees += Money{sign * fill.fee.value()};
  }

  void check() const {
    for (std::uint8_t leg = 0; leg < 2; ++leg) {
      const auto has = machine_.position(leg);
      RC_ASSERT(has.bought == legs_[leg].bought);
      RC_ASSERT(has.sold == legs_[leg].sold);
      RC_ASSERT(has.paid == legs_[leg].paid);
      RC_ASSERT(has.received == legs_[leg].received);
      RC_ASSERT(has.fees == legs_[leg].fees);
    }
  }

  void check(const PairClosed& closed) const {
    const auto& [a, b] = legs_;
    const auto cost = a.paid + b.paid - a.received - b.received;
    RC_ASSERT(closed.held[0] == a.bought - a.sold);
    RC_ASSERT(closed.held[1] == b.bought - b.sold);
    RC_ASSERT(closed.cost == cost);
    RC_ASSERT(closed.fees == a.fees + b.fees);
    RC_ASSERT(closed.locked_profit == payout(closed.matched) - cost - closed.fees);
    ++ended;
  }

  PairMachine machine_;
  Timestamp now_ = start;
  std::vector<Order> orders_;
  std::vector<Fill> told_;
  std::array<Leg, 2> legs_;
  int next_ = 0;

public:
  mutable int ended = 0;
};

} // namespace

TEST_CASE("at every moment a pair has exactly what its executions say, in contracts and in cash") {
  auto ended = 0;
  CHECK(rc::check([&] {
    Account account;
    const auto steps = *rc::gen::inRange(1, 120);
    for (auto i = 0; i < steps; ++i) {
      account.step();
    }
    account.finish();
    ended += account.ended;
  }));
  CHECK(ended >= 100);
}
