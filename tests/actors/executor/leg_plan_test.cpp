#include "actors/executor/leg_plan.hpp"

#include "actors/market/fees.hpp"
#include "actors/market/grid.hpp"
#include "tests/actors/executor/pair_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

LegOrder
order_of(Duration kalshi_delay, Duration poly_delay, Quantity kalshi_depth, Quantity poly_depth) {
  auto kalshi = kalshi_market();
  kalshi.taker_delay = kalshi_delay;
  const auto poly = poly_market(poly_delay);
  const auto a = kalshi_book({}, {{cents(45), kalshi_depth}, {cents(46), contracts(900)}});
  const auto b = poly_book({{cents(55), poly_depth}, {cents(54), contracts(900)}}, {});
  return plan_legs({kalshi, a, Side::yes, cents(45)}, {poly, b, Side::no, cents(45)},
                   contracts(100));
}

} // namespace

TEST_CASE("legs go together only without delays and with whole depth") {
  const auto enough = contracts(100);
  const auto thin = contracts(99.99);
  CHECK(order_of(0s, 0s, enough, enough) == LegOrder::parallel);
  CHECK(order_of(0s, 1s, enough, enough) == LegOrder::second_then_first);
  CHECK(order_of(1s, 0s, enough, enough) == LegOrder::first_then_second);
  CHECK(order_of(3s, 1s, enough, enough) == LegOrder::first_then_second);
  CHECK(order_of(1s, 1s, enough, thin) == LegOrder::second_then_first);
  CHECK(order_of(0s, 0s, thin, enough) == LegOrder::first_then_second);
  CHECK(order_of(0s, 0s, enough, thin) == LegOrder::second_then_first);
  CHECK(order_of(0s, 0s, contracts(5), contracts(4)) == LegOrder::second_then_first);
}

TEST_CASE("break-even is the last price on the grid that pays for itself") {
  const auto market = GENERATE(kalshi_market(), poly_market());
  const auto quantity = contracts(100);
  for (auto budget = 1.0; budget < 101; budget += 0.37) {
    const auto price = break_even(market, Side::yes, quantity, dollars(budget));
    const auto costs = [&](Price p) {
      return notional(p, quantity, Rounding::up) + taker_fee_bound(*market.fees, p, quantity);
    };
    if (price) {
      CHECK(costs(*price) <= dollars(budget));
    }
    const auto next = price ? price->value() + 100 : 100;
    if (next < 10'000) {
      CHECK(costs(Price{next}) > dollars(budget));
    }
  }
}

TEST_CASE("break-even of the other side is on that side's grid") {
  auto market = kalshi_market();
  // 0.1 cent steps only for YES below 10 cents: NO has them above 90.
  market.price_bands = {{Price{0}, Price{1000}, Price{10}},
                        {Price{1000}, Price{10'000}, Price{100}}};
  CHECK(side_floor(market, Side::yes, Price{955}) == Price{950});
  CHECK(side_floor(market, Side::no, Price{955}) == Price{900});
  CHECK(side_floor(market, Side::no, Price{9'057}) == Price{9'050});
  CHECK(side_ceil(market, Side::no, Price{955}) == Price{1000});
}

TEST_CASE("completion pays up to break-even and takes only what is shown") {
  const auto market = kalshi_market();
  const auto cost = dollars(46); // of 100 contracts on the other venue
  const auto side = Side::yes;
  SECTION("enough at once") {
    const auto book = kalshi_book({}, {{cents(50), contracts(200)}});
    const auto plan = plan_completion(market, book, side, contracts(100), cost);
    REQUIRE(plan.terms);
    CHECK(plan.terms->quantity == contracts(100));
    CHECK(plan.terms->limit == cents(52)); // 52 + 1.7472 fee + 46 < 100, 53 is too dear
  }
  SECTION("less than the gap") {
    const auto book = kalshi_book({}, {{cents(52), contracts(30)}, {cents(53), contracts(70)}});
    const auto plan = plan_completion(market, book, side, contracts(100), cost);
    REQUIRE(plan.terms);
    CHECK(*plan.terms == OrderTerms{cents(52), contracts(30)});
  }
  SECTION("too dear now") {
    const auto book = kalshi_book({}, {{cents(53), contracts(100)}});
    const auto plan = plan_completion(market, book, side, contracts(100), cost);
    CHECK_FALSE(plan.terms);
    CHECK_FALSE(plan.hopeless);
  }
  SECTION("too dear for ever") {
    const auto book = kalshi_book({}, {{cents(1), contracts(100)}});
    CHECK(plan_completion(market, book, side, contracts(100), dollars(99.99)).hopeless);
  }
  SECTION("a stale book offers nothing") {
    auto book = kalshi_book({}, {{cents(50), contracts(200)}});
    book.status = BookStatus::stale;
    CHECK_FALSE(plan_completion(market, book, side, contracts(100), cost).terms);
  }
  SECTION("below the other venue's minimum") {
    const auto book = poly_book({{cents(50), contracts(200)}}, {});
    const auto plan = plan_completion(poly_market(), book, Side::no, contracts(4.99), dollars(2));
    CHECK(plan.hopeless);
  }
}

TEST_CASE("completion picks the limit that fits most contracts into whole cents") {
  // At 43 cents Polymarket takes whole contracts only, at 40 cents every twentieth.
  const auto book = poly_book({{cents(62), contracts(200)}}, {});
  const auto plan = plan_completion(poly_market(), book, Side::no, contracts(37.15), dollars(19.9));
  REQUIRE(plan.terms);
  CHECK(plan.terms->quantity == contracts(37.15));
  CHECK(plan.terms->limit == cents(40));
}

TEST_CASE("what is over is sold at the bid less a concession, on the grid") {
  const auto market = poly_market();
  const auto book = poly_book({{cents(55), contracts(9)}}, {{cents(57), contracts(9)}});
  const auto plan = plan_unwind(market, book, Side::no, contracts(10.005), cents(2));
  REQUIRE(plan.terms);
  CHECK(*plan.terms == OrderTerms{cents(41), contracts(10)}); // NO bid 43
  CHECK(plan_unwind(market, book, Side::no, contracts(10), price_one).terms->limit == cents(1));
  CHECK(plan_unwind(market, book, Side::no, contracts(4.99), Price{}).hopeless);
  CHECK_FALSE(plan_unwind(market, poly_book({}, {}), Side::no, contracts(10), Price{}).terms);
}
