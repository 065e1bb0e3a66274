#include "tests/bridges/kalshi/sim_fixture.hpp"

SCENARIO_METHOD(SimFixture,
                "an immediate order at Kalshi is filled, filled in part or not at all") {
  open();
  const auto shard = GENERATE(0, 3);
  const auto book = deep_market(shard);

  auto full = buy(book, 1);
  place(full);
  const auto filled = outcome(full);
  CHECK(filled.status == OrderStatus::filled);
  CHECK(filled.filled == full.quantity);
  CHECK(filled.notional <= notional(full.limit, full.quantity, Rounding::up));
  CHECK(filled.fee > Money{0});
  CHECK_FALSE(filled.venue_order_id.empty());
  until([&] { return told_fills(full) == full.quantity; });

  auto part = buy(book, 2);
  part.quantity = book.asked(1) + Quantity{50 * quantity_per_contract};
  place(part);
  const auto partial = outcome(part);
  CHECK(partial.status == OrderStatus::partial);
  CHECK(partial.filled > Quantity{0});
  CHECK(partial.filled < part.quantity);
  until([&] { return told_fills(part) == partial.filled; });
  CHECK(latest(part)->filled == partial.filled);

  auto none = buy(book, 3);
  none.limit = Price{100};
  place(none);
  CHECK(outcome(none).status == OrderStatus::unfilled);
  CHECK(outcome(none).filled == Quantity{0});
}

SCENARIO_METHOD(SimFixture, "all four directions are executed on the side they are meant for") {
  open();
  const auto book = deep_market(3);
  auto yes = buy(book, 1);
  place(yes);
  CHECK(outcome(yes).status == OrderStatus::filled);
  auto sell_yes = buy(book, 2);
  sell_yes.action = Action::sell;
  sell_yes.limit = book.bids.front().price;
  place(sell_yes);
  CHECK(outcome(sell_yes).status == OrderStatus::filled);
  CHECK(outcome(sell_yes).notional >= notional(sell_yes.limit, sell_yes.quantity, Rounding::down));
  auto no = buy(book, 3);
  no.side = Side::no;
  no.limit = complement(book.bids.front().price);
  place(no);
  CHECK(outcome(no).status == OrderStatus::filled);
  CHECK(outcome(no).notional <= notional(no.limit, no.quantity, Rounding::up));
  auto sell_no = buy(book, 4);
  sell_no.side = Side::no;
  sell_no.action = Action::sell;
  sell_no.limit = complement(book.asks.back().price);
  place(sell_no);
  CHECK(outcome(sell_no).status == OrderStatus::filled);
  until([&] { return told_fills(sell_no) == sell_no.quantity; });
  CHECK(fills.back().price >= sell_no.limit);
}

SCENARIO_METHOD(SimFixture, "a fill-or-kill order that cannot be filled is no fault") {
  open();
  const auto book = deep_market(3);
  auto order = buy(book);
  order.time_in_force = TimeInForce::fill_or_kill;
  order.quantity = book.asked(1) + Quantity{100 * quantity_per_contract};
  place(order);
  const auto killed = outcome(order);
  CHECK(killed.status == OrderStatus::unfilled);
  CHECK(killed.filled == Quantity{0});
  CHECK(killed.reason.find("fill_or_kill") != std::string::npos);
  CHECK(fills.empty());
}

SCENARIO_METHOD(SimFixture, "a resting order is cancelled on its shard") {
  open();
  const auto shard = GENERATE(0, 3);
  const auto book = deep_market(shard);
  auto order = buy(book);
  order.limit = Price{100};
  order.time_in_force = TimeInForce::good_till_cancelled;
  until_groups(2);
  place(order);
  until([&] { return latest(order).has_value(); });
  CHECK(latest(order)->status == OrderStatus::accepted);

  const auto all = GENERATE(false, true);
  if (all) {
    cancel_all();
  } else {
    cancel(order);
  }
  CHECK(outcome(order).status == OrderStatus::unfilled);
  // The private stream may tell of the end before the answer comes.
  until([&] { return metric(all ? "cancel_all_answers:taken" : "cancel_answers:taken") == 1; });

  // There is nothing left to cancel: what became of it is told again.
  reports.clear();
  cancel(order);
  CHECK(outcome(order).status == OrderStatus::unfilled);
}

SCENARIO_METHOD(SimFixture, "the same order after a restart is looked up, never bought twice") {
  open();
  const auto book = deep_market(3);
  const auto order = buy(book);
  place(order);
  const auto first = outcome(order);
  REQUIRE(first.status == OrderStatus::filled);

  restart(gateway_config(rest_url(), ws_url()));
  place(order);
  const auto again = outcome(order);
  CHECK(again.status == OrderStatus::filled);
  CHECK(again.filled == first.filled);
  CHECK(again.notional == first.notional);
  CHECK(again.fee == first.fee);
  CHECK(again.venue_order_id == first.venue_order_id);
  CHECK(told_fills(order) == order.quantity);
  until([this] { return metric("answers:duplicate") == 1; });

  // A question finds it as well, without a send.
  restart(gateway_config(rest_url(), ws_url()));
  query(order);
  CHECK(outcome(order).filled == first.filled);
  CHECK(metric("orders_sent") == 0);
  CHECK(told_fills(order) == order.quantity);
}

SCENARIO_METHOD(SimFixture,
                "an order whose answer is lost is found, and one that never came is not") {
  std::atomic<int> mode = 0;
  HttpVenue proxy{[&](const VenueRequest& request) -> VenueAnswer {
    if (!request.is("POST", "/events/orders") || mode == 0) {
      return forward(request, venue.ports.kalshi);
    }
    if (mode == 1) {
      forward(request, venue.ports.kalshi); // executed, but nobody hears of it
    }
    return {.hang_up = true};
  }};
  auto its_config = gateway_config(proxy.url(), "ws://127.0.0.1:1/trade-api/ws/v2");
  its_config.stream.first_retry = its_config.stream.longest_retry = 60s;
  its_config.orders.order_deadline = 500ms;
  start(its_config); // without the stream: only the lists can tell
  const auto book = deep_market(3);

  mode = 1;
  const auto lost = buy(book, 1);
  place(lost);
  until([&] { return latest(lost).has_value(); });
  CHECK(reports.front().status == OrderStatus::unknown);
  const auto found = outcome(lost);
  CHECK(found.status == OrderStatus::filled);
  CHECK(told_fills(lost) == lost.quantity);

  mode = 2;
  const auto never = buy(book, 2);
  place(never);
  const auto absent = outcome(never);
  CHECK(absent.status == OrderStatus::rejected);
  CHECK(absent.reason == "not_found");
  CHECK(proxy.seen("POST", "/events/orders").size() == 2); // neither was sent again
}

SCENARIO_METHOD(SimFixture, "what an order needs must be on its own shard") {
  open();
  until([&] { return !balances.empty(); });
  REQUIRE(balances.back().shards.size() > 1);
  Money sum;
  for (const auto& shard : balances.back().shards) {
    sum += shard.available;
  }
  CHECK(sum == balances.back().available);

  const auto book = deep_market(3);
  const auto on_shard = std::find_if(balances.back().shards.begin(), balances.back().shards.end(),
                                     [](const auto& shard) { return shard.exchange_index == 3; })
                          ->available;
  auto order = buy(book, 1);
  order.limit = Price{5000};
  order.time_in_force = TimeInForce::good_till_cancelled;
  until_groups(2);
  const auto contracts = on_shard.value() / (money_per_dollar / 2) + 100;
  order.quantity = Quantity{contracts * quantity_per_contract};
  place(order);
  const auto refused = outcome(order);
  CHECK(refused.status == OrderStatus::rejected);
  CHECK(refused.reason.find("insufficient_balance") != std::string::npos);

  // A fill is followed by the new balance at once.
  const auto before = balances.back().available;
  const auto filled = buy(book, 2);
  place(filled);
  REQUIRE(outcome(filled).status == OrderStatus::filled);
  until([&] { return balances.back().available < before; });
}
