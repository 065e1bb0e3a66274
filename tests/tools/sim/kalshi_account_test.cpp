#include <limits>

#include "tests/tools/sim/kalshi_fixture.hpp"
#include "tools/sim/kalshi_rest.hpp"
#include "tools/sim/kalshi_ws.hpp"
#include "tools/sim/price_model.hpp"

namespace arbees::sim {

namespace {

constexpr const char* root = "/trade-api/v2";

struct FastFixture : ShardFixture {
  FastFixture() : ShardFixture({}, 600) {}
};

} // namespace

TEST_CASE("money lies on its shard and does not follow an order", "[sim]") {
  ShardFixture sim{{.cash = {{0, dollars_of(100)}, {3, dollars_of(1)}}}};
  CHECK(code(sim.create(ShardFixture::order(*sim.basketball, "bid", Price{5000}, "50.00")))
        == "insufficient_balance");
  CHECK(sim.create(ShardFixture::order(*sim.football, "bid", Price{5000}, "50.00")).status == 201);
  const auto balance = sim.get("/portfolio/balance").at("balance_breakdown").as_array();
  REQUIRE(balance.size() == 2);
  CHECK(balance[1].at("exchange_index") == 3);
  CHECK(balance[1].at("balance") == "1.0000");
  CHECK(sim.get("/portfolio/balance?exchange_index=3").at("balance") == 100);
}

TEST_CASE("a shard without an account does not know the user", "[sim]") {
  ShardFixture sim{{.cash = {{0, dollars_of(100)}}}};
  const auto answer = sim.create(ShardFixture::order(*sim.basketball, "bid", Price{100}, "1.00"));
  CHECK(answer.status == 404);
  CHECK(code(answer) == "user_not_found");
}

TEST_CASE("a transfer moves free money between shards", "[sim]") {
  ShardFixture sim;
  const auto move = [&](std::int64_t amount, int from, int to) {
    return sim.call("POST", "/portfolio/intra_exchange_instance_transfer",
                    json::serialize(json::object{{"source", "event_contract"},
                                                 {"destination", "event_contract"},
                                                 {"amount", amount},
                                                 {"source_exchange_shard", from},
                                                 {"destination_exchange_shard", to}}));
  };
  const auto moved = move(1'000'000, 0, 3); // $100
  CHECK(moved.status == 200);
  CHECK(json::parse(moved.body).at("transfer_id").as_string().size() == 36);
  CHECK(sim.get("/portfolio/balance?exchange_index=3").at("balance_dollars") == "5100.0000");
  CHECK(sim.get("/portfolio/balance?exchange_index=0").at("balance_dollars") == "4900.0000");
  CHECK(code(move(49'000'001, 0, 3)) == "insufficient_balance");
  CHECK(move(1, 0, 0).status == 400);
  CHECK(move(-1, 0, 3).status == 400);
  CHECK(move(1, 0, 9).status == 400);
}

TEST_CASE_METHOD(ShardFixture, "a paused exchange refuses as the venue does, shard by shard",
                 "[sim]") {
  const auto resting =
    json::parse(create(order(*football, "bid", Price{100}, "1.00", "good_till_canceled")).body);
  const auto cancel = "/portfolio/events/orders/" + std::string{resting.at("order_id").as_string()}
                      + "?market_ticker=" + football->ticker;
  kalshi.pause(KalshiPause::exchange, 10, 0);
  CHECK(code(create(order(*football, "bid", Price{100}, "1.00"))) == "exchange_is_paused");
  CHECK(code(call("DELETE", cancel)) == "exchange_is_paused");
  CHECK(create(order(*basketball, "bid", Price{100}, "1.00")).status == 201);
  auto status = json::parse(kalshi.exchange_status().body).as_object();
  CHECK(status.at("exchange_active") == false);
  CHECK(status.at("exchange_index_statuses").at(3).at("trading_active") == true);
  CHECK(status.contains("exchange_estimated_resume_time"));

  kalshi.pause(KalshiPause::trading, 10, std::nullopt);
  const auto refused = create(order(*basketball, "bid", Price{100}, "1.00"));
  CHECK(refused.status == 409);
  CHECK(code(refused) == "trading_is_paused");
  CHECK(call("DELETE", cancel).status == 200);
  pass(10'000);
  CHECK(create(order(*football, "bid", Price{100}, "1.00")).status == 201);
  status = json::parse(kalshi.exchange_status().body).as_object();
  CHECK(status.at("trading_active") == true);
  CHECK_FALSE(status.contains("exchange_estimated_resume_time"));
}

TEST_CASE_METHOD(ShardFixture, "a pause ends the orders that asked for it", "[sim]") {
  auto body = order(*football, "bid", Price{100}, "1.00", "good_till_canceled");
  create(body);
  body["cancel_order_on_pause"] = true;
  create(body);
  kalshi.pause(KalshiPause::trading, 10, std::nullopt);
  CHECK(get("/portfolio/orders?status=resting").at("orders").as_array().size() == 1);
}

TEST_CASE_METHOD(ShardFixture, "orders expire and are cancelled all at once", "[sim]") {
  auto body = order(*football, "bid", Price{100}, "1.00", "good_till_canceled");
  body["expiration_time"] = engine.now() + 5;
  CHECK(create(body).status == 201);
  body["expiration_time"] = engine.now();
  CHECK(code(create(body)) == "invalid_order");
  body["expiration_time"] = std::numeric_limits<std::int64_t>::max();
  CHECK(code(create(body)) == "invalid_order");
  auto immediate = order(*football, "bid", Price{100}, "1.00");
  immediate["expiration_time"] = engine.now() + 5;
  CHECK(code(create(immediate)) == "invalid_order");
  pass(4'900);
  CHECK(get("/portfolio/orders?status=resting").at("orders").as_array().size() == 1);
  pass(200);
  CHECK(get("/portfolio/orders?status=resting").at("orders").as_array().empty());

  create(order(*football, "bid", Price{100}, "1.00", "good_till_canceled"));
  create(order(*basketball, "bid", Price{100}, "1.00", "good_till_canceled"));
  CHECK(call("DELETE", "/portfolio/events/orders").status == 200);
  CHECK(get("/portfolio/orders?status=resting").at("orders").as_array().empty());
}

TEST_CASE_METHOD(ShardFixture, "an amended order keeps its id and its fills, and may trade",
                 "[sim]") {
  auto body = order(*football, "bid", Price{100}, "4.00", "good_till_canceled");
  body["client_order_id"] = "first";
  const auto id = std::string{json::parse(create(body).body).at("order_id").as_string()};
  const auto change = [&](const char* verb, const json::object& to) {
    return call("POST", "/portfolio/events/orders/" + id + "/" + verb, json::serialize(to));
  };
  auto amended = json::parse(change("amend", {{"ticker", football->ticker},
                                              {"side", "bid"},
                                              {"price", "0.0200"},
                                              {"count", "6.00"},
                                              {"updated_client_order_id", "second"}})
                               .body);
  CHECK(amended.at("order_id") == json::value(id));
  CHECK(amended.at("remaining_count") == "6.00");
  CHECK(amended.at("client_order_id") == "second");
  CHECK(engine.book(football->book).total(BookSide::bid, Price{200})
        >= Quantity{6 * quantity_per_contract});
  const auto reduced =
    json::parse(change("decrease", {{"ticker", football->ticker}, {"reduce_by", "1.50"}}).body);
  CHECK(reduced.at("remaining_count") == "4.50");
  CHECK(code(change("decrease", {{"reduce_by", "1.00"}, {"reduce_to", "1.00"}}))
        == "invalid_order_size");
  CHECK(code(change("amend", {{"ticker", football->ticker}, {"side", "ask"}}))
        == "invalid_parameters");
  CHECK(code(change("amend", {{"ticker", football->ticker},
                              {"side", "bid"},
                              {"price", "0.0200"},
                              {"count", "9000000000000.00"}}))
        == "invalid_order_size");
  const auto ask = best(*football, BookSide::ask);
  amended = json::parse(change("amend", {{"ticker", football->ticker},
                                         {"side", "bid"},
                                         {"price", to_string(ask)},
                                         {"count", "4.50"}})
                          .body);
  CHECK(amended.at("fill_count") == "4.50");
  CHECK(parse_price(amended.at("average_fill_price").as_string()) == ask);
  CHECK(change("decrease", {{"reduce_to", "0.00"}}).status == 404);
}

TEST_CASE_METHOD(ShardFixture, "a fill is also a public trade of the same id", "[sim]") {
  REQUIRE(create(order(*football, "bid", best(*football, BookSide::ask), "2.00")).status == 201);
  const auto fills = get("/portfolio/fills").at("fills").as_array();
  REQUIRE(fills.size() == 1);
  const auto trades_of = [&](const std::string& query) {
    const auto answer =
      kalshi_public(engine, parse_target("GET", root + ("/markets/trades?ticker=" + query)));
    REQUIRE(answer);
    return json::parse(answer->body);
  };
  const auto trades = trades_of(football->ticker).at("trades").as_array();
  REQUIRE(trades.size() == 1);
  for (const auto* const key : {"trade_id", "ticker", "count_fp", "yes_price_dollars",
                                "no_price_dollars", "created_time"}) {
    CHECK(trades[0].at(key) == fills[0].at(key));
  }
  CHECK(trades[0].at("taker_book_side") == "bid");
  CHECK(trades[0].at("taker_outcome_side") == "yes");
  CHECK(trades_of(basketball->ticker).at("trades").as_array().empty());
  CHECK(trades_of(football->ticker + "&max_ts=1").at("trades").as_array().empty());
  CHECK(trades_of(football->ticker + "&limit=0").at("error").at("code") == "invalid_parameters");
}

TEST_CASE_METHOD(ShardFixture, "a batch answers each order by itself", "[sim]") {
  auto unknown = order(*football, "bid", Price{100}, "1.00");
  unknown["ticker"] = "KXNOPE";
  const json::object batch{
    {"orders", json::array{order(*football, "bid", Price{100}, "1.00", "good_till_canceled"),
                           unknown, "rubbish"}}};
  const auto answer = call("POST", "/portfolio/events/orders/batched", json::serialize(batch));
  REQUIRE(answer.status == 201);
  const auto rows = json::parse(answer.body).at("orders").as_array();
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].at("remaining_count") == "1.00");
  CHECK(rows[1].at("error").at("code") == "not_found");
  CHECK(rows[2].at("error").at("code") == "invalid_parameters");
  const json::object cancels{
    {"orders", json::array{json::object{{"order_id", rows[0].at("order_id")},
                                        {"market_ticker", football->ticker}},
                           json::object{{"order_id", "unknown"}}}}};
  const auto gone =
    json::parse(call("DELETE", "/portfolio/events/orders/batched", json::serialize(cancels)).body);
  CHECK(gone.at("orders").at(0).at("reduced_by") == "1.00");
  CHECK(gone.at("orders").at(1).at("error").at("code") == "not_found");
  CHECK(gone.at("orders").at(1).at("order_id") == "unknown");
  CHECK(gone.at("orders").at(1).at("reduced_by") == "0.00");
}

TEST_CASE_METHOD(ShardFixture, "writes that name their shard pay from that shard's bucket",
                 "[sim]") {
  const auto burst = [&](int shard) {
    auto body = order(*football, "bid", Price{100}, "1.00");
    if (shard >= 0) {
      body["exchange_index"] = shard;
    }
    auto taken = 0;
    while (create(body).status != 429) {
      ++taken;
    }
    return taken;
  };
  CHECK(burst(0) == 60); // the unscoped bucket is empty now
  CHECK(burst(-1) == 0); // and auto-routing needs it too
  CHECK(burst(3) == 60); // refused for the wrong shard, but billed there
  const auto last = create(order(*football, "bid", Price{100}, "1.00"));
  CHECK(last.body == R"({"error":"too many requests"})");
  pass(40); // 12 tokens
  CHECK(burst(0) == 1);
}

TEST_CASE_METHOD(ShardFixture, "reads have a bucket of their own, and limits tell both", "[sim]") {
  const auto limits = get("/account/limits");
  CHECK(limits.at("usage_tier") == "advanced");
  CHECK(limits.at("read").at("refill_rate") == 300);
  CHECK(limits.at("write").at("bucket_capacity") == 600);
  auto taken = 1;
  while (call("GET", "/portfolio/balance").status == 200) {
    ++taken;
  }
  CHECK(taken == 60);
  CHECK(create(order(*football, "bid", Price{100}, "1.00")).status == 201);
}

TEST_CASE_METHOD(ShardFixture, "private channels show an account its fills, orders and positions",
                 "[sim]") {
  KalshiSession own{engine, kalshi.account_of("alice")};
  KalshiSession other{engine, kalshi.account_of("bob")};
  const auto subscribe =
    R"({"id":1,"cmd":"subscribe","params":{"channels":["fill","user_orders","market_positions"]}})";
  CHECK(frames_of(own.on_text(subscribe), "subscribed").size() == 3);
  CHECK(frames_of(other.on_text(subscribe), "subscribed").size() == 3);
  KalshiSession narrow{engine, kalshi.account_of("alice")};
  narrow.on_text(R"({"id":1,"cmd":"subscribe","params":{"channels":["fill"],"market_ticker":")"
                 + basketball->ticker + "\"}}");

  auto body = order(*football, "bid", best(*football, BookSide::ask), "5.00");
  body["client_order_id"] = "c-1";
  const auto made = json::parse(create(body).body);
  const auto events = engine.take_events();
  const auto frames = own.on_events(events);
  CHECK(other.on_events(events).empty());
  CHECK(narrow.on_events(events).empty());

  const auto fills = frames_of(frames, "fill");
  REQUIRE(fills.size() == 1);
  const auto& fill = fills[0].at("msg").as_object();
  CHECK(fills[0].at("sid") == 1);
  CHECK_FALSE(fills[0].contains("seq"));
  CHECK(fill.at("order_id") == made.at("order_id"));
  CHECK(fill.at("client_order_id") == "c-1");
  CHECK(fill.at("market_ticker") == json::value(football->ticker));
  CHECK(fill.at("exchange_index") == 0);
  CHECK(fill.at("is_taker") == true);
  CHECK(fill.at("outcome_side") == "yes");
  CHECK(fill.at("book_side") == "bid");
  CHECK(fill.at("count_fp") == "5.00");
  CHECK(fill.at("post_position_fp") == "5.00");

  const auto orders = frames_of(frames, "user_order");
  REQUIRE(orders.size() == 1);
  const auto& shown_order = orders[0].at("msg").as_object();
  CHECK(shown_order.at("ticker") == json::value(football->ticker));
  CHECK(shown_order.at("status") == "executed");
  CHECK(shown_order.at("fill_count_fp") == "5.00");
  CHECK(shown_order.at("taker_fees_dollars") == fill.at("fee_cost"));

  const auto positions = frames_of(frames, "market_position");
  REQUIRE(positions.size() == 1);
  const auto& position = positions[0].at("msg").as_object();
  CHECK(position.at("position_fp") == "5.00");
  CHECK(position.at("position_cost_dollars") == shown_order.at("taker_fill_cost_dollars"));
  CHECK(position.at("fees_paid_dollars") == fill.at("fee_cost"));
  CHECK(position.at("position_fee_cost_dollars") == fill.at("fee_cost"));

  // The public trade and the fill are one trade.
  KalshiSession watcher{engine};
  watcher.on_text(R"({"id":1,"cmd":"subscribe","params":{"channels":["trade"]}})");
  const auto trades = frames_of(watcher.on_events(events), "trade");
  REQUIRE(trades.size() == 1);
  CHECK(trades[0].at("msg").at("trade_id") == fill.at("trade_id"));
  CHECK(get("/portfolio/fills").at("fills").at(0).at("fill_id") == fill.at("trade_id"));
}

TEST_CASE_METHOD(ShardFixture, "a sale is told as a purchase of the other side at the YES price",
                 "[sim]") {
  KalshiSession own{engine, kalshi.account_of("alice")};
  own.on_text(R"({"id":1,"cmd":"subscribe","params":{"channels":["fill"]}})");
  const auto bid = best(*football, BookSide::bid);
  create(order(*football, "ask", bid, "3.00"));
  const auto fills = frames_of(own.on_events(engine.take_events()), "fill");
  REQUIRE(fills.size() == 1);
  CHECK(fills[0].at("msg").at("outcome_side") == "no");
  CHECK(fills[0].at("msg").at("book_side") == "ask");
  CHECK(fills[0].at("msg").at("yes_price_dollars") == json::value(to_string(bid)));
  CHECK(fills[0].at("msg").at("post_position_fp") == "-3.00");
}

TEST_CASE_METHOD(ShardFixture, "private channels need an account", "[sim]") {
  KalshiSession stranger{engine};
  const auto frames = stranger.on_text(
    R"({"id":4,"cmd":"subscribe","params":{"channels":["user_orders","ticker"]}})");
  const auto errors = frames_of(frames, "error");
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].at("msg").at("code") == 9);
  CHECK(errors[0].at("id") == 4);
}

TEST_CASE_METHOD(ShardFixture, "a book change names the client order only to its sender", "[sim]") {
  const auto subscribe =
    R"({"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta"],"market_ticker":")"
    + football->ticker + "\"}}";
  KalshiSession own{engine, kalshi.account_of("alice")};
  KalshiSession other{engine, kalshi.account_of("bob")};
  own.on_text(subscribe);
  other.on_text(subscribe);
  auto body = order(*football, "bid", Price{100}, "4.00", "good_till_canceled");
  body["client_order_id"] = "mine";
  create(body);
  const auto events = engine.take_events();
  const auto mine = frames_of(own.on_events(events), "orderbook_delta");
  const auto theirs = frames_of(other.on_events(events), "orderbook_delta");
  REQUIRE(mine.size() == 1);
  REQUIRE(theirs.size() == 1);
  CHECK(mine[0].at("msg").at("client_order_id") == "mine");
  CHECK_FALSE(theirs[0].at("msg").as_object().contains("client_order_id"));
}

TEST_CASE_METHOD(FastFixture, "a decided market pays, and its settlement is listed", "[sim]") {
  REQUIRE(create(order(*football, "bid", best(*football, BookSide::ask), "10.00")).status == 201);
  REQUIRE(create(order(*football, "bid", Price{100}, "1.00", "good_till_canceled")).status == 201);
  const auto before = kalshi.accounts().at(0).cash.at(0);
  for (auto i = 0; i < 4'000 && !engine.status(football->book).decided; ++i) {
    pass(50);
  }
  REQUIRE(engine.status(football->book).decided);
  CHECK(kalshi.accounts().at(0).cash.at(0) <= before); // not before the settlement timer has run
  CHECK(get("/portfolio/positions").at("market_positions").as_array().size() == 1);
  pass(settlement_timer_ms + 100);
  CHECK(get("/portfolio/positions").at("market_positions").as_array().empty());
  const auto value = engine.status(football->book).value;
  const auto paid = notional(value, Quantity{10 * quantity_per_contract}, Rounding::down);
  // The bid may have been taken on the way down; then it is a contract more.
  const auto settlements = get("/portfolio/settlements").at("settlements").as_array();
  REQUIRE(settlements.size() == 1);
  const auto held = *parse_quantity(settlements[0].at("yes_count_fp").as_string());
  CHECK(held >= Quantity{10 * quantity_per_contract});
  if (held == Quantity{10 * quantity_per_contract}) {
    CHECK(kalshi.accounts().at(0).cash.at(0) == before + paid);
  }
  CHECK(get("/portfolio/orders?status=resting").at("orders").as_array().empty());
  CHECK(code(create(order(*football, "bid", Price{100}, "1.00"))) == "MARKET_INACTIVE");
}

TEST_CASE("a tie splits the dollar in football and loses in soccer", "[sim]") {
  GameState over{.phase = Phase::final, .home = 20, .away = 20, .tied = true};
  for (const auto side : {TeamSide::home, TeamSide::away}) {
    CHECK(outcome({Kind::winner, 0, side, 0}, over) == Price{5000});
  }
  CHECK(outcome({Kind::spread, 0, TeamSide::home, 0.5}, over) == price_zero);
  CHECK(outcome({Kind::total, 0, TeamSide::none, 39.5}, over) == price_one);
  over.tied = false; // soccer, where the draw is a market of its own
  CHECK(outcome({Kind::winner, 0, TeamSide::home, 0}, over) == price_zero);
  CHECK(outcome({Kind::draw, 0, TeamSide::none, 0}, over) == price_one);
}

TEST_CASE("football ends tied after one overtime, and never goes on", "[sim]") {
  const auto slate = make_slate(world());
  const auto found =
    std::ranges::find_if(slate.games, [](const Game& game) { return game.league == League::nfl; });
  REQUIRE(found != slate.games.end());
  auto ties = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    ScoreProcess process{*found, Random{seed}};
    for (auto second = 0; second < 12'000 && process.state().phase != Phase::final; second += 60) {
      process.advance(60, found->start + second);
    }
    REQUIRE(process.state().phase == Phase::final);
    CHECK(process.state().period <= 5);
    CHECK(process.state().tied == (process.state().home == process.state().away));
    ties += process.state().tied ? 1 : 0;
  }
  CHECK(ties > 0);
  CHECK(ties < 40);
}

TEST_CASE_METHOD(ShardFixture, "a game called off pays its last fair price", "[sim]") {
  REQUIRE(create(order(*football, "bid", best(*football, BookSide::ask), "10.00")).status == 201);
  const auto before = kalshi.accounts().at(0).cash.at(0);
  engine.cancel_game(football->yes.game);
  pass(settlement_timer_ms + 200);
  REQUIRE(engine.status(football->book).decided);
  const auto value = engine.status(football->book).value;
  CHECK(value > price_zero);
  CHECK(value < price_one);
  const auto row = get("/portfolio/settlements").at("settlements").at(0);
  CHECK(row.at("value") == value.value() / 100);
  CHECK(row.at("revenue") == value.value() / 100 * 10);
  CHECK(football->ticker.starts_with(std::string_view{row.at("event_ticker").as_string()}));
  const auto& fill = kalshi.accounts().at(0).fills.at(0);
  REQUIRE(kalshi.accounts().at(0).fills.size() == 1);
  CHECK(parse_money(row.at("yes_total_cost_dollars").as_string())
        == notional(fill.price, fill.size, Rounding::up));
  CHECK(parse_money(row.at("fee_cost").as_string()) == fill.fee);
  CHECK(value.value() % 100 == 0);
  CHECK(kalshi.accounts().at(0).cash.at(0)
        == before + notional(value, Quantity{10 * quantity_per_contract}, Rounding::down));
  for (const auto& market : engine.slate().poly_markets) {
    if (market.first.game == football->yes.game) {
      CHECK(engine.status(market.book).value == Price{5000});
    }
  }
}

TEST_CASE_METHOD(ShardFixture, "the venue's books add up to the last unit", "[sim]") {
  create(order(*football, "bid", best(*football, BookSide::ask), "10.00"));
  create(order(*football, "ask", best(*football, BookSide::bid), "4.00"));
  create(order(*basketball, "ask", best(*basketball, BookSide::bid), "3.00"));
  const PolyKeys keys;
  const PolyAccounts none{engine, keys, {}};
  const auto books = books_json(kalshi.accounts(), none);
  const auto& account = books.at("kalshi").at("accounts").at(0).as_object();
  for (const auto& [shard, market] : {std::pair{"0", football}, std::pair{"3", basketball}}) {
    // Cash is what was there, less what every fill cost, less fees; a pair of YES and NO is a
    // dollar.
    auto expected = dollars_of(5'000);
    auto held = Quantity{0};
    for (const auto& row : account.at("fills").as_array()) {
      if (row.at("ticker") != json::value(market->ticker)) {
        continue;
      }
      const auto price = *parse_price(row.at("yes_price_dollars").as_string());
      const auto size = *parse_quantity(row.at("count_fp").as_string());
      const auto buys = row.at("book_side") == "bid";
      const auto value = notional(price, size, Rounding::half_up);
      expected += buys ? -value : value;
      expected -= *parse_money(row.at("fee_cost").as_string());
      held = buys ? held + size : held - size;
    }
    // A short position has put up a dollar for each contract.
    expected -= held < Quantity{0} ? payout(Quantity{0} - held) : Money{0};
    CAPTURE(shard);
    CHECK(parse_money(account.at("cash").at(shard).as_string()) == expected);
  }
}

} // namespace arbees::sim
