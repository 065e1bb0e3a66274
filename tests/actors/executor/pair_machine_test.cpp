#include "actors/executor/pair_machine.hpp"

#include "tests/actors/executor/pair_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

constexpr Money room = dollars(100);

/// One pair, its clock, and a ledger that commits when told.
struct Desk {
  explicit Desk(Quantity quantity = contracts(100), Duration poly_delay = 0s,
                std::array<BookUpdate, 2> books = calm_books())
    : machine{request_for(quantity), {kalshi_market(), poly_market(poly_delay)}, books, {}} {}

  PairCommands open() { return remember(machine.open(now)); }
  PairCommands apply(const PairEvent& event, Money budget_left = room) {
    return remember(machine.apply(event, now, budget_left));
  }
  PairCommands commit() { return apply(BatchCommitted{batch}); }
  PairCommands tick(Duration after, Money budget_left = room) {
    now += after;
    return apply(Tick{now}, budget_left);
  }
  /// The venue's last word on an order: `quantity` filled at `price`.
  PairCommands ends(const OrderIntent& order, Quantity quantity, Price price, Money fee = {}) {
    const auto all = quantity == order.quantity;
    return apply(OrderReport{.pair = order.pair,
                             .leg = order.leg,
                             .client_order_id = order.client_order_id,
                             .market = order.market,
                             .side = order.side,
                             .action = order.action,
                             .status = quantity == Quantity{} ? OrderStatus::unfilled
                                       : all                  ? OrderStatus::filled
                                                              : OrderStatus::partial,
                             .filled = quantity,
                             .notional = notional(price, quantity, Rounding::up),
                             .fee = fee,
                             .reason = all ? "" : "no_liquidity_at_limit"});
  }

  PairCommands remember(PairCommands commands) {
    for (const auto& commit : only<CommitBatch>(commands)) {
      batch = commit.batch;
    }
    return commands;
  }

  PairMachine machine;
  Timestamp now = start;
  std::uint32_t batch = 0;
};

/// Both legs sent at once.
std::array<OrderIntent, 2> send_both(Desk& desk) {
  desk.open();
  const auto sends = only<SendOrder>(desk.commit());
  REQUIRE(sends.size() == 2);
  return {sends[0].order, sends[1].order};
}

ClosePair closed_by(const PairCommands& commands) {
  const auto closes = only<ClosePair>(commands);
  REQUIRE(closes.size() == 1);
  return closes[0];
}

OrderIntent next_order(Desk& desk, const PairCommands& commands) {
  REQUIRE(only<CommitBatch>(commands).size() == 1);
  CHECK(only<SendOrder>(commands).empty());
  const auto sends = only<SendOrder>(desk.commit());
  REQUIRE(sends.size() == 1);
  return sends[0].order;
}

} // namespace

TEST_CASE("nothing is sent before the ledger has it") {
  Desk desk;
  const auto commands = desk.open();
  const auto commits = only<CommitBatch>(commands);
  REQUIRE(commits.size() == 1);
  CHECK(commits[0].orders.size() == 2);
  CHECK(only<SendOrder>(commands).empty());
  CHECK(only<SendOrder>(desk.tick(500ms)).empty());
  const auto sends = only<SendOrder>(desk.commit());
  REQUIRE(sends.size() == 2);
  CHECK(sends[0].order.client_order_id == "a0000000000000abc-0o0");
  CHECK(sends[1].order.client_order_id == "a0000000000000abc-1o0");
  CHECK(sends[0].order.created_at == start);     // when it was decided, not when it is sent
  CHECK(only<SendOrder>(desk.commit()).empty()); // the same answer again
}

TEST_CASE("a pair that both venues fill is complete, at its exact cost") {
  Desk desk;
  const auto orders = send_both(desk);
  CHECK(only<ClosePair>(desk.ends(orders[0], contracts(100), cents(45), dollars(1.7325))).empty());
  const auto close = closed_by(desk.ends(orders[1], contracts(100), cents(44), dollars(1.232)));
  CHECK(close.closed.outcome == PairOutcome::complete);
  CHECK(close.closed.cost == dollars(89));
  CHECK(close.closed.fees == dollars(2.9645));
  CHECK(close.closed.locked_profit == dollars(8.0355));
  CHECK(close.closed.matched == contracts(100));
  CHECK(close.closed.reason.empty());
  CHECK(close.exposed == Money{});
}

TEST_CASE("a pair that nobody fills is void and cost nothing") {
  Desk desk;
  const auto orders = send_both(desk);
  desk.ends(orders[0], {}, cents(45));
  const auto close = closed_by(desk.ends(orders[1], {}, cents(45)));
  CHECK(close.closed.outcome == PairOutcome::void_);
  CHECK(close.closed.reason == "no_liquidity_at_limit");
  CHECK(close.closed.locked_profit == Money{});
}

TEST_CASE("equal partial fills are balanced, dust included") {
  Desk desk;
  const auto orders = send_both(desk);
  desk.ends(orders[0], contracts(40), cents(45));
  const auto close = closed_by(desk.ends(orders[1], contracts(40.04), cents(45)));
  CHECK(close.closed.outcome == PairOutcome::balanced_partial);
  CHECK(close.closed.matched == contracts(40));
  CHECK(close.closed.held[1] == contracts(40.04));
}

TEST_CASE("requests that must not be opened are void without a commit") {
  auto books = calm_books();
  auto request = request_for(contracts(100));
  auto kalshi = kalshi_market();
  auto now = start;
  std::string why;
  SECTION("expired") {
    now = request.signal.expires_at;
    why = "expired";
  }
  SECTION("stale book") {
    books[1].status = BookStatus::stale;
    why = "book_not_ok";
  }
  SECTION("off the grid") {
    request.limits[0] = Price{4'550};
    why = "off_grid";
  }
  SECTION("a quantity that one venue does not take") {
    request.quantity = contracts(100.001);
    why = "off_grid";
  }
  SECTION("fees unknown") {
    kalshi.fees.reset();
    why = "market_not_tradable";
  }
  SECTION("limits that lose") {
    request.limits = {cents(50), cents(48)};
    why = "loses_at_limits";
  }
  SECTION("directional") {
    request.signal.type = SignalType::directional;
    why = "not_an_arbitrage";
  }
  PairMachine machine{request, {kalshi, poly_market()}, books, {}};
  const auto commands = machine.open(now);
  const auto close = closed_by(commands);
  CHECK(close.closed.outcome == PairOutcome::void_);
  CHECK(close.closed.reason == why);
  CHECK_FALSE(close.ledger_knows);
  CHECK(only<CommitBatch>(commands).empty());
}

TEST_CASE("a refused or late commit closes the pair before anything is sent") {
  Desk desk;
  desk.open();
  SECTION("refused") {
    const auto close = closed_by(desk.apply(BatchRefused{desk.batch, "disk full"}));
    CHECK(close.closed.outcome == PairOutcome::void_);
    CHECK(close.closed.reason == "commit_refused: disk full");
    CHECK(close.ledger_knows);
  }
  SECTION("so slow that the signal expired") {
    desk.now += 1s;
    const auto commands = desk.commit();
    CHECK(only<SendOrder>(commands).empty());
    CHECK(closed_by(commands).closed.reason == "expired");
  }
}

TEST_CASE("behind a delayed market the other leg is sized to what it really filled") {
  Desk desk{contracts(100), 1s};
  const auto first = next_order(desk, desk.open());
  CHECK(first.market == poly_id);
  CHECK(first.quantity == contracts(100));
  SECTION("in part") {
    const auto second = next_order(desk, desk.ends(first, contracts(37.125), cents(45)));
    CHECK(second.market == kalshi_id);
    CHECK(second.quantity == contracts(37.12)); // Kalshi's grid; the rest is dust
    CHECK(second.limit == cents(45));
    const auto close = closed_by(desk.ends(second, contracts(37.12), cents(45)));
    CHECK(close.closed.outcome == PairOutcome::balanced_partial);
  }
  SECTION("not at all") {
    const auto close = closed_by(desk.ends(first, {}, cents(45)));
    CHECK(close.closed.outcome == PairOutcome::void_);
  }
  SECTION("only dust, which no order can hedge") {
    const auto close = closed_by(desk.ends(first, contracts(0.004), cents(45)));
    CHECK(close.closed.outcome == PairOutcome::exposed);
  }
}

TEST_CASE("a short leg is completed up to break-even") {
  Desk desk;
  const auto orders = send_both(desk);
  desk.ends(orders[1], contracts(100), cents(45), dollars(1.2375));
  desk.apply(kalshi_book({{cents(43), contracts(9)}}, {{cents(48), contracts(80)}}));
  const auto commands = desk.ends(orders[0], contracts(30), cents(45), dollars(0.5198));
  const auto mend = next_order(desk, commands);
  CHECK(mend.client_order_id == "a0000000000000abc-0c0");
  CHECK(mend.quantity == contracts(70));
  CHECK(mend.limit == cents(52)); // 52 + 1.75 fee + 46.24 < 100, 53 is too dear
  const auto close = closed_by(desk.ends(mend, contracts(70), cents(48), dollars(1.2231)));
  CHECK(close.closed.outcome == PairOutcome::complete);
  CHECK(close.closed.locked_profit > Money{});
}

TEST_CASE("completion waits for a price inside its time box, then what is over is sold") {
  Desk desk;
  const auto orders = send_both(desk);
  desk.apply(kalshi_book({{cents(60), contracts(9)}}, {{cents(62), contracts(200)}}));
  desk.ends(orders[1], contracts(100), cents(45), dollars(1.2375));
  CHECK(desk.ends(orders[0], {}, cents(45)).empty());
  CHECK(desk.machine.stage() == PairStage::completing);
  CHECK(desk.tick(1'999ms).empty());
  const auto sale = next_order(desk, desk.tick(1ms));
  CHECK(sale.purpose == OrderPurpose::unwind);
  CHECK(sale.action == Action::sell);
  CHECK(sale.market == poly_id);
  CHECK(sale.limit == cents(43)); // YES is offered at 57
  CHECK(sale.quantity == contracts(100));
  SECTION("in full") {
    const auto close = closed_by(desk.ends(sale, contracts(100), cents(43), dollars(1.2255)));
    CHECK(close.closed.outcome == PairOutcome::unwound);
    CHECK(close.closed.cost == dollars(2));
    CHECK(close.closed.locked_profit == dollars(-4.463));
  }
  SECTION("in part, then at a worse limit") {
    const auto nothing = desk.ends(sale, contracts(60), cents(43));
    CHECK(nothing.empty()); // the same book again would be the same answer
    const auto again = next_order(desk, desk.tick(250ms));
    CHECK(again.client_order_id == "a0000000000000abc-1u1");
    CHECK(again.limit == cents(42));
    CHECK(again.quantity == contracts(40));
  }
}

TEST_CASE("what cannot be sold is held inside the budget, and a person is told") {
  Desk desk;
  const auto orders = send_both(desk);
  desk.apply(kalshi_book({}, {{cents(62), contracts(200)}}));
  desk.apply(poly_book({{cents(55), contracts(200)}}, {})); // nobody bids for NO
  desk.ends(orders[1], contracts(100), cents(45), dollars(1.2375));
  desk.ends(orders[0], {}, cents(45));
  CHECK(desk.tick(2s).empty());
  SECTION("with room") {
    const auto commands = desk.tick(3s);
    const auto close = closed_by(commands);
    CHECK(close.closed.outcome == PairOutcome::exposed);
    CHECK(close.exposed == dollars(46.2375));
    CHECK(close.closed.held[1] == contracts(100));
    REQUIRE(only<RaiseAlert>(commands).size() == 1);
    CHECK(only<RaiseAlert>(commands)[0].what == "exposed");
  }
  SECTION("without room it is sold at any bid first") {
    const auto tight = dollars(46.23);
    CHECK(only<RaiseAlert>(desk.tick(3s, tight))[0].what == "forced_unwind");
    const auto bid = poly_book({}, {{cents(90), contracts(200)}});
    const auto sale = next_order(desk, desk.apply(bid, tight));
    CHECK(sale.limit == cents(1));
    CHECK(closed_by(desk.ends(sale, contracts(100), cents(10))).closed.outcome
          == PairOutcome::unwound);
  }
  SECTION("and is exposed over the budget if nobody bids at all") {
    desk.tick(3s, dollars(1));
    const auto commands = desk.tick(3s, dollars(1));
    CHECK(closed_by(commands).closed.outcome == PairOutcome::exposed);
    CHECK(only<RaiseAlert>(commands)[0].what == "exposed_over_budget");
  }
}

TEST_CASE("what is over waits for a venue that is down, and is sold when it returns") {
  Desk desk;
  const auto orders = send_both(desk);
  desk.apply(kalshi_book({}, {{cents(62), contracts(200)}}));
  auto stale = poly_book({}, {});
  stale.status = BookStatus::stale;
  desk.apply(stale);
  desk.ends(orders[1], contracts(100), cents(45), dollars(1.2375));
  desk.ends(orders[0], {}, cents(45));
  CHECK(desk.tick(2s).empty());
  const auto told = desk.tick(3s);
  REQUIRE(only<RaiseAlert>(told).size() == 1);
  CHECK(only<RaiseAlert>(told)[0].what == "waits_for_venue");
  CHECK(desk.tick(4min).empty());
  SECTION("with all its time") {
    const auto sale =
      next_order(desk, desk.apply(poly_book({}, {{cents(57), contracts(200)}}, start + 5min)));
    CHECK(sale.purpose == OrderPurpose::unwind);
    CHECK(sale.limit == cents(43));
  }
  SECTION("but is exposed in the end if it does not") {
    CHECK(closed_by(desk.tick(6min)).closed.outcome == PairOutcome::exposed);
  }
}

TEST_CASE("an order without a report is asked after, never sent again") {
  Desk desk;
  const auto orders = send_both(desk);
  desk.ends(orders[0], contracts(100), cents(45));
  CHECK(desk.tick(1'999ms).empty());
  const auto asks = only<AskVenue>(desk.tick(1ms));
  REQUIRE(asks.size() == 1);
  CHECK(asks[0].order.client_order_id == orders[1].client_order_id);
  CHECK(desk.machine.unknown_orders() == 1);
  SECTION("at growing intervals, and in the end a person is told") {
    CHECK(desk.tick(999ms).empty());
    CHECK(only<AskVenue>(desk.tick(1ms)).size() == 1);
    CHECK(desk.tick(1'999ms).empty());
    const auto third = desk.tick(1ms);
    CHECK(only<AskVenue>(third).size() == 1);
    CHECK(only<RaiseAlert>(third)[0].what == "order_unknown");
    for (int i = 0; i < 600; ++i) {
      const auto later = desk.tick(1s);
      CHECK(only<SendOrder>(later).empty());
      CHECK(only<CommitBatch>(later).empty());
      CHECK(only<ClosePair>(later).empty());
    }
  }
  SECTION("until the venue says") {
    CHECK(closed_by(desk.ends(orders[1], contracts(100), cents(45))).closed.outcome
          == PairOutcome::complete);
  }
  SECTION("and an answer that it is unknown changes nothing") {
    CHECK(desk.apply(OrderReport{.client_order_id = orders[1].client_order_id}).empty());
    CHECK(only<AskVenue>(desk.tick(1s)).size() == 1);
  }
}

TEST_CASE("a delayed order is given its delay before it is asked after") {
  Desk desk{contracts(100), 3s};
  next_order(desk, desk.open());
  CHECK(desk.tick(4'999ms).empty());
  CHECK(only<AskVenue>(desk.tick(1ms)).size() == 1);
}

TEST_CASE("fills count once, whatever comes first") {
  Desk desk;
  const auto orders = send_both(desk);
  const Fill fill{.fill_id = "f1",
                  .client_order_id = orders[0].client_order_id,
                  .market = kalshi_id,
                  .side = Side::yes,
                  .action = Action::buy,
                  .price = cents(44),
                  .quantity = contracts(60),
                  .fee = dollars(1)};
  desk.apply(fill);
  CHECK(only<IgnoreEvent>(desk.apply(fill))[0].why == "duplicate_fill");
  CHECK(desk.machine.position(0).bought == contracts(60));
  CHECK(desk.machine.position(0).paid == dollars(26.4));
  desk.ends(orders[0], contracts(60), cents(44), dollars(1));
  CHECK(desk.machine.position(0).bought == contracts(60));
  auto rubbish = fill;
  rubbish.fill_id = "f2";
  rubbish.quantity = contracts(1);
  rubbish.side = Side::no;
  CHECK(only<IgnoreEvent>(desk.apply(rubbish))[0].why == "bad_fill");
  rubbish.client_order_id = "else";
  CHECK(only<IgnoreEvent>(desk.apply(rubbish))[0].why == "foreign_fill");
}

TEST_CASE("a person is told, once an order, of fees that are not the schedule's") {
  Desk desk;
  const auto orders = send_both(desk);
  const auto fill = [&](const char* id, Money fee) {
    return only<RaiseAlert>(desk.apply(Fill{.fill_id = id,
                                            .client_order_id = orders[0].client_order_id,
                                            .market = kalshi_id,
                                            .side = Side::yes,
                                            .action = Action::buy,
                                            .price = cents(45),
                                            .quantity = contracts(10),
                                            .fee = fee}));
  };
  CHECK(fill("f1", dollars(0.1733)).empty()); // 0.07 * 10 * 0.45 * 0.55, rounded up
  const auto alerts = fill("f2", dollars(0.1942));
  REQUIRE(alerts.size() == 1);
  CHECK(alerts[0].what == "fee_differs");
  CHECK(fill("f3", dollars(1)).empty());
}

Fill fill_of(const OrderIntent& order, FillState state, Quantity quantity = contracts(100)) {
  return {.fill_id = "t1",
          .client_order_id = order.client_order_id,
          .pair = order.pair,
          .market = order.market,
          .side = order.side,
          .action = order.action,
          .price = cents(45),
          .quantity = quantity,
          .state = state};
}

TEST_CASE("the hedge of a voided fill is sold at once, also after the end") {
  Desk desk;
  const auto orders = send_both(desk);
  desk.ends(orders[0], contracts(100), cents(45));
  const auto first = closed_by(desk.apply(fill_of(orders[1], FillState::provisional)));
  CHECK(first.closed.outcome == PairOutcome::complete);
  CHECK(first.closed.revision == 0);
  CHECK_FALSE(desk.machine.final());
  SECTION("sold") {
    const auto commands = desk.apply(fill_of(orders[1], FillState::voided));
    CHECK(only<RaiseAlert>(commands)[0].what == "fill_voided");
    const auto sale = next_order(desk, commands);
    CHECK(sale.purpose == OrderPurpose::unwind);
    CHECK(sale.leg == 0);
    CHECK(sale.quantity == contracts(100));
    CHECK(sale.limit == cents(43));
    const auto again = closed_by(desk.ends(sale, contracts(100), cents(43)));
    CHECK(again.closed.outcome == PairOutcome::unwound);
    CHECK(again.closed.revision == 1);
    CHECK(again.closed.cost == dollars(2));
    CHECK(desk.machine.final());
  }
  SECTION("a fill that is confirmed is final") {
    CHECK(desk.apply(fill_of(orders[1], FillState::confirmed)).empty());
    CHECK(desk.machine.final());
    const auto commands = desk.apply(fill_of(orders[1], FillState::voided));
    CHECK(only<IgnoreEvent>(commands)[0].why == "final_fill");
  }
}

TEST_CASE("what is not settled yet and cannot be sold waits for the chain") {
  Desk desk;
  const auto orders = send_both(desk);
  desk.apply(kalshi_book({}, {{cents(62), contracts(200)}}));
  desk.apply(fill_of(orders[1], FillState::provisional));
  desk.ends(orders[0], {}, cents(45));
  const auto sale = next_order(desk, desk.tick(2s));
  REQUIRE(sale.action == Action::sell);
  auto refused = OrderReport{.pair = sale.pair,
                             .leg = sale.leg,
                             .client_order_id = sale.client_order_id,
                             .status = OrderStatus::rejected,
                             .reason = "not enough balance"};
  CHECK(desk.apply(refused).empty());
  CHECK(desk.tick(30s).empty());
  const auto next = next_order(desk, desk.apply(fill_of(orders[1], FillState::confirmed)));
  CHECK(next.action == Action::sell);
  CHECK(closed_by(desk.ends(next, contracts(100), cents(43))).closed.outcome
        == PairOutcome::unwound);
}

TEST_CASE("halted, nothing is sent, and what was committed is recorded as unsent") {
  Desk desk;
  SECTION("before the first order") {
    desk.open();
    const auto commands = desk.machine.apply(BatchCommitted{desk.batch}, desk.now, room, false);
    CHECK(only<SendOrder>(commands).empty());
    CHECK(only<RecordUnsent>(commands).size() == 2);
    CHECK(closed_by(commands).closed.reason == "halted");
  }
  SECTION("with one leg open the pair waits") {
    const auto orders = send_both(desk);
    desk.ends(orders[0], contracts(100), cents(45));
    auto commands = desk.machine.apply(OrderReport{.client_order_id = orders[1].client_order_id,
                                                   .status = OrderStatus::unfilled},
                                       desk.now, room, false);
    CHECK(commands.empty());
    CHECK(desk.machine.apply(Tick{start + 1min}, start + 1min, room, false).empty());
    const auto mend = next_order(desk, desk.tick(1min));
    CHECK(mend.purpose == OrderPurpose::complete);
  }
}

TEST_CASE("a pair that an earlier process left is asked after, then balanced") {
  Desk before;
  const auto orders = send_both(before);
  OpenPair left{.request = request_for(contracts(100)), .intent_at = start, .batches = 1};
  for (const auto& order : orders) {
    left.orders.push_back({.intent = order, .intent_at = start});
  }
  Desk desk;
  desk.now = start + 1min;
  const auto restored = [&](bool markets_known) {
    std::array<std::optional<MarketSpec>, 2> markets;
    if (markets_known) {
      markets = {kalshi_market(), poly_market()};
    }
    desk.machine = PairMachine::restore(left, markets, {}, desk.now);
    return only<AskVenue>(desk.tick(0s));
  };
  SECTION("orders that never reached the venue") {
    CHECK(restored(true).size() == 2);
    desk.ends(orders[0], {}, cents(45));
    CHECK(closed_by(desk.ends(orders[1], {}, cents(45))).closed.outcome == PairOutcome::void_);
  }
  SECTION("one leg was filled") {
    restored(true);
    for (const auto& book : calm_books()) {
      desk.apply(book);
    }
    desk.ends(orders[0], contracts(100), cents(45));
    const auto mend = next_order(desk, desk.ends(orders[1], {}, cents(45)));
    CHECK(mend.purpose == OrderPurpose::complete);
    CHECK(mend.client_order_id == "a0000000000000abc-1c0");
  }
  SECTION("what the ledger knew is not asked for") {
    left.orders[0].report = OrderReport{.client_order_id = orders[0].client_order_id,
                                        .status = OrderStatus::filled,
                                        .filled = contracts(100),
                                        .notional = dollars(45)};
    left.fills.push_back(fill_of(orders[0], FillState::confirmed));
    left.fills.push_back(fill_of(orders[1], FillState::confirmed));
    const auto asks = restored(true);
    REQUIRE(asks.size() == 1);
    CHECK(asks[0].order.client_order_id == orders[1].client_order_id);
    CHECK(desk.machine.position(1).held() == contracts(100));
  }
  SECTION("executions that may be voided, or that only a report counts, are asked for once") {
    for (const auto& order : orders) {
      left.orders[order.leg].report = OrderReport{.client_order_id = order.client_order_id,
                                                  .status = OrderStatus::filled,
                                                  .filled = contracts(100),
                                                  .notional = dollars(45)};
    }
    left.fills.push_back(fill_of(orders[1], FillState::provisional));
    CHECK(restored(true).size() == 2);
    CHECK(only<AskVenue>(desk.tick(1min)).empty());
  }
  SECTION("and waits for a market that is not listed yet, but not for ever") {
    restored(false);
    desk.ends(orders[0], contracts(100), cents(45));
    const auto commands = desk.ends(orders[1], {}, cents(45));
    CHECK(only<RaiseAlert>(commands)[0].what == "waits_for_market");
    CHECK(desk.tick(1h).empty());
    SECTION("until it is") {
      desk.machine.learn(kalshi_market());
      desk.machine.learn(poly_market());
      for (const auto& book : calm_books()) {
        desk.machine.show(book);
      }
      CHECK(next_order(desk, desk.tick(1s)).purpose == OrderPurpose::complete);
    }
    SECTION("or has paid") {
      const auto closed = closed_by(desk.apply(MarketDecided{kalshi_id})).closed;
      CHECK(closed.outcome == PairOutcome::exposed);
      CHECK(closed.reason == "market_decided");
    }
  }
}

TEST_CASE("an order that its fills complete needs no report") {
  Desk desk;
  const auto orders = send_both(desk);
  for (const auto& order : orders) {
    desk.apply(Fill{.fill_id = "f",
                    .client_order_id = order.client_order_id,
                    .market = order.market,
                    .side = order.side,
                    .action = Action::buy,
                    .price = cents(45),
                    .quantity = contracts(100)});
  }
  CHECK(desk.machine.stage() == PairStage::closed);
}

TEST_CASE("an old report does not undo a newer one, and a late fill is told") {
  Desk desk;
  const auto orders = send_both(desk);
  desk.ends(orders[0], contracts(50), cents(45));
  const OrderReport old{.client_order_id = orders[0].client_order_id,
                        .status = OrderStatus::accepted};
  CHECK(only<IgnoreEvent>(desk.apply(old))[0].why == "stale_report");
  desk.ends(orders[1], contracts(50), cents(45));
  REQUIRE(desk.machine.stage() == PairStage::closed);
  const auto late = only<RaiseAlert>(desk.ends(orders[0], contracts(60), cents(45)));
  REQUIRE(late.size() == 1);
  CHECK(late[0].what == "late_fill");
}

TEST_CASE("a ledger that refuses in the middle of a pair is asked again with another intent") {
  Desk desk{contracts(100), 1s};
  const auto first = next_order(desk, desk.open());
  desk.ends(first, contracts(100), cents(45));
  const auto alerts = only<RaiseAlert>(desk.apply(BatchRefused{desk.batch, "disk full"}));
  REQUIRE(alerts.size() == 1);
  CHECK(alerts[0].what == "commit_refused_with_open_leg");
  const auto mend = next_order(desk, desk.tick(250ms));
  CHECK(mend.purpose == OrderPurpose::complete);
  CHECK(mend.quantity == contracts(100));
  CHECK(closed_by(desk.ends(mend, contracts(100), cents(45))).closed.outcome
        == PairOutcome::complete);
}

TEST_CASE("a fill that comes while the ledger writes makes the order for it needless") {
  Desk desk;
  const auto orders = send_both(desk);
  desk.ends(orders[1], contracts(100), cents(45));
  desk.ends(orders[0], contracts(30), cents(45));
  const auto commits = only<CommitBatch>(desk.tick(250ms));
  REQUIRE(commits.size() == 1);
  REQUIRE(commits[0].orders[0].purpose == OrderPurpose::complete);
  CHECK(desk.ends(orders[0], contracts(100), cents(45)).empty()); // the venue corrects itself
  const auto commands = desk.commit();
  CHECK(only<SendOrder>(commands).empty());
  CHECK(closed_by(commands).closed.outcome == PairOutcome::complete);
}
