#include <future>

#include "tests/bridges/kalshi/scripted_venue.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

SCENARIO_METHOD(ScriptedFixture, "a 429 is waited out, and the order is executed once") {
  std::atomic<int> creates = 0;
  HttpVenue venue{[&](const VenueRequest& request) -> VenueAnswer {
    if (!is_create(request)) {
      return as_usual(request);
    }
    return ++creates == 1 ? VenueAnswer{.status = 429, .body = R"({"error":"too many requests"})"}
                          : created(request);
  }};
  open(venue);
  const auto mine = order();
  place(mine);
  CHECK(outcome(mine).status == OrderStatus::partial);
  CHECK(reports.size() == 1); // nobody heard of the 429
  CHECK(venue.seen("POST", "/events/orders").size() == 2);
  CHECK(metric("http:429") == 1);
}

SCENARIO_METHOD(ScriptedFixture, "orders beyond the tokens are refused unsent, hedges go out") {
  HttpVenue venue{takes_orders};
  auto its_config = offline_config(venue);
  its_config.orders.longest_pacing = 0ms;
  start(its_config);
  until([this] { return metric("write_tokens_per_second") == 100; });
  std::vector<OrderIntent> orders;
  for (std::uint8_t i = 0; i < 30; ++i) {
    orders.push_back(order(i));
    place(orders.back());
  }
  auto hedge = order();
  hedge.purpose = OrderPurpose::unwind;
  hedge.client_order_id = client_order_id(hedge.pair, 0, hedge.purpose, 0);
  place(hedge);
  CHECK(outcome(hedge).status == OrderStatus::partial);
  std::int64_t refused = 0;
  for (const auto& one : orders) {
    const auto told = outcome(one);
    refused += told.status == OrderStatus::rejected && told.reason == "rate_limited" ? 1 : 0;
  }
  // 70 of 100 tokens are for anyone, of which an order group may just have taken 10; at 100 a
  // second some come in while 30 orders are placed.
  const auto sent = static_cast<std::int64_t>(venue.seen("POST", "/events/orders").size());
  CHECK(refused > 0);
  CHECK(sent >= 6 + 1);
  CHECK(sent + refused == 31);
}

SCENARIO_METHOD(ScriptedFixture, "orders that wait for tokens go out in their turn") {
  HttpVenue venue{takes_orders};
  auto its_config = offline_config(venue);
  its_config.orders.longest_pacing = 8s;
  start(its_config);
  std::vector<OrderIntent> orders;
  for (std::uint8_t i = 0; i < 10; ++i) {
    orders.push_back(order(i));
    place(orders.back());
  }
  for (const auto& one : orders) {
    CHECK(outcome(one).status == OrderStatus::partial);
  }
  CHECK(metric("paced") > 0);
  const auto seen = venue.seen("POST", "/events/orders");
  REQUIRE(seen.size() == orders.size());
  for (std::size_t i = 0; i < seen.size(); ++i) {
    CHECK(seen[i].body.find(orders[i].client_order_id) != std::string::npos);
  }
}

SCENARIO_METHOD(ScriptedFixture, "an order on a shard that does not trade is refused unsent") {
  HttpVenue venue{as_usual};
  open(venue);
  const auto [shard, why] =
    GENERATE(std::pair{2, "trading_paused:shard_2"}, std::pair{1, "venue_status_unknown"});
  const auto mine = intent("KXT-A", shard);
  place(mine);
  const auto told = outcome(mine);
  CHECK(told.status == OrderStatus::rejected);
  CHECK(told.reason == why);
  CHECK(venue.seen("POST", "/events/orders").empty());
}

SCENARIO_METHOD(ScriptedFixture, "an order that the venue would refuse is not sent") {
  HttpVenue venue{as_usual};
  open(venue);
  auto mine = order();
  mine.quantity = Quantity{5'000};
  place(mine);
  CHECK(outcome(mine).status == OrderStatus::rejected);
  CHECK(outcome(mine).reason.find("multiple of 0.01") != std::string::npos);
  CHECK(venue.seen("POST", "/events/orders").empty());
}

SCENARIO_METHOD(ScriptedFixture,
                "a refusal in any of the three shapes is reported with its reason") {
  const auto [status, body, reason] =
    GENERATE(std::tuple{400U, R"({"code":"insufficient_balance","message":"m"})",
                        "insufficient_balance"},
             std::tuple{400U, R"({"error":{"code":"invalid_order","details":"off the grid"}})",
                        "invalid_order: off the grid"},
             std::tuple{409U, R"({"error":{"code":"MARKET_INACTIVE"}})", "market_inactive"},
             std::tuple{409U, R"({"error":{"code":"trading_is_paused"}})", "trading_is_paused"});
  HttpVenue venue{[status = status, body = body](const VenueRequest& request) -> VenueAnswer {
    return is_create(request) ? VenueAnswer{.status = status, .body = body} : as_usual(request);
  }};
  open(venue);
  const auto mine = order();
  place(mine);
  const auto told = outcome(mine);
  CHECK(told.status == OrderStatus::rejected);
  CHECK(told.reason.find(reason) == 0);
  CHECK(venue.seen("POST", "/events/orders").size() == 1);
}

SCENARIO_METHOD(ScriptedFixture, "a cancel names the shard and what is not there is looked up") {
  HttpVenue venue{[&](const VenueRequest& request) -> VenueAnswer {
    if (is_create(request)) {
      return created(request, R"({"order_id":"33","client_order_id":"%","fill_count":"0.00",)"
                              R"("remaining_count":"10.00"})");
    }
    if (request.method == "DELETE") {
      return {.status = 404, .body = R"({"error":{"code":"not_found"}})"};
    }
    if (request.is("GET", "/portfolio/orders?ticker=KXT-A")) {
      return {.body = R"({"orders":[{"order_id":"33","client_order_id":")" + order().client_order_id
                      + R"(","ticker":"KXT-A","book_side":"bid",)"
                      + R"("status":"executed","yes_price_dollars":"0.4400",)"
                      + R"("initial_count_fp":"10.00","fill_count_fp":"10.00",)"
                      + R"("remaining_count_fp":"0.00","exchange_index":3}]})"};
    }
    if (request.is("GET", "order_id=33")) {
      return {.body = R"({"fills":[{"fill_id":"f1","order_id":"33","ticker":"KXT-A",)"
                      R"("book_side":"bid","count_fp":"10.00","yes_price_dollars":"0.4300",)"
                      R"("fee_cost":"0.1725"}]})"};
    }
    return as_usual(request);
  }};
  open(venue);
  until_groups(2);
  auto mine = order();
  mine.time_in_force = TimeInForce::good_till_cancelled;
  place(mine);
  until([&] { return latest(mine).has_value(); });
  cancel(mine);
  const auto told = outcome(mine);
  CHECK(told.status == OrderStatus::filled);
  CHECK(told.notional == Money{4'300'000});
  CHECK(metric("cancel_answers:unknown") == 1);
  const auto cancels = venue.seen("DELETE", "/portfolio/events/orders/33");
  REQUIRE(cancels.size() == 1);
  CHECK(cancels[0].target.find("exchange_index=3") != std::string::npos);
}

SCENARIO_METHOD(ScriptedFixture, "an order of an earlier run is looked up before it is cancelled") {
  std::atomic<bool> cancelled = false;
  HttpVenue venue{[&](const VenueRequest& request) -> VenueAnswer {
    if (request.is("DELETE", "/portfolio/events/orders/33")) {
      cancelled = true;
      return {.body = R"({"order_id":"33","reduced_by":"10.00","ts_ms":1})"};
    }
    if (request.is("GET", "/portfolio/orders?ticker=KXT-A")) {
      return {.body = R"({"orders":[{"order_id":"33","client_order_id":")" + order().client_order_id
                      + R"(","ticker":"KXT-A","book_side":"bid",)"
                      + R"("status":"resting","yes_price_dollars":"0.4400",)"
                      + R"("initial_count_fp":"10.00","fill_count_fp":"0.00",)"
                      + R"("remaining_count_fp":"10.00","exchange_index":3}]})"};
    }
    return as_usual(request);
  }};
  open(venue);
  auto mine = order();
  mine.time_in_force = TimeInForce::good_till_cancelled;
  cancel(mine);
  CHECK(outcome(mine).status == OrderStatus::unfilled);
  CHECK(cancelled);
  CHECK(venue.seen("POST", "/events/orders").empty());
}

SCENARIO_METHOD(ScriptedFixture, "conformance 12: a duplicate id is looked up, and counted once") {
  std::atomic<int> reads = 0;
  HttpVenue venue{[&](const VenueRequest& request) -> VenueAnswer {
    if (is_create(request)) {
      return {.status = 409, .body = R"({"error":{"code":"order_already_exists"}})"};
    }
    // The lists lag: first nothing, then the order without its fills, then all of it.
    if (request.is("GET", "/portfolio/orders?ticker=KXT-A") && ++reads > 3) {
      return {.body = R"({"orders":[{"order_id":"33","client_order_id":")" + order().client_order_id
                      + R"(","ticker":"KXT-A","book_side":"bid",)"
                      + R"("status":"canceled","yes_price_dollars":"0.4400",)"
                      + R"("initial_count_fp":"10.00","fill_count_fp":"6.00",)"
                      + R"("remaining_count_fp":"0.00","exchange_index":3}]})"};
    }
    if (request.is("GET", "order_id=33") && reads > 5) {
      return {.body = R"({"fills":[{"fill_id":"f1","order_id":"33","ticker":"KXT-A",)"
                      R"("book_side":"bid","count_fp":"6.00","yes_price_dollars":"0.4300",)"
                      R"("fee_cost":"0.1038"}]})"};
    }
    return as_usual(request);
  }};
  auto its_config = offline_config(venue);
  its_config.orders.absent_after = 0ms; // even then: the venue said that it exists
  its_config.orders.longest_pacing = 1ms;
  its_config.orders.order_deadline = 300ms;
  start(its_config);
  const auto mine = order();
  place(mine);
  const auto told = outcome(mine);
  CHECK(told.status == OrderStatus::partial);
  CHECK(told.filled == Quantity{6 * quantity_per_contract});
  CHECK(told.notional == Money{2'580'000});
  CHECK(told.fee == Money{103'800});
  CHECK(told_fills(mine) == told.filled);
  CHECK(reads > 5);
  CHECK(venue.seen("POST", "/events/orders").size() == 1);
}

SCENARIO_METHOD(ScriptedFixture, "cancelling everything goes before a full queue of creates") {
  std::promise<void> release;
  const auto released = release.get_future().share();
  std::atomic<bool> hangs = false;
  HttpVenue venue{[&](const VenueRequest& request) -> VenueAnswer {
    if (is_create(request)) {
      released.wait();
      return created(request);
    }
    if (hangs && request.is("GET", "/portfolio/")) {
      released.wait();
    }
    return request.is("DELETE", "subaccount=0") ? VenueAnswer{.body = R"({"orders":[]})"}
                                                : as_usual(request);
  }};
  auto its_config = offline_config(venue);
  its_config.orders.longest_pacing = its_config.orders.order_deadline = 60s;
  start(its_config);
  until_groups(2);
  hangs = true;
  std::vector<OrderIntent> orders;
  for (std::uint8_t i = 0; i < 40; ++i) {
    orders.push_back(order(i));
    place(orders.back());
  }
  until([&] { return metric("orders_waiting_for_tokens") > 0; });
  until([&] { return venue.seen("POST", "/events/orders").size() == 1; });
  cancel_all();
  until([&] { return metric("cancel_all_answers:taken") == 1; });
  CHECK(venue.seen("DELETE", "/portfolio/events/orders?subaccount=0").size() == 1);
  CHECK(venue.seen("POST", "/events/orders").size() == 1);
  until([&] { return venue.seen("PUT", "/trigger?exchange_index=").size() == 2; });
  // What had no tokens yet is not sent any more.
  CHECK(outcome(orders.back()).reason == "all_cancelled");
  CHECK(metric("orders_waiting_for_tokens") == 0);
  release.set_value();
}

SCENARIO_METHOD(ScriptedFixture, "cancelling everything is repeated until it is answered") {
  std::atomic<int> calls = 0;
  HttpVenue venue{[&](const VenueRequest& request) -> VenueAnswer {
    if (!request.is("DELETE", "subaccount=0")) {
      return as_usual(request);
    }
    switch (++calls) {
      case 1:
        return {.hang_up = true};
      case 2:
        return {.status = 503, .body = "<html>"};
      case 3:
        return {.status = 429, .body = R"({"error":"too many requests"})"};
      default:
        return {.body = R"({"orders":[]})"};
    }
  }};
  auto its_config = offline_config(venue);
  its_config.orders.stop_again_after = 1ms;
  start(its_config);
  cancel_all();
  until([&] { return metric("cancel_all_answers:taken") == 1; });
  CHECK(calls == 4);
}

SCENARIO_METHOD(ScriptedFixture, "a resting order carries the venue's own stops") {
  std::atomic<bool> group_gone = false;
  HttpVenue venue{[&](const VenueRequest& request) -> VenueAnswer {
    if (!is_create(request)) {
      return as_usual(request);
    }
    if (group_gone) {
      return {.status = 404, .body = R"({"error":{"code":"order_group_not_found"}})"};
    }
    return created(request, R"({"order_id":"33","client_order_id":"%","fill_count":"0.00",)"
                            R"("remaining_count":"10.00"})");
  }};
  open(venue);
  until_groups(2);
  auto mine = order(1);
  mine.time_in_force = TimeInForce::good_till_cancelled;
  mine.post_only = true;
  mine.expires_at = Timestamp{1'795'226'400s};
  place(mine);
  until([&] { return latest(mine).has_value(); });
  const auto body = venue.seen("POST", "/events/orders").at(0).body;
  for (const auto* const part : {R"("order_group_id":"group-3")", R"("cancel_order_on_pause":true)",
                                 R"("post_only":true)", R"("expiration_time":1795226400)"}) {
    CHECK(body.find(part) != std::string::npos);
  }
  CHECK(body.find("reduce_only") == std::string::npos);
  // A group that is gone is made anew.
  group_gone = true;
  auto next = order(2);
  next.time_in_force = TimeInForce::good_till_cancelled;
  place(next);
  CHECK(outcome(next).status == OrderStatus::rejected);
  until([&] { return venue.seen("POST", "/order_groups/create").size() == 3; });
  until_groups(2);
}
