#include <deque>

#include "tests/actors/executor/pair_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

/// A pair that has ended with so many contracts of both legs, bought at 45 cents each.
class HeldPair {
public:
  explicit HeldPair(Duration poly_delay = 0s, Quantity poly = contracts(20))
    : machine_{request_for(contracts(20)),
               {kalshi_market(), poly_market(poly_delay)},
               calm_books(),
               config()} {
    apply(machine_.open(now_));
    // Parallel or one after the other: each order is filled as soon as it is sent.
    fill_all(poly);
    while (machine_.stage() != PairStage::closed) {
      now_ += 1s;
      apply(machine_.apply(Tick{now_}, now_, dollars(100)));
      fill_all(Quantity{});
    }
    REQUIRE(closed);
    REQUIRE(machine_.position(0).held() == contracts(20));
  }

  static ExecutorConfig config() {
    ExecutorConfig config;
    config.complete_time_box = 0s;
    config.unwind_time_box = 0s; // what is exposed stays so
    return config;
  }

  ExitRequest request(Quantity kalshi, Quantity poly, Price limit = cents(43)) const {
    ExitRequest request{.exit = {.id = SignalId{5},
                                 .position = machine_.request().pair,
                                 .reason = ExitReason::flatten,
                                 .expires_at = now_ + 500ms},
                        .approved_at = now_};
    request.exit.legs[0] = {.market = kalshi_id,
                            .venue = Venue::kalshi,
                            .side = Side::yes,
                            .limit = limit,
                            .quantity = kalshi};
    request.exit.legs[1] = {.market = poly_id,
                            .venue = Venue::polymarket,
                            .side = Side::no,
                            .limit = limit,
                            .quantity = poly};
    return request;
  }

  PairCommands exit(const ExitRequest& request) {
    const auto commands = machine_.exit(request, now_, dollars(100));
    apply(commands);
    return commands;
  }

  /// Commits what waits and answers every order: all of it, but of leg 1 no more than `poly_most`.
  void fill_all(Quantity poly_most) {
    while (!batches_.empty()) {
      const auto batch = batches_.front();
      batches_.pop_front();
      std::vector<OrderIntent> sent;
      for (const auto& send : only<SendOrder>(
             apply(machine_.apply(BatchCommitted{batch.batch}, now_, dollars(100))))) {
        sent.push_back(send.order);
      }
      for (const auto& order : sent) {
        answer(order, order.leg == 1 ? std::min(order.quantity, poly_most) : order.quantity);
      }
    }
  }

  void answer(const OrderIntent& order, Quantity filled) {
    orders.push_back(order);
    apply(machine_.apply(OrderReport{.pair = order.pair,
                                     .leg = order.leg,
                                     .client_order_id = order.client_order_id,
                                     .market = order.market,
                                     .side = order.side,
                                     .action = order.action,
                                     .status = filled == order.quantity ? OrderStatus::filled
                                                                        : OrderStatus::partial,
                                     .filled = filled,
                                     .notional = notional(order.limit, filled, Rounding::up)},
                         now_, dollars(100)));
  }

  PairCommands apply(const PairCommands& commands) {
    for (const auto& commit : only<CommitBatch>(commands)) {
      batches_.push_back(commit);
    }
    for (const auto& close : only<ClosePair>(commands)) {
      closed = close.closed;
    }
    for (const auto& end : only<EndExit>(commands)) {
      ended = end.ended;
    }
    return commands;
  }

  PairMachine& machine() { return machine_; }

  std::vector<OrderIntent> orders;
  std::optional<PairClosed> closed;
  std::optional<ExitEnded> ended;

private:
  Timestamp now_ = start;
  PairMachine machine_;
  std::deque<CommitBatch> batches_;
};

} // namespace

TEST_CASE("an exit sells both legs at their limits, and the pair's end is told anew") {
  HeldPair pair;
  pair.orders.clear();
  pair.exit(pair.request(contracts(20), contracts(20)));
  CHECK_FALSE(pair.ended);
  pair.fill_all(contracts(20));
  REQUIRE(pair.orders.size() == 2);
  for (const auto& order : pair.orders) {
    CHECK(order.purpose == OrderPurpose::exit);
    CHECK(order.action == Action::sell);
    CHECK(order.limit == cents(43));
    CHECK(order.time_in_force == TimeInForce::immediate_or_cancel);
  }
  CHECK(pair.orders[0].client_order_id.ends_with("-0e0"));
  CHECK(pair.closed->revision == 1);
  CHECK(pair.closed->held == std::array<Quantity, 2>{});
  CHECK(pair.closed->outcome == PairOutcome::unwound);
  REQUIRE(pair.ended);
  CHECK(pair.ended->sold == std::array{contracts(20), contracts(20)});
  CHECK(pair.ended->proceeds == dollars(17.20));
  CHECK_FALSE(pair.machine().holds());
}

TEST_CASE("a part of a pair is sold, and then another") {
  HeldPair pair;
  pair.exit(pair.request(contracts(8), contracts(8)));
  pair.fill_all(contracts(8));
  CHECK(pair.closed->matched == contracts(12));
  CHECK(pair.machine().holds());
  pair.ended.reset();
  pair.exit(pair.request(contracts(12), contracts(12)));
  pair.fill_all(contracts(12));
  CHECK(pair.closed->matched == Quantity{});
  CHECK(pair.closed->revision == 2);
  CHECK(pair.ended->sold[0] == contracts(12));
}

TEST_CASE("a delaying venue sells first, and the other leg what that really sold") {
  HeldPair pair{1s};
  pair.orders.clear();
  pair.exit(pair.request(contracts(20), contracts(20)));
  pair.fill_all(contracts(7));
  REQUIRE(pair.orders.size() == 2);
  CHECK(pair.orders[0].leg == 1);
  CHECK(pair.orders[1].leg == 0);
  CHECK(pair.orders[1].quantity == contracts(7));
  CHECK(pair.orders[1].purpose == OrderPurpose::exit);
  CHECK(pair.closed->matched == contracts(13));
}

TEST_CASE("what an exit leaves uneven is balanced") {
  HeldPair pair;
  pair.orders.clear();
  pair.exit(pair.request(contracts(20), contracts(20)));
  pair.fill_all(contracts(0)); // the time boxes are zero: nothing more is tried
  CHECK(pair.closed->outcome == PairOutcome::exposed);
  CHECK(pair.closed->held == std::array{Quantity{}, contracts(20)});
  REQUIRE(pair.ended);
  CHECK(pair.ended->sold == std::array{contracts(20), Quantity{}});
}

TEST_CASE("contracts without hedge are sold within their limit only") {
  HeldPair pair{0s, contracts(10)};
  CHECK(pair.closed->outcome == PairOutcome::exposed);
  pair.orders.clear();
  pair.exit(pair.request(contracts(4), Quantity{}));
  pair.fill_all(Quantity{});
  REQUIRE(pair.orders.size() == 1); // six are left without hedge, and nobody unwinds them
  CHECK(pair.closed->held == std::array{contracts(16), contracts(10)});
  CHECK(pair.ended->sold == std::array{contracts(4), Quantity{}});
}

TEST_CASE("an exit that cannot be is refused at once, and nothing changes") {
  HeldPair pair;
  const auto why = [&](const ExitRequest& request) {
    pair.ended.reset();
    const auto commands = pair.exit(request);
    CHECK(only<CommitBatch>(commands).empty());
    CHECK(pair.machine().stage() == PairStage::closed);
    REQUIRE(pair.ended);
    CHECK(pair.ended->sold == std::array<Quantity, 2>{});
    return pair.ended->refused;
  };
  const auto good = pair.request(contracts(20), contracts(20));
  auto wrong = good;
  wrong.exit.expires_at = start;
  CHECK(why(wrong) == "expired");
  CHECK(why(pair.request(contracts(21), contracts(20))) == "not_held");
  CHECK(why(pair.request(Quantity{}, Quantity{})) == "nothing_to_sell");
  CHECK(why(pair.request(contracts(20), contracts(20), Price{4'350})) == "off_grid");
  CHECK(why(pair.request(contracts(4), contracts(4))) == "off_grid"); // below the minimum
  wrong = good;
  wrong.exit.legs[1].side = Side::yes;
  CHECK(why(wrong) == "not_held");
  pair.machine().show(kalshi_book({}, {}));
  auto stale = kalshi_book({}, {});
  stale.status = BookStatus::stale;
  pair.machine().show(stale);
  CHECK(why(good) == "book_not_ok");
  pair.machine().decide(kalshi_id);
  CHECK(why(good) == "market_decided");
  CHECK_FALSE(pair.machine().holds());
}

TEST_CASE("what may still be voided is not sold") {
  HeldPair pair;
  const auto& order = pair.orders[1];
  pair.apply(pair.machine().apply(Fill{.fill_id = "f",
                                       .client_order_id = order.client_order_id,
                                       .market = order.market,
                                       .side = order.side,
                                       .price = order.limit,
                                       .quantity = order.quantity,
                                       .state = FillState::provisional},
                                  start, dollars(100)));
  REQUIRE(pair.machine().stage() == PairStage::closed);
  pair.exit(pair.request(contracts(20), contracts(20)));
  CHECK(pair.ended->refused == "not_settled");
}

TEST_CASE("a pair of an earlier run rests as it was, and is sold") {
  HeldPair before;
  OpenPair record{
    .request = request_for(contracts(20)), .intent_at = start, .batches = 1, .closed_before = 1};
  for (const auto& order : before.orders) {
    record.orders.push_back({.intent = order,
                             .intent_at = start,
                             .report = OrderReport{.pair = order.pair,
                                                   .leg = order.leg,
                                                   .client_order_id = order.client_order_id,
                                                   .status = OrderStatus::filled,
                                                   .filled = order.quantity,
                                                   .notional = dollars(9)}});
  }
  auto machine = PairMachine::restore(record, {kalshi_market(), poly_market()}, {}, start + 1h);
  machine.hold(*before.closed);
  CHECK(machine.stage() == PairStage::closed);
  CHECK(machine.holds());
  CHECK(machine.apply(Tick{start + 1h}, start + 1h, dollars(100)).empty());
  for (const auto& book : calm_books()) {
    machine.show(book);
  }
  auto request = before.request(contracts(20), contracts(20));
  request.exit.expires_at = start + 2h;
  const auto commits = only<CommitBatch>(machine.exit(request, start + 1h, dollars(100)));
  REQUIRE(commits.size() == 1);
  CHECK(commits[0].batch == 2);
  CHECK(commits[0].orders.size() == 2);
}
