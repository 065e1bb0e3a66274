#include "tests/bridges/kalshi/sim_fixture.hpp"

// What Kalshi tells of the account and of itself, against the simulated venue.

SCENARIO_METHOD(SimFixture, "the account is read anew: holdings, working orders and money") {
  open();
  until([this] { return metric("order_groups") == 2; });
  const auto book = deep_market(3);
  auto held = buy(book, 1);
  held.side = Side::no;
  held.limit = complement(book.bids.front().price);
  place(held);
  REQUIRE(outcome(held).status == OrderStatus::filled);
  auto resting = buy(book, 2);
  resting.limit = Price{100};
  resting.time_in_force = TimeInForce::good_till_cancelled;
  resting.post_only = true;
  resting.expires_at = clock.now() + 1h;
  place(resting);
  until([&] { return latest(resting).has_value(); });
  REQUIRE(latest(resting)->status == OrderStatus::accepted);

  const auto before = clock.now();
  const auto view = account();
  REQUIRE(view.holdings.size() == 1);
  CHECK(view.holdings[0].native_id == book.ticker);
  CHECK(view.holdings[0].market == held.market);
  CHECK(view.holdings[0].side == Side::no);
  CHECK(view.holdings[0].quantity == held.quantity);
  REQUIRE(view.working.size() == 1);
  CHECK(view.working[0].client_order_id == resting.client_order_id);
  CHECK(view.working[0].venue_order_id == latest(resting)->venue_order_id);
  REQUIRE(view.available);
  until([&] { return !balances.empty() && balances.back().available == *view.available; });
  CHECK(view.asked_at <= before + 1s);
  CHECK(view.at >= before);
}

SCENARIO_METHOD(SimFixture, "questions for the account that come together share one reading") {
  open();
  auto first = ask_account();
  auto second = ask_account();
  int answers = 0;
  const auto count = [&](const AccountView&) { ++answers; };
  const auto fail = [](const caf::error& error) { FAIL(describe(error)); };
  until([this] { return metric("account_answers") == 1; });
  sched.run();
  first.receive(count, fail);
  second.receive(count, fail);
  CHECK(answers == 2);
  CHECK(metric("account_views") == 1);
}

SCENARIO_METHOD(SimFixture, "a pause of one shard is told of that shard, an expired place of all") {
  open();
  until([this] { return is(VenueState::open) && is(VenueState::open, 3); });
  control("/sim/pause", R"({"venue":"kalshi","exchange_index":3,"seconds":600})");
  until([this] { return is(VenueState::cancel_only, 3); });
  CHECK(is(VenueState::open));
  CHECK(is(VenueState::open, 0));
  control("/sim/attest", R"({"seconds":0})");
  until([this] { return is(VenueState::refused) && is(VenueState::refused, 0); });
  CHECK(status_of()->reason == "location_attestation_expired");
  control("/sim/attest", R"({"seconds":600})");
  until([this] { return is(VenueState::open); });
  CHECK(metric("attestation_days_left") == 0);
}

SCENARIO_METHOD(SimFixture,
                "an order group of an earlier run is taken over, a triggered one goes") {
  open();
  until([this] { return metric("order_groups") == 2; });
  const auto groups = metric("order_groups");
  cancel_all();
  until([&] { return metric("order_groups_triggered") == groups; });
  until([&] { return metric("order_groups") == groups; });
  CHECK(metric("failed:order_group_trigger") == 0);
  const auto book = deep_market(3);
  auto resting = buy(book);
  resting.limit = Price{100};
  resting.time_in_force = TimeInForce::good_till_cancelled;
  place(resting); // in the new group
  until([&] { return latest(resting).has_value(); });
  CHECK(latest(resting)->status == OrderStatus::accepted);

  restart(sim_config());
  until([&] { return metric("order_groups") == groups; });
  CHECK(metric("failed:order_groups") == 0);
}
