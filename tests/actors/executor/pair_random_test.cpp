#include <deque>
#include <map>
#include <random>

#include "actors/executor/pair_machine.hpp"
#include "actors/market/fees.hpp"
#include "actors/market/grid.hpp"
#include "tests/actors/executor/pair_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

// One pair against a venue, a chain, a ledger and a market that do whatever they are allowed to do,
// and an oracle that keeps its own books.

namespace {

class Storm {
public:
  explicit Storm(std::uint64_t seed)
    : random_{seed},
      markets_{kalshi_market(), poly_market(chance(2) ? Duration{1s} : Duration{})},
      request_{chance(2) ? request_for(some_contracts()) : resting_request(some_contracts())},
      machine_{request_, markets_, calm_books(), {}} {}

  void run() {
    carry_out(machine_.open(now_));
    for (int step = 0;
         step < 8'000
         && (machine_.stage() != PairStage::closed || !mail_.empty() || exits_left_ > 0);
         ++step) {
      happen(step < 400);
    }
    REQUIRE(closed_);
    REQUIRE(mail_.empty());
    CHECK(machine_.final());
    CHECK(exits_ended_ == exits_asked_);
    check_closed();
  }

  bool rested() const { return request_.signal.legs[1].post_only; }
  PairOutcome outcome() const { return closed_->closed.outcome; }
  std::uint32_t revision() const { return closed_->closed.revision; }
  bool exited() const { return exit_orders_ > 0; }

private:
  struct Oracle {
    std::array<Quantity, 2> bought;
    std::array<Quantity, 2> sold;
    Money cost;
    Money fees;
  };

  std::int64_t number(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>{low, high}(random_);
  }
  bool chance(int one_in) { return number(1, one_in) == 1; }
  Quantity some_contracts() { return contracts(static_cast<double>(number(6, 120))); }

  /// One event: ordinary for a while, then only what a working world owes: answers and time.
  void happen(bool wild) {
    if (resting_ && chance(20)) {
      meet_resting(chance(4));
    } else if (wild && chance(40)) {
      machine_.let_open(chance(2) ? "venue_paused" : "");
    } else if (exits_left_ > 0 && machine_.stage() == PairStage::closed && chance(3)) {
      --exits_left_;
      exit();
    } else if (wild && chance(3)) {
      carry_out(machine_.apply(random_book(), now_, budget_));
    } else if (!mail_.empty() && chance(2)) {
      deliver();
    } else {
      now_ += std::chrono::milliseconds{number(1, 400)};
      carry_out(machine_.apply(Tick{now_}, now_, budget_));
    }
  }

  /// Asks for a sale that makes sense or not: of one leg or both, of what is held or more.
  void exit() {
    for (const auto& book : {random_book(), random_book()}) {
      machine_.show(book);
    }
    ExitRequest request{.exit = {.id = SignalId{static_cast<std::uint64_t>(++exits_asked_)},
                                 .position = request_.pair,
                                 .expires_at = now_ + (chance(10) ? Duration{} : Duration{1s})},
                        .approved_at = now_};
    const auto one_only = chance(3);
    for (std::uint8_t leg = 0; leg < 2; ++leg) {
      auto& sale = request.exit.legs[leg];
      const auto held = machine_.position(leg).held();
      sale = {.market = markets_[leg].id,
              .side = request_.signal.legs[leg].side,
              .limit = cents(static_cast<double>(number(2, 90)))};
      if (!one_only || leg == 0) {
        const auto most = std::max<std::int64_t>(held.value() / (chance(2) ? 1 : 2), 0);
        sale.quantity =
          chance(15) ? held + contracts(1) : floor_to(Quantity{most}, contracts(0.01));
      }
    }
    exit_limits_ = {request.exit.legs[0].limit, request.exit.legs[1].limit};
    carry_out(machine_.exit(request, now_, budget_));
  }

  /// Takes any message out of the mail: the order of arrival means nothing.
  void deliver() {
    const auto at = mail_.begin() + number(0, static_cast<std::int64_t>(mail_.size()) - 1);
    const auto event = *at;
    if (!chance(5)) {
      mail_.erase(at); // else it comes twice
    }
    carry_out(machine_.apply(event, now_, budget_));
  }

  void carry_out(const PairCommands& commands) {
    for (const auto& command : commands) {
      std::visit([this](const auto& what) { carry_out(what); }, command);
    }
  }

  void carry_out(const CommitBatch& commit) {
    closed_.reset(); // it was taken up again
    if (chance(6)) {
      mail_.push_back(BatchRefused{commit.batch, "no"});
      return;
    }
    for (const auto& order : commit.orders) {
      REQUIRE(committed_.emplace(order.client_order_id, order).second);
    }
    mail_.push_back(BatchCommitted{commit.batch});
  }

  void carry_out(const SendOrder& send) {
    const auto& order = send.order;
    REQUIRE(committed_.contains(order.client_order_id));
    REQUIRE(sent_.emplace(order.client_order_id, OrderReport{}).second);
    const auto& market = markets_[order.leg];
    if (order.action == Action::buy) {
      REQUIRE(accepts_buy(market, order.limit, order.quantity));
      REQUIRE(machine_.position(order.leg).held() + order.quantity <= request_.quantity);
    } else {
      REQUIRE(accepts_sell(market, order.side, {order.limit, order.quantity}));
      REQUIRE(order.quantity <= machine_.position(order.leg).held());
    }
    if (order.purpose == OrderPurpose::open) {
      REQUIRE(order.limit <= request_.limits[order.leg]);
    }
    if (order.time_in_force == TimeInForce::good_till_cancelled) {
      REQUIRE(order.post_only);
      REQUIRE(order.leg == 1);
      REQUIRE_FALSE(resting_);
      resting_ = Resting{.order = order, .report = report_of(order)};
      resting_->report.status = OrderStatus::accepted;
      sent_[order.client_order_id] = resting_->report;
      say(resting_->report);
      return;
    }
    if (order.purpose == OrderPurpose::exit) {
      ++exit_orders_;
      REQUIRE(order.action == Action::sell);
      REQUIRE(order.limit == exit_limits_[order.leg]);
    }
    sent_[order.client_order_id] = fill(order);
  }

  /// The cancel may be lost, and a fill may come before it.
  void carry_out(const WithdrawOrder& withdraw) {
    REQUIRE(withdraw.order.time_in_force == TimeInForce::good_till_cancelled);
    REQUIRE(sent_.contains(withdraw.order.client_order_id));
    if (resting_ && !chance(3)) {
      meet_resting(chance(4));
    }
    if (resting_ && !chance(4)) {
      end_resting();
    }
  }

  /// Somebody takes a part of what rests, or all of it.
  void meet_resting(bool all) {
    auto& [order, report, fills] = *resting_;
    const auto left = order.quantity - report.filled - report.voided;
    if (left <= Quantity{}) {
      return;
    }
    const auto quantity = all ? left : Quantity{number(1, left.value())};
    const auto value = notional(order.limit, quantity, Rounding::up);
    report.filled += quantity;
    report.notional += value;
    oracle_.bought[order.leg] += quantity;
    oracle_.cost += value;
    settle({.fill_id = std::to_string(fills++),
            .client_order_id = order.client_order_id,
            .market = order.market,
            .side = order.side,
            .action = order.action,
            .price = order.limit,
            .quantity = quantity},
           value, report);
    sent_[order.client_order_id] = report;
    say(report);
    if (all) {
      end_resting();
    }
  }

  void end_resting() {
    auto& [order, report, fills] = *resting_;
    const auto executed = report.filled + report.voided;
    report.status = executed == order.quantity ? OrderStatus::filled
                    : executed > Quantity{}    ? OrderStatus::partial
                                               : OrderStatus::unfilled;
    sent_[order.client_order_id] = report;
    say(report);
    resting_.reset();
  }

  void say(const OrderReport& report) {
    if (!chance(4)) {
      mail_.push_back(report);
    }
  }

  OrderReport report_of(const OrderIntent& order) const {
    return {.pair = order.pair,
            .leg = order.leg,
            .client_order_id = order.client_order_id,
            .market = order.market,
            .side = order.side,
            .action = order.action};
  }

  void carry_out(const AskVenue& ask) {
    REQUIRE(sent_.contains(ask.order.client_order_id));
    if (chance(2)) {
      mail_.push_back(sent_.at(ask.order.client_order_id));
    }
  }

  void carry_out(const ClosePair& close) {
    REQUIRE(close.closed.revision == ends_);
    ++ends_;
    closed_ = close;
  }
  void carry_out(const RecordUnsent& unsent) {
    REQUIRE(committed_.contains(unsent.report.client_order_id));
    REQUIRE_FALSE(sent_.contains(unsent.report.client_order_id));
  }
  void carry_out(const EndExit& end) {
    ++exits_ended_;
    REQUIRE(end.ended.exit == SignalId{static_cast<std::uint64_t>(exits_asked_)});
    if (!end.ended.refused.empty()) {
      CHECK(end.ended.sold == std::array<Quantity, 2>{});
    }
  }
  void carry_out(const RaiseAlert&) {}
  void carry_out(const IgnoreEvent&) {}

  /// The venue's verdict: any part, at the limit or better, in up to three executions of which
  /// some are heard of. The report may be lost.
  OrderReport fill(const OrderIntent& order) {
    auto report = report_of(order);
    OrderFees fees;
    const auto buys = order.action == Action::buy;
    auto left = part_of(order);
    for (int i = 0; i < 3 && left > Quantity{}; ++i) {
      const auto quantity = i == 2 ? left : Quantity{number(1, left.value())};
      const auto better = number(0, 3) * 100;
      const auto price =
        Price{static_cast<std::int32_t>(buys ? std::max(order.limit.value() - better, 100L)
                                             : std::min(order.limit.value() + better, 9'900L))};
      const auto value = notional(price, quantity, buys ? Rounding::up : Rounding::down);
      const auto fee =
        fees.charge(*markets_[order.leg].fees, Liquidity::taker, price, quantity, order.action);
      left -= quantity;
      report.filled += quantity;
      report.notional += value;
      report.fee += fee;
      (buys ? oracle_.bought : oracle_.sold)[order.leg] += quantity;
      oracle_.cost += buys ? value : -value;
      oracle_.fees += fee;
      settle({.fill_id = std::to_string(i),
              .client_order_id = order.client_order_id,
              .market = order.market,
              .side = order.side,
              .action = order.action,
              .price = price,
              .quantity = quantity,
              .fee = fee},
             value, report);
    }
    const auto executed = report.filled + report.voided;
    report.status = executed == order.quantity ? OrderStatus::filled
                    : executed > Quantity{}    ? OrderStatus::partial
                                               : OrderStatus::unfilled;
    say(report);
    if (chance(3)) {
      auto accepted = report;
      accepted.status = chance(2) ? OrderStatus::accepted : OrderStatus::unknown;
      accepted.filled = {};
      accepted.notional = {};
      accepted.fee = {};
      mail_.push_back(accepted);
    }
    return report;
  }

  /// On a chain an execution is provisional first, and one in five is voided, which is always told.
  void settle(Fill fill, Money value, OrderReport& report) {
    if (fill.market != poly_id || chance(2)) {
      if (!chance(4)) {
        mail_.push_back(fill);
      }
      return;
    }
    const auto voided = chance(5);
    fill.state = FillState::provisional;
    if (!chance(4)) {
      mail_.push_back(fill);
    }
    fill.state = voided ? FillState::voided : FillState::confirmed;
    mail_.push_back(fill);
    if (!voided) {
      return;
    }
    const auto buys = fill.action == Action::buy;
    (buys ? oracle_.bought : oracle_.sold)[report.leg] -= fill.quantity;
    oracle_.cost -= buys ? value : -value;
    oracle_.fees -= fill.fee;
    report.filled -= fill.quantity;
    report.voided += fill.quantity;
    report.notional -= value;
    report.fee -= fill.fee;
  }

  Quantity part_of(const OrderIntent& order) {
    switch (number(0, 3)) {
      case 0:
        return {};
      case 1:
        return order.quantity;
      case 2:
        return Quantity{number(0, order.quantity.value())}; // finer than any order's grid
      default:
        return floor_to(Quantity{number(0, order.quantity.value())}, contracts(0.01));
    }
  }

  BookUpdate random_book() {
    const auto middle = number(5, 95);
    const auto spread = number(1, 4);
    const auto kalshi = chance(2);
    auto book = book_of(kalshi ? kalshi_id : poly_id, kalshi ? Venue::kalshi : Venue::polymarket,
                        {}, {}, now_);
    if (chance(8)) {
      book.status = chance(2) ? BookStatus::stale : BookStatus::closed;
      return book;
    }
    for (int i = 0; i < 3; ++i) {
      const auto size = Quantity{number(1, 100'000'000)};
      const auto bid = middle - spread - i;
      const auto ask = middle + i;
      if (bid > 0 && !chance(5)) {
        book.bids.push_back({cents(static_cast<double>(bid)), size});
      }
      if (ask < 100 && !chance(5)) {
        book.asks.push_back({cents(static_cast<double>(ask)), size});
      }
    }
    return book;
  }

  void check_closed() {
    const auto& closed = closed_->closed;
    for (std::size_t leg = 0; leg < 2; ++leg) {
      CHECK(closed.held[leg] == oracle_.bought[leg] - oracle_.sold[leg]);
    }
    CHECK(closed.cost == oracle_.cost);
    CHECK(closed.fees == oracle_.fees);
    CHECK(closed.matched == std::min(closed.held[0], closed.held[1]));
    CHECK(closed.locked_profit == payout(closed.matched) - oracle_.cost - oracle_.fees);
    const auto apart = std::max(closed.held[0], closed.held[1]) - closed.matched;
    if (closed.outcome != PairOutcome::exposed) {
      CHECK(apart <= ExecutorConfig{}.dust);
    }
    if (closed.outcome == PairOutcome::complete && closed.revision == 0) {
      // Neither the first orders nor a completion may lose: but for dust, and for what three
      // executions of an order cost in roundings that one would not.
      CHECK(closed.locked_profit > dollars(-0.06));
    }
    if (closed.outcome == PairOutcome::void_) {
      CHECK(oracle_.bought == std::array<Quantity, 2>{});
    }
  }

  struct Resting {
    OrderIntent order;
    OrderReport report;
    int fills = 0;
  };

  std::mt19937_64 random_;
  std::array<MarketSpec, 2> markets_;
  ExecutionRequest request_;
  PairMachine machine_;
  Timestamp now_ = start;
  Money budget_ = dollars(static_cast<double>(number(0, 40)));
  std::deque<PairEvent> mail_;
  std::map<std::string, OrderIntent> committed_;
  std::map<std::string, OrderReport> sent_;
  Oracle oracle_;
  std::optional<Resting> resting_;
  std::uint32_t ends_ = 0;
  int exits_left_ = static_cast<int>(number(0, 3));
  int exits_asked_ = 0;
  int exits_ended_ = 0;
  int exit_orders_ = 0;
  std::array<Price, 2> exit_limits_;
  std::optional<ClosePair> closed_;
};

} // namespace

TEST_CASE("whatever the world does, a pair ends, and its books agree with the venue's") {
  std::map<PairOutcome, int> outcomes;
  std::map<PairOutcome, int> of_resting;
  int taken_up_again = 0;
  int exited = 0;
  for (std::uint64_t seed = 1; seed <= 10'000; ++seed) {
    INFO("seed " << seed);
    Storm storm{seed};
    storm.run();
    ++outcomes[storm.outcome()];
    of_resting[storm.outcome()] += storm.rested() ? 1 : 0;
    taken_up_again += storm.revision() > 0 ? 1 : 0;
    exited += storm.exited() ? 1 : 0;
  }
  // The storm must reach every way in which a pair can end.
  CHECK(outcomes.size() == 5);
  CHECK(taken_up_again > 50);
  for (const auto& [outcome, count] : of_resting) {
    INFO(to_string(outcome));
    CHECK(count > 0);
  }
  CHECK(exited > 1'000);
}
