#include "tests/tools/sim/poly_fixture.hpp"
#include "tools/sim/polymarket_user_ws.hpp"

namespace arbees::sim {

namespace {

/// In play, where takers wait a second, and in a market that hardly moves by itself.
struct InPlayFixture : PolyFixture {
  PolyTrader bob{engine, clob, second_key};

  InPlayFixture() : PolyFixture({}, quiet_world()) { bob.log_in(); }

  static WorldConfig quiet_world() {
    auto made = slow_world();
    made.sports_delay_s = 1;
    made.rate = 1;
    return made;
  }

  /// Bob offers inside the spread; returns the id of his order.
  std::string bob_offers(Price price, const char* size) {
    auto order = body({.token = 1, .price = complement(price), .size = size}, second_key);
    order["owner"] = bob.credentials->api_key();
    REQUIRE(bob.call("POST", "/order", json::serialize(order)).status == 200);
    return last_id;
  }
};

/// A world in which games soon begin.
struct KickOffFixture : PolyFixture {
  KickOffFixture() : PolyFixture({}, fast_world()) {
    const auto& slate = engine.slate();
    for (const auto& candidate : slate.poly_markets) {
      const auto game = slate.poly_events[static_cast<std::size_t>(candidate.event)].game;
      if (game >= 0 && candidate.sports_type == "moneyline"
          && engine.tape().game(game).phase == Phase::scheduled
          && engine.status(candidate.book).tick == Price{100}) {
        market = &candidate;
        break;
      }
    }
  }

  static WorldConfig fast_world() {
    auto made = slow_world();
    made.speed = 600;
    return made;
  }
};

/// Every trade fails on the chain.
struct GhostFixture : PolyFixture {
  GhostFixture() : PolyFixture({.ghost_fills = 1}) {}
};

std::vector<json::object> told_on(const PolyFixture& fixture, std::string_view channel) {
  std::vector<json::object> found;
  for (const auto& event : fixture.told) {
    if (event.venue == Venue::polymarket && event.channel == channel) {
      found.push_back(json::parse(event.message).as_object());
    }
  }
  return found;
}

std::vector<std::string> texts(const std::vector<json::object>& rows, std::string_view key) {
  std::vector<std::string> found;
  for (const auto& row : rows) {
    found.emplace_back(row.at(key).as_string());
  }
  return found;
}

using Texts = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(InPlayFixture, "in play an order that crosses waits, uncancellable, then matches",
                 "[sim]") {
  const auto far = Price{best_ask(0).value() + 1000};
  const auto answer = post(body({.price = far, .size = "10"}));
  REQUIRE(answer.status == 200);
  const auto made = json::parse(answer.body);
  CHECK(made.at("status") == "delayed");
  CHECK(made.at("orderID") == json::value(last_id));
  CHECK(made.at("makingAmount") == "");
  CHECK(shares(0) == Quantity{0});
  CHECK(alice.get("/data/orders").at("data").at(0).at("status") == "DELAYED");
  const auto cancel =
    alice.call("DELETE", "/order", json::serialize(json::object{{"orderID", last_id}}));
  CHECK(json::parse(cancel.body).at("canceled").as_array().empty());
  pass(990);
  CHECK(shares(0) == Quantity{0});
  pass(20);
  CHECK(shares(0) == Quantity{10'000'000});
  CHECK(texts(told_on(*this, "order"), "status").front() == "DELAYED");
  CHECK(texts(told_on(*this, "trade"), "status") == Texts{"MATCHED"});
}

TEST_CASE_METHOD(InPlayFixture, "what finds nothing after the delay rests as unmatched, or dies",
                 "[sim]") {
  open_gap(500);
  const Price inside{engine.book(market->book).best(BookSide::bid)->value() + 200};
  const auto offered = bob_offers(inside, "50");
  const auto immediate = GENERATE(false, true);
  const auto wish = immediate ? Wish{.price = inside, .size = "5", .type = "FAK", .dollars = true}
                              : Wish{.price = inside, .size = "10"};
  REQUIRE(json::parse(post(body(wish)).body).at("status") == "delayed");
  pass(500);
  const auto cancel = json::serialize(json::object{{"orderID", offered}});
  const auto gone = json::parse(bob.call("DELETE", "/order", cancel).body);
  REQUIRE(gone.at("canceled").as_array().size() == 1);
  told.clear();
  pass(600);
  const auto orders = told_on(*this, "order");
  REQUIRE(orders.size() == 2); // Bob's cancellation came first
  const auto status = std::string{orders[1].at("status").as_string()};
  if (immediate) {
    CHECK(status.find("CANCELED_no orders found") == 0);
    CHECK(orders[1].at("type") == "CANCELLATION");
    CHECK(orders[1].at("size_matched") == "");
    CHECK(alice.get("/data/orders").at("data").as_array().empty());
  } else {
    CHECK(status == "UNMATCHED");
    CHECK(orders[1].at("type") == "UPDATE");
    CHECK(alice.get("/data/orders").at("data").as_array().size() == 1);
  }
  CHECK(told_on(*this, "trade").empty());
}

TEST_CASE_METHOD(PolyFixture, "a trade is matched, mined and confirmed in its time", "[sim]") {
  REQUIRE(post(body({.price = best_ask(0), .size = "10"})).status == 200);
  pass(2'100);
  const auto trades = told_on(*this, "trade");
  CHECK(texts(trades, "status") == Texts{"MATCHED", "MINED", "CONFIRMED"});
  CHECK(trades.front().at("transaction_hash") == "");
  CHECK(trades.back().at("transaction_hash") != "");
  CHECK(trades.front().at("trader_side") == "TAKER");
  CHECK(trades.front().at("taker_order_id") == json::value(last_id));
  for (const auto* const key :
       {"id", "market", "asset_id", "side", "size", "price", "fee_rate_bps", "match_time",
        "matchtime", "last_update", "outcome", "owner", "trade_owner", "maker_address",
        "bucket_index", "maker_orders", "timestamp", "event_type"}) {
    CAPTURE(key);
    CHECK(trades.front().contains(key));
  }
  const auto id = std::string{trades.front().at("id").as_string()};
  const auto row = alice.get("/data/trades?id=" + id).at("data").as_array();
  REQUIRE(row.size() == 1);
  CHECK(row[0].at("status") == "CONFIRMED");
}

TEST_CASE_METHOD(GhostFixture, "a ghost fill fails and gives everything back", "[sim]") {
  REQUIRE(post(body({.price = best_ask(0), .size = "10"})).status == 200);
  CHECK(shares(0) == Quantity{10'000'000});
  CHECK(cash() < Money{10'000'000'000});
  pass(2'100);
  CHECK(texts(told_on(*this, "trade"), "status") == Texts{"MATCHED", "RETRYING", "FAILED"});
  CHECK(shares(0) == Quantity{0});
  CHECK(cash() == Money{10'000'000'000});
  CHECK(wallet(alice.key()).fees == Money{0});
}

TEST_CASE_METHOD(PolyFixture, "the tape fills a resting order, and its maker pays no fee",
                 "[sim]") {
  const auto bid = *engine.book(market->book).best(BookSide::bid);
  REQUIRE(post(body({.price = bid, .size = "5"})).status == 200);
  const auto first = last_id;
  REQUIRE(post(body({.token = 1, .price = complement(best_ask(0)), .size = "5"})).status == 200);
  for (auto i = 0; i < 2'000 && told_on(*this, "trade").empty(); ++i) {
    pass(500);
  }
  const auto trades = told_on(*this, "trade");
  REQUIRE_FALSE(trades.empty());
  const auto& maker = trades.front().at("maker_orders").at(0);
  CHECK(trades.front().at("trader_side") == "MAKER");
  const auto yes = maker.at("order_id") == json::value(first);
  CHECK(maker.at("side") == "BUY"); // in the maker's own terms on either token
  CHECK(maker.at("asset_id") == json::value(market->tokens[yes ? 0 : 1]));
  CHECK(trades.front().at("asset_id") == json::value(market->tokens[0]));
  CHECK(wallet(alice.key()).fees == Money{0});
  CHECK(shares(yes ? 0 : 1) == parse_quantity(maker.at("matched_amount").as_string()));
}

TEST_CASE_METHOD(PolyFixture, "two clients trade with each other, each in its own terms", "[sim]") {
  // Alice bids inside the spread for YES, Bob buys NO against her.
  PolyTrader bob{engine, clob, second_key};
  bob.log_in();
  open_gap(300);
  const Price inside{engine.book(market->book).best(BookSide::bid)->value() + 100};
  REQUIRE(post(body({.price = inside, .size = "20"})).status == 200);
  const auto alices = last_id;
  auto order = body({.token = 1, .price = complement(inside), .size = "8"}, second_key);
  order["owner"] = bob.credentials->api_key();
  const auto answer = bob.call("POST", "/order", json::serialize(order));
  REQUIRE(answer.status == 200);
  CHECK(json::parse(answer.body).at("status") == "matched");
  collect();
  const auto trades = told_on(*this, "trade");
  REQUIRE(trades.size() == 2); // one for each
  for (const auto& trade : trades) {
    CHECK(trade.at("taker_order_id") == json::value(last_id));
    CHECK(trade.at("asset_id") == json::value(market->tokens[1]));
    CHECK(parse_price(trade.at("price").as_string()) == complement(inside));
    const auto& maker = trade.at("maker_orders").at(0);
    CHECK(maker.at("order_id") == json::value(alices));
    CHECK(maker.at("asset_id") == json::value(market->tokens[0]));
    CHECK(parse_price(maker.at("price").as_string()) == inside);
  }
  CHECK(shares(0) == Quantity{8'000'000});
  CHECK(alice.get("/data/orders").at("data").at(0).at("size_matched") == "8");
}

TEST_CASE_METHOD(PolyFixture, "the user channel shows an account its own orders and no other's",
                 "[sim]") {
  const auto login = [&](const std::string& secret) {
    return json::serialize(
      json::object{{"type", "user"},
                   {"auth", json::object{{"apiKey", alice.credentials->api_key()},
                                         {"secret", secret},
                                         {"passphrase", clob.keys().at(0).passphrase}}},
                   {"markets", json::array{}}});
  };
  PolymarketUserSession own{engine, clob.keys()};
  PolymarketUserSession wrong{engine, clob.keys()};
  PolymarketUserSession narrow{engine, clob.keys()};
  const auto subscription = alice.credentials->user_subscription({});
  CHECK(own.on_text(subscription.reveal()).empty());
  CHECK(wrong.on_text(login("bm90aGluZw==")).empty());
  const auto elsewhere = alice.credentials->user_subscription({"0xelsewhere"});
  CHECK(narrow.on_text(elsewhere.reveal()).empty());
  CHECK(own.on_text("PING") == std::vector<std::string>{"PONG"});

  REQUIRE(post(body({.price = Price{100}})).status == 200);
  const auto events = engine.take_events();
  const auto frames = own.on_events(events);
  REQUIRE(frames.size() == 1);
  const auto placed = json::parse(frames[0]);
  CHECK(placed.at("event_type") == "order");
  CHECK(placed.at("type") == "PLACEMENT");
  CHECK(placed.at("status") == "LIVE");
  CHECK(placed.at("id") == json::value(last_id));
  for (const auto* const key :
       {"owner", "market", "asset_id", "side", "original_size", "size_matched", "price", "outcome",
        "order_type", "associate_trades", "created_at", "expiration", "maker_address",
        "timestamp"}) {
    CAPTURE(key);
    CHECK(placed.as_object().contains(key));
  }
  CHECK(wrong.on_events(events).empty());
  CHECK(narrow.on_events(events).empty());
  narrow.on_text(json::serialize(json::object{
    {"operation", "subscribe"}, {"markets", json::array{json::value(market->condition)}}}));
  CHECK(narrow.on_events(events).size() == 1);
}

TEST_CASE_METHOD(KickOffFixture, "the start of the game clears resting orders", "[sim]") {
  REQUIRE(post(body({.price = Price{100}})).status == 200);
  collect();
  told.clear();
  for (auto i = 0; i < 100 && told.empty(); ++i) {
    pass(50);
  }
  const auto orders = told_on(*this, "order");
  REQUIRE(orders.size() == 1);
  CHECK(orders[0].at("type") == "CANCELLATION");
  CHECK(orders[0].at("status") == "CANCELED");
  const auto& event = engine.slate().poly_events[static_cast<std::size_t>(market->event)];
  CHECK(engine.tape().game(event.game).phase == Phase::live);
}

TEST_CASE_METHOD(KickOffFixture, "a decided market pays its tokens and cancels its orders",
                 "[sim]") {
  REQUIRE(post(body({.price = best_ask(0), .size = "10"})).status == 200);
  const auto spent = Money{10'000'000'000} - cash();
  for (auto i = 0; i < 2'000 && !engine.status(market->book).decided; ++i) {
    pass(50);
  }
  REQUIRE(engine.status(market->book).decided);
  const auto paid = notional(engine.status(market->book).value, Quantity{10'000'000}, Rounding::up);
  CHECK(cash() == Money{10'000'000'000} - spent + paid);
  CHECK(shares(0) == Quantity{0});
  CHECK(error(post(body({.price = Price{500}}))).find("does not exist") != std::string::npos);
}

} // namespace arbees::sim
