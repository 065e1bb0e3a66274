#include "actors/executor/pair_machine.hpp"
#include "tests/actors/executor/pair_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

/// NO rests on Polymarket at 44; YES is to be taken on Kalshi, at 45 at most by the signal.
struct Desk {
  explicit Desk(Quantity quantity = contracts(100), std::array<BookUpdate, 2> books = calm_books())
    : machine{resting_request(quantity), {kalshi_market(), poly_market(1s)}, books, {}} {}

  PairCommands apply(const PairEvent& event, bool may_send = true) {
    auto commands = machine.apply(event, now, dollars(100), may_send);
    for (const auto& commit : only<CommitBatch>(commands)) {
      batch = commit.batch;
    }
    return commands;
  }
  PairCommands tick(Duration after) {
    now += after;
    return apply(Tick{now});
  }
  /// The one order that comes out once the ledger has it.
  OrderIntent sent_of(const PairCommands& commands) {
    const auto commits = only<CommitBatch>(commands);
    REQUIRE(commits.size() == 1);
    batch = commits[0].batch;
    const auto sends = only<SendOrder>(apply(BatchCommitted{batch}));
    REQUIRE(sends.size() == 1);
    return sends[0].order;
  }
  OrderIntent rest() {
    const auto order = sent_of(machine.open(now));
    report(order, OrderStatus::accepted, {});
    return order;
  }
  PairCommands report(const OrderIntent& order, OrderStatus status, Quantity filled) {
    return apply(OrderReport{.pair = order.pair,
                             .leg = order.leg,
                             .client_order_id = order.client_order_id,
                             .market = order.market,
                             .side = order.side,
                             .action = order.action,
                             .status = status,
                             .filled = filled,
                             .notional = notional(order.limit, filled, Rounding::up),
                             .reason = status == OrderStatus::filled ? "" : "cancelled"});
  }
  PairCommands fill(const OrderIntent& order, const std::string& id, Quantity quantity,
                    FillState state = FillState::confirmed) {
    return apply(Fill{.fill_id = id,
                      .client_order_id = order.client_order_id,
                      .pair = order.pair,
                      .market = order.market,
                      .side = order.side,
                      .action = order.action,
                      .price = order.limit,
                      .quantity = quantity,
                      .state = state});
  }

  PairMachine machine;
  Timestamp now = start;
  std::uint32_t batch = 0;
};

std::string withdrawn(const PairCommands& commands) {
  const auto all = only<WithdrawOrder>(commands);
  return all.empty() ? "" : all[0].reason;
}

PairClosed end_of(const PairCommands& commands) {
  const auto closes = only<ClosePair>(commands);
  REQUIRE(closes.size() == 1);
  return closes[0].closed;
}

} // namespace

TEST_CASE("a leg that rests is ordered alone, post-only, until the venue's own backstop") {
  Desk desk;
  const auto order = desk.rest();
  CHECK(order.leg == 1);
  CHECK(order.time_in_force == TimeInForce::good_till_cancelled);
  CHECK(order.post_only);
  CHECK(order.limit == cents(44));
  CHECK(order.quantity == contracts(100));
  CHECK(order.expires_at == start + 3min);
  CHECK(desk.machine.rests());
  // It owes no report while it rests.
  const auto quiet = desk.tick(15s);
  CHECK(only<AskVenue>(quiet).empty());
  CHECK(only<WithdrawOrder>(quiet).empty());
}

TEST_CASE("each fill is hedged at once, and what comes meanwhile after it") {
  Desk desk;
  const auto rest = desk.rest();
  const auto first = desk.sent_of(desk.fill(rest, "1", contracts(30)));
  CHECK(first.leg == 0);
  CHECK(first.time_in_force == TimeInForce::immediate_or_cancel);
  CHECK_FALSE(first.post_only);
  CHECK(first.quantity == contracts(30));
  CHECK(only<CommitBatch>(desk.fill(rest, "2", contracts(20.005))).empty());
  CHECK(only<CommitBatch>(desk.report(first, OrderStatus::filled, contracts(30))).empty());
  const auto second = desk.sent_of(desk.tick(250ms));
  CHECK(second.quantity == contracts(20)); // Kalshi's grid: the rest is dust
  CHECK(second.client_order_id != first.client_order_id);
  desk.report(second, OrderStatus::filled, contracts(20));
  const auto last = desk.sent_of([&] {
    desk.now += 1s;
    return desk.fill(rest, "3", contracts(49.995));
  }());
  CHECK_FALSE(desk.machine.rests());
  const auto closed = end_of(desk.report(last, OrderStatus::filled, last.quantity));
  CHECK(closed.outcome == PairOutcome::complete);
  CHECK(closed.held[0] == contracts(100));
  CHECK(closed.held[1] == contracts(100));
}

TEST_CASE("dust waits for more of it") {
  Desk desk;
  const auto rest = desk.rest();
  CHECK(only<CommitBatch>(desk.fill(rest, "1", contracts(0.03))).empty());
  CHECK(desk.sent_of(desk.fill(rest, "2", contracts(0.03))).quantity == contracts(0.06));
}

TEST_CASE("an order is withdrawn when it should not rest any longer") {
  Desk desk;
  SECTION("its time is over") {
    desk.rest();
    CHECK(withdrawn(desk.tick(19'999ms)).empty());
    CHECK(withdrawn(desk.tick(1ms)) == "rest_over");
  }
  SECTION("Kalshi shows less within the limit than may still be filled") {
    desk.rest();
    CHECK(withdrawn(desk.apply(kalshi_book({}, {{cents(45), contracts(100)}}))).empty());
    CHECK(withdrawn(desk.apply(
            kalshi_book({}, {{cents(45), contracts(99.99)}, {cents(46), contracts(500)}})))
          == "hedge_moved");
  }
  SECTION("a book is not whole") {
    desk.rest();
    auto book = poly_book({}, {});
    book.status = BookStatus::stale;
    CHECK(withdrawn(desk.apply(book)) == "book_not_ok");
  }
  SECTION("nothing new would be opened") {
    desk.rest();
    desk.machine.let_open("venue_closed:kalshi");
    CHECK(withdrawn(desk.tick(1ms)) == "venue_closed:kalshi");
  }
  SECTION("trading is halted: nothing goes but the cancel") {
    const auto rest = desk.rest();
    const auto out = desk.apply(Tick{desk.now}, false);
    CHECK(withdrawn(out) == "halted");
    const auto filled = desk.apply(Fill{.fill_id = "1",
                                        .client_order_id = rest.client_order_id,
                                        .market = rest.market,
                                        .side = rest.side,
                                        .price = rest.limit,
                                        .quantity = contracts(10)},
                                   false);
    CHECK(only<CommitBatch>(filled).empty());
  }
  SECTION("a fill of it was voided: what hedged it is sold") {
    const auto rest = desk.rest();
    const auto hedge = desk.sent_of(desk.fill(rest, "1", contracts(30), FillState::provisional));
    desk.report(hedge, OrderStatus::filled, contracts(30));
    CHECK(withdrawn(desk.fill(rest, "1", contracts(30), FillState::voided)) == "fill_voided");
    const auto sale = desk.sent_of(desk.report(rest, OrderStatus::unfilled, {}));
    CHECK(sale.action == Action::sell);
    CHECK(sale.leg == 0);
    CHECK(sale.quantity == contracts(30));
  }
}

TEST_CASE("a cancel is repeated until the venue says that the order is gone, then asked after") {
  Desk desk;
  const auto rest = desk.rest();
  CHECK(withdrawn(desk.tick(20s)) == "rest_over");
  CHECK(withdrawn(desk.tick(999ms)).empty());
  CHECK(withdrawn(desk.tick(1ms)) == "rest_over");
  CHECK(only<AskVenue>(desk.tick(1s)).size() == 1);
  const auto closed = end_of(desk.report(rest, OrderStatus::unfilled, {}));
  CHECK(closed.outcome == PairOutcome::void_);
  CHECK(closed.reason == "rest_over");
  CHECK(desk.machine.final());
}

TEST_CASE("fills that come during the cancel are hedged") {
  Desk desk;
  const auto rest = desk.rest();
  CHECK(withdrawn(desk.tick(20s)) == "rest_over");
  const auto hedge = desk.sent_of(desk.fill(rest, "1", contracts(10)));
  CHECK(hedge.quantity == contracts(10));
  CHECK(only<ClosePair>(desk.report(rest, OrderStatus::partial, contracts(10))).empty());
  const auto closed = end_of(desk.report(hedge, OrderStatus::filled, contracts(10)));
  CHECK(closed.outcome == PairOutcome::balanced_partial);
  CHECK(closed.reason == "rest_over");
  CHECK(closed.matched == contracts(10));
}

TEST_CASE("what cannot be hedged is completed in its time box, or sold again") {
  Desk desk;
  const auto rest = desk.rest();
  desk.apply(kalshi_book({}, {{cents(60), contracts(500)}}));
  CHECK(only<CommitBatch>(desk.fill(rest, "1", contracts(40))).empty());
  CHECK(only<CommitBatch>(desk.report(rest, OrderStatus::partial, contracts(40))).empty());
  SECTION("Kalshi comes back to where both together do not lose") {
    const auto hedge = desk.sent_of(desk.apply(kalshi_book({}, {{cents(54), contracts(500)}})));
    CHECK(hedge.action == Action::buy);
    CHECK(hedge.quantity == contracts(40));
  }
  SECTION("it does not") {
    CHECK(only<CommitBatch>(desk.tick(1'999ms)).empty());
    const auto sale = desk.sent_of(desk.tick(1ms));
    CHECK(sale.action == Action::sell);
    CHECK(sale.leg == 1);
    CHECK(sale.quantity == contracts(40));
  }
}

TEST_CASE("an order is not even sent if what it stood on has gone while the ledger wrote") {
  Desk desk;
  desk.machine.open(desk.now);
  desk.apply(kalshi_book({}, {{cents(46), contracts(500)}}));
  const auto out = desk.apply(BatchCommitted{1});
  CHECK(only<SendOrder>(out).empty());
  CHECK(only<RecordUnsent>(out).size() == 1);
  CHECK(end_of(out).outcome == PairOutcome::void_);
  CHECK(end_of(out).reason == "hedge_moved");
}

TEST_CASE("an order that would take is not made") {
  auto request = resting_request(contracts(100));
  request.limits[1] = cents(45);
  PairMachine machine{request, {kalshi_market(), poly_market(1s)}, calm_books(), {}};
  CHECK(end_of(machine.open(start)).reason == "would_cross");
}

TEST_CASE("an order that an earlier process left resting is withdrawn, and its fills hedged") {
  const auto request = resting_request(contracts(100));
  PairMachine before{request, {kalshi_market(), poly_market(1s)}, calm_books(), {}};
  const auto order = only<CommitBatch>(before.open(start))[0].orders[0];
  OpenPair left{.request = request, .intent_at = start, .batches = 1};
  left.orders.push_back({.intent = order});
  auto machine = PairMachine::restore(left, {kalshi_market(), poly_market(1s)}, {}, start + 5s);
  CHECK(machine.rests());
  const auto out = machine.apply(Tick{start + 5s}, start + 5s, dollars(100));
  CHECK(withdrawn(out) == "rest_over");
  for (const auto& book : calm_books()) {
    machine.apply(book, start + 6s, dollars(100));
  }
  const auto told = machine.apply(OrderReport{.pair = order.pair,
                                              .leg = 1,
                                              .client_order_id = order.client_order_id,
                                              .market = order.market,
                                              .side = order.side,
                                              .status = OrderStatus::partial,
                                              .filled = contracts(25),
                                              .notional = dollars(11)},
                                  start + 6s, dollars(100));
  const auto commits = only<CommitBatch>(told);
  REQUIRE(commits.size() == 1);
  CHECK(commits[0].orders[0].leg == 0);
  CHECK(commits[0].orders[0].quantity == contracts(25));
}
