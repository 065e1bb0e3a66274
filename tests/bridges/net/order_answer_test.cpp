#include "bridges/net/order_answer.hpp"

#include <catch2/catch.hpp>

using namespace arbees;

TEST_CASE("an answer becomes a report on its order") {
  OrderIntent order;
  order.pair = PairId{7};
  order.leg = 1;
  order.client_order_id = "a-1";
  order.market = MarketId{9};
  order.ref.venue = Venue::polymarket;
  order.side = Side::no;
  order.action = Action::sell;
  const OrderAnswer answer{.verdict = Verdict::taken,
                           .status = OrderStatus::partial,
                           .venue_order_id = "0xab",
                           .filled = Quantity{6},
                           .notional = Money{5},
                           .fee = Money{4},
                           .reason = "why"};
  const auto report = to_report(answer, order, from_ms(1), from_ms(2));
  CHECK(report.pair == PairId{7});
  CHECK(report.leg == 1);
  CHECK(report.client_order_id == "a-1");
  CHECK(report.venue_order_id == "0xab");
  CHECK(report.market == MarketId{9});
  CHECK(report.venue == Venue::polymarket);
  CHECK(report.side == Side::no);
  CHECK(report.action == Action::sell);
  CHECK(report.status == OrderStatus::partial);
  CHECK(report.filled == Quantity{6});
  CHECK(report.notional == Money{5});
  CHECK(report.fee == Money{4});
  CHECK(report.reason == "why");
  CHECK(report.sent_at == from_ms(1));
  CHECK(report.reported_at == from_ms(2));
}

TEST_CASE("only what surely was not executed counts as rejected") {
  for (const auto verdict :
       {Verdict::rejected, Verdict::paused, Verdict::retry_later, Verdict::fatal}) {
    CHECK(status_of(verdict) == OrderStatus::rejected);
  }
  for (const auto verdict : {Verdict::duplicate, Verdict::unknown}) {
    CHECK(status_of(verdict) == OrderStatus::unknown);
    CHECK_FALSE(terminal(status_of(verdict)));
  }
  CHECK(status_of(Verdict::no_fill) == OrderStatus::unfilled);
  CHECK(status_of(Verdict::taken) == OrderStatus::accepted);
}
