#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "tests/tools/sim/world.hpp"
#include "tools/sim/kalshi_private.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

constexpr const char* root = "/trade-api/v2/portfolio";

struct OrdersFixture {
  Engine engine{world()};
  KalshiPrivate accounts{engine, {.cash = {{0, Money{10'000 * money_per_dollar}}}}};
  const KalshiMarket* market = nullptr;

  OrdersFixture() {
    engine.open();
    const auto book = live_winner_book(engine, Venue::kalshi);
    market = &engine.slate().kalshi_markets[static_cast<std::size_t>(
      engine.slate().books[static_cast<std::size_t>(book)].market)];
  }

  HttpReply call(const char* method, const std::string& path, const std::string& body = {},
                 const char* key = "alice") {
    auto request = parse_target(method, root + path);
    request.body = body;
    return accounts.answer(request, key).value();
  }

  json::object order(const char* side, Price price, const char* count,
                     const char* force = "immediate_or_cancel") const {
    return {{"ticker", market->ticker}, {"side", side},
            {"count", count},           {"price", to_string(price)},
            {"time_in_force", force},   {"self_trade_prevention_type", "taker_at_cross"}};
  }

  HttpReply create(const json::object& body, const char* key = "alice") {
    return call("POST", "/events/orders", json::serialize(body), key);
  }

  json::object get(const std::string& path) {
    return json::parse(call("GET", path).body).as_object();
  }

  [[nodiscard]] Price best(BookSide side) const { return *engine.book(market->book).best(side); }
};

std::string code(const HttpReply& reply) {
  const auto body = json::parse(reply.body).as_object();
  const auto* const nested = body.if_contains("error");
  if (nested == nullptr) {
    return std::string{body.at("code").as_string()};
  }
  return nested->is_string() ? std::string{nested->as_string()}
                             : std::string{nested->at("code").as_string()};
}

} // namespace

TEST_CASE("model fees are those of the fact sheet", "[sim]") {
  struct Row {
    int price;
    const char* size;
    int multiplier;
    Liquidity liquidity;
    std::int64_t fee;
  };
  const auto row = GENERATE(Row{5000, "100", 1000, Liquidity::taker, 1'750'000},
                            Row{5000, "100", 1000, Liquidity::maker, 437'500},
                            Row{3700, "10", 1000, Liquidity::taker, 163'170},
                            Row{6200, "250", 1000, Liquidity::taker, 4'123'000},
                            Row{6200, "250", 1000, Liquidity::maker, 1'030'750},
                            Row{5000, "100", 500, Liquidity::taker, 875'000},
                            Row{5000, "100", 500, Liquidity::maker, 218'750},
                            Row{550, "1", 1000, Liquidity::taker, 3'639},
                            Row{5550, "12.34", 1000, Liquidity::taker, 213'338});
  CHECK(model_fee(Price{row.price}, *parse_quantity(row.size), row.multiplier, row.liquidity)
        == Money{row.fee});
}

TEST_CASE("three one-lot fills pay what one three-lot fill pays", "[sim]") {
  FeeAccumulator order;
  const auto fee = model_fee(Price{3700}, Quantity{quantity_per_contract}, 1000, Liquidity::taker);
  const Money cost{-370'000};
  CHECK(order.charge(cost, fee) == Money{16'400});
  CHECK(order.charge(cost, fee) == Money{16'300});
  CHECK(order.charge(cost, fee) == Money{16'300});
}

TEST_CASE_METHOD(OrdersFixture, "an order that crosses fills against the book and costs money",
                 "[sim]") {
  const auto ask = best(BookSide::ask);
  const auto shown = engine.book(market->book).total(BookSide::ask, ask);
  const auto reply = create(order("bid", ask, "10.00"));
  REQUIRE(reply.status == 201);
  const auto body = json::parse(reply.body).as_object();
  CHECK(body.at("fill_count") == "10.00");
  CHECK(body.at("remaining_count") == "0.00");
  CHECK(parse_price(body.at("average_fill_price").as_string()) == ask);
  CHECK(engine.book(market->book).total(BookSide::ask, ask)
        == shown - Quantity{10 * quantity_per_contract});

  const auto cost = notional(ask, Quantity{10 * quantity_per_contract}, Rounding::up);
  const auto fee = model_fee(ask, Quantity{10 * quantity_per_contract}, 1000, Liquidity::taker);
  const auto cash = *parse_money(get("/balance").at("balance_dollars").as_string());
  CHECK(cash <= Money{10'000 * money_per_dollar} - cost - fee);
  CHECK(cash >= Money{10'000 * money_per_dollar} - cost - fee - Money{100});
  const auto positions = get("/positions").at("market_positions").as_array();
  REQUIRE(positions.size() == 1);
  CHECK(positions[0].at("position_fp") == "10.00");
  const auto fills = get("/fills").at("fills").as_array();
  REQUIRE(fills.size() == 1);
  CHECK(fills[0].at("order_id") == body.at("order_id"));
  CHECK(fills[0].at("is_taker") == true);
}

TEST_CASE_METHOD(OrdersFixture, "buying and selling back leaves no position", "[sim]") {
  create(order("bid", best(BookSide::ask), "5.00"));
  create(order("ask", best(BookSide::bid), "5.00"));
  CHECK(get("/positions").at("market_positions").at(0).at("position_fp") == "0.00");
  CHECK(get("/positions").at("market_positions").at(0).at("market_exposure_dollars") == "0.0000");
  const auto cash = *parse_money(get("/balance").at("balance_dollars").as_string());
  CHECK(cash < Money{10'000 * money_per_dollar});
  CHECK(cash > Money{9'990 * money_per_dollar});
}

TEST_CASE_METHOD(OrdersFixture, "fill or kill that cannot fill is an outcome, not an order",
                 "[sim]") {
  const auto reply = create(order("bid", best(BookSide::ask), "9999.00", "fill_or_kill"));
  CHECK(reply.status == 409);
  CHECK(code(reply) == "fill_or_kill_insufficient_resting_volume");
  CHECK(get("/orders").at("orders").as_array().empty());
}

TEST_CASE_METHOD(OrdersFixture, "a resting order shows in the book, reserves cash and cancels",
                 "[sim]") {
  const auto bid = best(BookSide::bid);
  const auto before = engine.book(market->book).total(BookSide::bid, bid);
  const auto made = json::parse(create(order("bid", bid, "7.00", "good_till_canceled")).body);
  CHECK(made.at("remaining_count") == "7.00");
  CHECK(engine.book(market->book).total(BookSide::bid, bid)
        == before + Quantity{7 * quantity_per_contract});
  CHECK(get("/orders?status=resting").at("orders").as_array().size() == 1);
  CHECK(*parse_money(get("/balance").at("balance_dollars").as_string())
        < Money{10'000 * money_per_dollar});

  const auto path = "/events/orders/" + std::string{made.at("order_id").as_string()};
  CHECK(call("DELETE", path + "?market_ticker=" + market->ticker, {}, "bob").status == 404);
  const auto gone = call("DELETE", path + "?market_ticker=" + market->ticker);
  CHECK(gone.status == 200);
  CHECK(json::parse(gone.body).at("reduced_by") == "7.00");
  CHECK(call("DELETE", path + "?market_ticker=" + market->ticker).status == 404);
  CHECK(engine.book(market->book).total(BookSide::bid, bid) == before);
  CHECK(get("/balance").at("balance_dollars") == "10000.0000");
}

TEST_CASE_METHOD(OrdersFixture, "the tape fills a resting order as maker", "[sim]") {
  // One order on each side: whichever way the market moves, it goes through one of them.
  CHECK(create(order("bid", best(BookSide::bid), "1.00", "good_till_canceled")).status == 201);
  CHECK(create(order("ask", best(BookSide::ask), "1.00", "good_till_canceled")).status == 201);
  for (auto i = 0; i < 20'000 && accounts.accounts().at(0).fills.empty(); ++i) {
    accounts.on_events(engine.advance());
  }
  const auto fills = get("/fills").at("fills").as_array();
  REQUIRE_FALSE(fills.empty());
  CHECK(fills[0].at("is_taker") == false);
}

TEST_CASE_METHOD(OrdersFixture, "bad orders are refused with their code", "[sim]") {
  const auto ask = best(BookSide::ask);
  const auto with = [&](const char* key, const json::value& value) {
    auto body = order("bid", ask, "1.00");
    body[key] = value;
    return create(body);
  };
  CHECK(code(with("side", "yes")) == "invalid_parameters");
  CHECK(code(with("time_in_force", "day")) == "invalid_parameters");
  CHECK(code(with("self_trade_prevention_type", "none")) == "invalid_parameters");
  CHECK(code(with("count", "0.00")) == "invalid_order_size");
  CHECK(code(with("count", "1.005")) == "invalid_order_size");
  CHECK(code(with("price", "0.50005")) == "invalid_order");
  CHECK(code(with("price", "1.0000")) == "invalid_order");
  CHECK(code(with("client_order_id", "a.b")) == "invalid_parameters");
  CHECK(with("ticker", "KXNOPE").status == 404);
  CHECK(with("exchange_index", 2).status == 404);
  CHECK(code(with("post_only", true)) == "invalid_order");
  CHECK(code(with("count", "999999.00")) == "insufficient_balance");
  CHECK(call("POST", "/events/orders", "not json").status == 400);
  CHECK(call("POST", "/orders", "{}").status == 410);
}

TEST_CASE_METHOD(OrdersFixture, "a client order id works once", "[sim]") {
  auto body = order("bid", best(BookSide::ask), "1.00");
  body["client_order_id"] = "pair-1_a";
  CHECK(create(body).status == 201);
  const auto again = create(body);
  CHECK(again.status == 409);
  CHECK(code(again) == "order_already_exists");
  CHECK(create(body, "bob").status == 201);
}

TEST_CASE_METHOD(OrdersFixture, "too many writes at once meet the third error shape", "[sim]") {
  auto refused = 0;
  HttpReply last;
  for (auto i = 0; i < 61; ++i) {
    last = create(order("bid", Price{100}, "1.00"));
    refused += last.status == 429 ? 1 : 0;
  }
  CHECK(refused == 1);
  CHECK(last.body == R"({"error":"too many requests"})");
}

} // namespace arbees::sim
