#include "tests/bridges/polymarket/polymarket_gateway_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

SCENARIO_METHOD(PolymarketGatewayFixture, "every resting order is cancelled in one call") {
  start();
  const auto first = order(Price{500}, shares(1000), Side::yes, TimeInForce::good_till_cancelled);
  const auto second = order(Price{400}, shares(1000), Side::no, TimeInForce::good_till_cancelled);
  place(first);
  place(second);
  status_of(first, OrderStatus::accepted);
  status_of(second, OrderStatus::accepted);
  auto login = log_in_to_polymarket(*network, clock, config.account);
  REQUIRE(login);
  const auto client = std::make_shared<PolymarketOrderClient>(
    *network, clock, PolymarketClientConfig{.rest = *parse_url(config.account.rest_url)},
    std::move(login->credentials), login->clock_offset);
  std::promise<caf::error> done;
  client->cancel_all([&](caf::error error) { done.set_value(std::move(error)); });
  CHECK(done.get_future().get() == caf::none);
  CHECK(end_of(first).status == OrderStatus::unfilled);
  CHECK(end_of(second).status == OrderStatus::unfilled);
}

SCENARIO_METHOD(PolymarketGatewayFixture,
                "an order whose answer is lost is found again by its hash") {
  start();
  proxy.swallow_next_answer();
  const auto intent = order(venue.best_ask(Side::yes).price, shares(1000));
  place(intent);
  const auto report = end_of(intent);
  CHECK(report.status == OrderStatus::filled);
  CHECK(report.filled == shares(1000));
  listen_until([&] { return filled(intent) == shares(1000); });
  place(intent); // again, as after a crash: known, and not sent
  CHECK(venue.orders() == 1);
  CHECK(venue.order_posts == 1);
}

SCENARIO_METHOD(PolymarketGatewayFixture,
                "an order of an earlier run is found by what the ledger kept") {
  start();
  const auto intent = order(venue.best_ask(Side::yes).price, shares(1000));
  place(intent);
  end_of(intent);
  listen_until([&] { return filled(intent) == shares(1000); });
  stop();
  reports.clear();
  fills.clear();
  balances.clear();
  start();
  tell(QueryOrder{intent}, sink<OrderSink>());
  const auto report = end_of(intent);
  CHECK(report.status == OrderStatus::filled);
  CHECK(filled(intent) == shares(1000));
  auto never_sent = order(venue.best_ask(Side::yes).price, shares(1000));
  never_sent.created_at = clock.now() - 1min;
  tell(QueryOrder{never_sent}, sink<OrderSink>());
  const auto missing = end_of(never_sent);
  CHECK(missing.status == OrderStatus::rejected);
  CHECK(missing.reason == "not_found");
  CHECK(venue.order_posts == 1);
}

SCENARIO_METHOD(PolymarketGatewayFixture,
                "what happens while the user channel is down is read afterwards") {
  start();
  const auto intent = order(Price{500}, shares(1000), Side::yes, TimeInForce::good_till_cancelled);
  place(intent);
  const auto id = status_of(intent, OrderStatus::accepted).venue_order_id;
  venue.cancel_unheard(id);
  proxy.cut_all();
  CHECK(end_of(intent).status == OrderStatus::unfilled);
}

SCENARIO_METHOD(PolymarketGatewayFixture, "while the engine restarts nothing is sent") {
  start();
  venue.on([this] { venue.clob().restart(3, 120); });
  const auto first = order(venue.best_ask(Side::yes).price, shares(1000));
  place(first);
  CHECK(status_of(first, OrderStatus::unknown).reason == "engine_restarting");
  const auto second = order(venue.best_ask(Side::yes).price, shares(1000));
  place(second);
  CHECK(end_of(second).reason == "venue_restarting");
  CHECK(wait_for_state(VenueState::down).reason == "venue_restarting");
  CHECK(venue.order_posts == 1);
  const auto report = end_of(first);
  CHECK(report.status == OrderStatus::rejected); // looked up: it was never taken in
  CHECK(report.reason == "not_found");
  // Nobody tells when the pause is over: it ends by time, and post-only follows.
  CHECK(wait_for_state(VenueState::post_only).reason == "venue_post_only");
}

SCENARIO_METHOD(PolymarketGatewayFixture, "after a restart the venue takes only resting orders") {
  start();
  venue.on([this] { venue.clob().restart(0, 120); });
  const auto first = order(venue.best_ask(Side::yes).price, shares(1000));
  place(first);
  CHECK(end_of(first).reason == "post_only_mode");
  const auto second = order(venue.best_ask(Side::yes).price, shares(1000));
  place(second);
  CHECK(end_of(second).reason == "venue_post_only");
  CHECK(wait_for_state(VenueState::post_only).reason == "venue_post_only");
  CHECK(venue.order_posts == 1);
  CHECK(venue.orders() == 0);
  auto resting = order(Price{500}, shares(1000), Side::yes, TimeInForce::good_till_cancelled);
  resting.post_only = true;
  place(resting);
  CHECK(status_of(resting, OrderStatus::accepted).filled == Quantity{});
  CHECK(venue.orders() == 1);
}

SCENARIO_METHOD(PolymarketGatewayFixture,
                "a subscriber hears how the venue stands, at once and on changes") {
  start();
  CHECK(wait_for_state(VenueState::open).reason.empty());
  GIVEN("a place that is blocked from now on") {
    venue.blocked = true;
    config.place_period = 1ns;
    stop();
    venue.blocked = false;
    start();
    wait_for_state(VenueState::open);
    venue.blocked = true;
    tell(Tick{.now = clock.now()});
    CHECK(wait_for_state(VenueState::refused).reason == "geoblocked: ZZ");
    const auto intent = order(venue.best_ask(Side::yes).price, shares(1000));
    place(intent);
    CHECK(end_of(intent).reason == "venue_refuses: geoblocked: ZZ");
    CHECK(venue.order_posts == 0);
    venue.blocked = false;
    tell(Tick{.now = clock.now()});
    wait_for_state(VenueState::open);
  }
  GIVEN("a venue that nobody reaches") {
    proxy.refuse(true);
    proxy.cut_all();
    config.keep_ready_period = 1ns;
    place(order(venue.best_ask(Side::yes).price, shares(1000)));
    wait_for_state(VenueState::down);
    const auto intent = order(venue.best_ask(Side::yes).price, shares(1000));
    place(intent);
    CHECK(end_of(intent).reason == "venue_unreachable");
    proxy.refuse(false);
    wait_for_state(VenueState::open);
  }
}

SCENARIO_METHOD(PolymarketGatewayFixture, "the kill switch passes by all that waits") {
  start();
  const auto first = order(Price{500}, shares(1000), Side::yes, TimeInForce::good_till_cancelled);
  place(first);
  status_of(first, OrderStatus::accepted);
  // Fifty orders are handed in, and at once everything is cancelled.
  std::vector<OrderIntent> busy;
  for (int i = 0; i < 50; ++i) {
    busy.push_back(order(Price{500}, shares(500), Side::yes, TimeInForce::good_till_cancelled));
    self->send(gateway, busy.back(), sink<OrderSink>());
  }
  self->send(gateway, CancelAllOrders{.reason = "test"});
  sched.run();
  CHECK(end_of(first).status == OrderStatus::unfilled);
  for (const auto& each : busy) {
    const auto report = end_of(each);
    CHECK((report.status == OrderStatus::unfilled || report.reason == "all_orders_cancelled"));
  }
  CHECK(venue.resting() == 0);
  // Afterwards orders are taken again.
  const auto next = order(Price{500}, shares(1000), Side::yes, TimeInForce::good_till_cancelled);
  place(next);
  status_of(next, OrderStatus::accepted);
}

SCENARIO_METHOD(PolymarketGatewayFixture, "an order of an earlier run can be cancelled") {
  start();
  const auto intent = order(Price{500}, shares(1000), Side::yes, TimeInForce::good_till_cancelled);
  place(intent);
  status_of(intent, OrderStatus::accepted);
  stop();
  reports.clear();
  balances.clear();
  config.heartbeat = false;
  start();
  tell(CancelOrder{intent}, sink<OrderSink>());
  CHECK(end_of(intent).status == OrderStatus::unfilled);
  CHECK(venue.resting() == 0);
}

SCENARIO_METHOD(PolymarketGatewayFixture,
                "heartbeats keep our orders, and their silence takes them out") {
  config.heartbeats = {.period = 20ms, .deadline = 1s, .limit = 10s};
  start();
  const auto intent = order(Price{500}, shares(1000), Side::yes, TimeInForce::good_till_cancelled);
  place(intent);
  status_of(intent, OrderStatus::accepted);
  GIVEN("a venue that begins a new chain of ids") {
    const auto seen = venue.heartbeats.load();
    while (venue.heartbeats < seen + 3) {
      std::this_thread::yield();
    }
    venue.mix_up_heartbeat();
    wait_for_metric("heartbeats_mended", 1);
    wait_for_metric("heartbeats_lost", 0);
    CHECK(venue.resting() == 1);
  }
  GIVEN("a gateway that is gone") {
    stop();
    venue.pass(11'000);
    CHECK(venue.resting() == 0);
  }
}
