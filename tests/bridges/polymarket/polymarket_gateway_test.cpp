#include "tests/bridges/polymarket/polymarket_gateway_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

struct DelayedFixture : PolymarketGatewayFixture {
  DelayedFixture() : PolymarketGatewayFixture{{}, 1} {}
};

struct GhostFixture : PolymarketGatewayFixture {
  GhostFixture() : PolymarketGatewayFixture{{.ghost_fills = 1.0}} {}
};

} // namespace

SCENARIO_METHOD(PolymarketGatewayFixture,
                "an order that the book can fill is filled, to the last cent") {
  start();
  CHECK(balances.at(0).available == Money{10'000'000'000});
  const auto level = venue.best_ask(Side::yes);
  const auto intent = order(level.price, shares(1000));
  place(intent);
  const auto report = end_of(intent);
  CHECK(report.status == OrderStatus::filled);
  CHECK(report.filled == shares(1000));
  CHECK(report.notional == notional(level.price, shares(1000), Rounding::up));
  CHECK(report.venue_order_id.starts_with("0x"));
  CHECK(report.reason.empty());
  listen_until([&] { return filled(intent) == shares(1000); });
  CHECK(fills.at(0).state == FillState::provisional);
  CHECK(fills.at(0).price == level.price);
  const auto paid = Money{10'000'000'000} - venue.cash();
  CHECK(report.notional + report.fee == paid);
  CHECK(fills.at(0).fee == report.fee);
  CHECK(venue.shares(Side::yes) == shares(1000));

  venue.pass(3000); // onto the chain
  wait_for_metric("orders_open", 0);
  CHECK(filled(intent) == shares(1000));
  CHECK(venue.orders() == 1);
  const auto left = venue.cash();
  tell(Tick{.now = clock.now()});
  listen_until([&] { return balances.back().available == left; });
}

SCENARIO_METHOD(PolymarketGatewayFixture, "NO is bought as the second token, and sold again") {
  start();
  const auto level = venue.best_ask(Side::no);
  const auto buy = order(level.price, shares(800), Side::no);
  place(buy);
  CHECK(end_of(buy).status == OrderStatus::filled);
  CHECK(venue.shares(Side::no) == shares(800));
  auto sell = order(Price{100}, shares(800), Side::no);
  sell.action = Action::sell;
  place(sell);
  const auto report = end_of(sell);
  CHECK(report.status == OrderStatus::filled);
  CHECK(report.filled == shares(800));
  listen_until([&] { return filled(sell) == shares(800); });
  const auto settled = report_of(sell, [&](const auto& each) {
    return each.notional - each.fee
           == venue.cash() - Money{10'000'000'000} + end_of(buy).notional + end_of(buy).fee;
  });
  CHECK(settled.notional > Money{});
  CHECK(venue.shares(Side::no) == Quantity{});
}

SCENARIO_METHOD(PolymarketGatewayFixture,
                "what the book cannot fill of an immediate order is gone") {
  start();
  const auto level = venue.best_ask(Side::yes);
  const Quantity more{floor_to(level.size, shares(100)).value() + shares(5000).value()};
  const auto intent = order(level.price, more);
  place(intent);
  const auto report = end_of(intent);
  CHECK(report.status == OrderStatus::partial);
  CHECK(report.filled == floor_to(level.size, shares(1)));
  listen_until([&] { return filled(intent) == report.filled; });

  const auto none = order(Price{100}, shares(50'000));
  place(none);
  const auto killed = end_of(none);
  CHECK(killed.status == OrderStatus::unfilled);
  CHECK(killed.reason == "fak_killed");

  const auto all =
    order(venue.best_ask(Side::yes).price, shares(900'000), Side::yes, TimeInForce::fill_or_kill);
  place(all);
  const auto refused = end_of(all);
  CHECK(refused.status == OrderStatus::unfilled);
  CHECK(refused.reason == "fok_killed");
}

SCENARIO_METHOD(PolymarketGatewayFixture, "a resting order stays until it is cancelled") {
  start();
  const auto intent = order(Price{500}, shares(1000), Side::yes, TimeInForce::good_till_cancelled);
  place(intent);
  const auto resting = status_of(intent, OrderStatus::accepted);
  CHECK(resting.filled == Quantity{});
  tell(CancelOrder{intent}, sink<OrderSink>());
  const auto report = end_of(intent);
  CHECK(report.status == OrderStatus::unfilled);
  CHECK(report.reason == "canceled");
}

SCENARIO_METHOD(PolymarketGatewayFixture, "a deposit wallet vouches for its orders") {
  config.account.signature_type = SignatureType::deposit_wallet;
  config.account.funder = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
  start();
  const auto intent = order(venue.best_ask(Side::yes).price, shares(1000));
  place(intent);
  CHECK(end_of(intent).status == OrderStatus::filled);
}

SCENARIO_METHOD(DelayedFixture, "a delayed order is open until its delay is over") {
  start();
  const auto level = venue.best_ask(Side::yes);
  GIVEN("an order that waits in the delay") {
    const auto intent = order(level.price, shares(1000));
    place(intent);
    CHECK(status_of(intent, OrderStatus::accepted).filled == Quantity{});
    CHECK(fills.empty());
    venue.pass(990);
    WHEN("the book is still there at its end") {
      REQUIRE(venue.best_ask(Side::yes).price <= level.price);
      venue.pass(20);
      THEN("it is matched") {
        const auto report = end_of(intent);
        CHECK(report.filled >= shares(1000)); // more if it became cheaper: a buy spends its dollars
        CHECK(report.filled == venue.shares(Side::yes));
        CHECK(filled(intent) == report.filled);
      }
    }
    WHEN("somebody else has taken all that was offered") {
      venue.sweep(Side::yes, Price{9999});
      venue.pass(20);
      THEN("it ends unfilled, in the venue's own words") {
        const auto report = end_of(intent);
        CHECK(report.status == OrderStatus::unfilled);
        CHECK(report.reason == "fak_killed");
        CHECK(venue.shares(Side::yes) == Quantity{});
      }
    }
  }
}

SCENARIO_METHOD(GhostFixture, "a match that fails on the chain is taken back") {
  start();
  const auto intent = order(venue.best_ask(Side::yes).price, shares(1000));
  place(intent);
  CHECK(end_of(intent).filled == shares(1000));
  listen_until([&] { return filled(intent) == shares(1000); });
  venue.pass(3000);
  const auto report = report_of(intent, [](const auto& each) { return each.voided > Quantity{}; });
  CHECK(report.status == OrderStatus::unfilled);
  CHECK(report.filled == Quantity{});
  CHECK(report.voided == shares(1000));
  CHECK(report.notional == Money{});
  CHECK(report.fee == Money{});
  CHECK(filled(intent) == Quantity{});
  CHECK(fills.back().state == FillState::voided);
  CHECK(venue.cash() == Money{10'000'000'000});
}

SCENARIO_METHOD(PolymarketGatewayFixture, "a resting order is filled as a maker's, without a fee") {
  start();
  auto level = venue.best_ask(Side::yes);
  auto intent = order(Price{level.price.value() - 100}, shares(1000), Side::yes,
                      TimeInForce::good_till_cancelled);
  intent.post_only = true;
  place(intent);
  status_of(intent, OrderStatus::accepted);
  // Somebody sells through us: as a buyer of the other token would.
  venue.sweep(Side::no, complement(intent.limit));
  const auto report = end_of(intent);
  CHECK(report.status == OrderStatus::filled);
  CHECK(report.filled == shares(1000));
  CHECK(report.fee == Money{});
  CHECK(report.notional == notional(intent.limit, shares(1000), Rounding::up));
  listen_until([&] { return filled(intent) == shares(1000); });
  CHECK(fills.at(0).fee == Money{});
  CHECK(fills.at(0).price == intent.limit);
  CHECK(Money{10'000'000'000} - venue.cash() == report.notional);
  venue.pass(3000);
  listen_until([&] {
    return std::ranges::any_of(fills,
                               [](const Fill& fill) { return fill.state == FillState::confirmed; });
  });
}

SCENARIO_METHOD(PolymarketGatewayFixture,
                "a post-only order that would take is refused by the venue") {
  start();
  auto intent = order(venue.best_ask(Side::yes).price, shares(1000), Side::yes,
                      TimeInForce::good_till_cancelled);
  intent.post_only = true;
  place(intent);
  const auto report = end_of(intent);
  CHECK(report.status == OrderStatus::rejected);
  CHECK(report.reason == "post_only_cross");
  intent = order(venue.best_ask(Side::yes).price, shares(1000));
  intent.post_only = true;
  place(intent);
  CHECK(end_of(intent).reason == "only_resting_orders_are_post_only_or_expire");
}

SCENARIO_METHOD(PolymarketGatewayFixture, "an order ends when it was asked to") {
  config.heartbeat = false; // minutes pass at the venue, and no heartbeat comes
  start();
  auto intent = order(Price{500}, shares(1000), Side::yes, TimeInForce::good_till_cancelled);
  intent.expires_at = clock.now() + 100s;
  place(intent);
  CHECK(end_of(intent).reason == "expires_too_soon");
  intent = order(Price{500}, shares(1000), Side::yes, TimeInForce::good_till_cancelled);
  intent.expires_at = clock.now() + 130s;
  place(intent);
  const auto id = status_of(intent, OrderStatus::accepted).venue_order_id;
  venue.pass(128'000);
  CHECK(venue.rests(id));
  venue.pass(4000);
  CHECK(end_of(intent).status == OrderStatus::unfilled);
}

SCENARIO_METHOD(PolymarketGatewayFixture,
                "orders that the venue would refuse do not leave the house") {
  start();
  const auto price = venue.best_ask(Side::yes).price;
  auto intent = order(price, shares(499));
  place(intent);
  CHECK(end_of(intent).reason == "off_grid_or_below_minimum");
  intent = order(Price{price.value() + 1}, shares(10'000));
  place(intent);
  CHECK(end_of(intent).reason == "off_grid_or_below_minimum");
  intent = order(price, shares(1000));
  intent.ref.native_id = "0xdead";
  place(intent);
  CHECK(end_of(intent).reason == "unknown_market");
  CHECK(venue.order_posts == 0);
}
