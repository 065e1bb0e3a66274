#include "tests/tools/sim/poly_fixture.hpp"

namespace arbees::sim {

TEST_CASE_METHOD(PolyFixture, "a wallet logs in once and derives the same credentials after",
                 "[sim]") {
  PolyTrader bob{engine, clob, second_key};
  CHECK(bob.login("GET", "/auth/derive-api-key").status == 400);
  const auto created = bob.login("POST", "/auth/api-key");
  CHECK(created.status == 200);
  CHECK(bob.login("POST", "/auth/api-key").status == 400);
  CHECK(bob.login("GET", "/auth/derive-api-key").body == created.body);
}

TEST_CASE_METHOD(PolyFixture, "a log-in by another key or at another time is refused", "[sim]") {
  const auto other = key_of(second_key);
  const auto now = engine.now();
  const auto attempt = [&](HttpHeaders headers) {
    return clob.answer(with_headers(parse_target("POST", "/auth/api-key"), headers))->status;
  };
  auto forged = l1_headers(other, 137, now);
  for (auto& [name, value] : forged) {
    value = name == "POLY_ADDRESS" ? to_string(alice.key().address()) : value;
  }
  CHECK(attempt(forged) == 401);
  CHECK(attempt(l1_headers(other, 80002, now)) == 401);
  CHECK(attempt(l1_headers(other, 137, now - 61)) == 401);
  CHECK(attempt(l1_headers(other, 137, now + 61)) == 401);
  CHECK(attempt(l1_headers(other, 137, now - 59)) == 200);
}

TEST_CASE_METHOD(PolyFixture, "a private call needs every one of its five headers", "[sim]") {
  const auto right = alice.request("GET", "/data/orders?market=x");
  CHECK(clob.answer(right)->status == 200);
  for (const auto* const name :
       {"poly_address", "poly_signature", "poly_timestamp", "poly_api_key", "poly_passphrase"}) {
    CAPTURE(name);
    auto wrong = right;
    wrong.headers.erase(name);
    CHECK(clob.answer(wrong)->status == 401);
    wrong = right;
    auto& first = wrong.headers[name][std::string_view{name} == "poly_address" ? 4 : 0];
    first = first == '1' ? '2' : '1';
    CHECK(clob.answer(wrong)->status == 401);
  }
  auto other_path = right;
  other_path.path = "/data/trades";
  CHECK(clob.answer(other_path)->status == 401);
  auto late = parse_target("GET", "/data/orders");
  late =
    with_headers(late, alice.credentials->l2_headers(engine.now() - 61, "GET", "/data/orders", ""));
  CHECK(clob.answer(late)->status == 401);
}

TEST_CASE_METHOD(PolyFixture, "the body of an order is part of what is signed", "[sim]") {
  auto request = alice.request("POST", "/order", json::serialize(body({.price = best_ask(0)})));
  request.body += " ";
  CHECK(clob.answer(request)->status == 401);
}

TEST_CASE_METHOD(PolyFixture, "an order that crosses fills at the book's prices and pays the fee",
                 "[sim]") {
  const auto ask = best_ask(0);
  const auto shown = size_at(BookSide::ask, ask);
  const auto wish = body({.price = ask, .size = "10"});
  const auto answer = post(wish);
  REQUIRE(answer.status == 200);
  const auto made = json::parse(answer.body).as_object();
  CHECK(made.at("success") == true);
  CHECK(made.at("status") == "matched");
  CHECK(made.at("orderID") == json::value(last_id));
  CHECK(made.at("takingAmount") == "10");
  const auto cost = notional(ask, Quantity{10'000'000}, Rounding::up);
  CHECK(parse_money(made.at("makingAmount").as_string()) == cost);
  CHECK(made.at("tradeIDs").as_array().size() == 1);
  CHECK(made.at("transactionsHashes").as_array().empty());
  CHECK(size_at(BookSide::ask, ask) == shown - Quantity{10'000'000});
  CHECK(cash() == Money{10'000'000'000} - cost - poly_taker_fee(ask, Quantity{10'000'000}));
  CHECK(shares(0) == Quantity{10'000'000});
}

TEST_CASE("taker fees are those of the fact sheet", "[sim]") {
  CHECK(poly_taker_fee(Price{5000}, Quantity{100'000'000}) == Money{1'250'000});
  CHECK(poly_taker_fee(Price{3000}, Quantity{100'000'000}) == Money{1'050'000});
  CHECK(poly_taker_fee(Price{9700}, Quantity{10'000'000}) == Money{14'550});
  CHECK(poly_taker_fee(Price{410}, Quantity{250'000'000}) == Money{491'490});
  CHECK(poly_taker_fee(Price{2}, Quantity{1'000'000}) == Money{10});
  CHECK(poly_taker_fee(Price{2}, Quantity{10'000}) == Money{0});
}

TEST_CASE_METHOD(PolyFixture, "an order on the second token trades the mirrored book", "[sim]") {
  const auto bid = *engine.book(market->book).best(BookSide::bid);
  const auto shown = size_at(BookSide::bid, bid);
  CHECK(post(body({.token = 1, .price = complement(bid), .size = "10"})).status == 200);
  CHECK(size_at(BookSide::bid, bid) == shown - Quantity{10'000'000});
  CHECK(shares(1) == Quantity{10'000'000});
  CHECK(shares(0) == Quantity{0});
}

TEST_CASE_METHOD(PolyFixture, "an immediate buy spends its dollars and gets more at better prices",
                 "[sim]") {
  const auto ask = best_ask(0);
  const Price limit{ask.value() + 300};
  const auto answer = post(body({.price = limit, .size = "5", .type = "FAK", .dollars = true}));
  REQUIRE(answer.status == 200);
  const auto made = json::parse(answer.body).as_object();
  const auto got = *parse_quantity(made.at("takingAmount").as_string());
  const auto spent = *parse_money(made.at("makingAmount").as_string());
  CHECK(got > Quantity{5'000'000LL * 10'000 / limit.value()});
  CHECK(spent <= Money{5'000'000});
  CHECK(spent > Money{4'990'000});
  CHECK(got.value() % 10'000 == 0);
}

TEST_CASE_METHOD(PolyFixture, "immediate orders that find nothing are killed with a 400", "[sim]") {
  const auto far = Price{100};
  auto answer = post(body({.price = far, .size = "5", .type = "FAK", .dollars = true}));
  CHECK(answer.status == 400);
  CHECK(error(answer).find("no orders found to match with FAK order") == 0);
  answer = post(body({.price = best_ask(0), .size = "9000", .type = "FOK", .dollars = true}));
  CHECK(answer.status == 400);
  CHECK(error(answer).find("order couldn't be fully filled. FOK") == 0);
  CHECK(cash() == Money{10'000'000'000});
  // It is known as canceled, and cannot be sent again.
  const auto known = alice.get("/data/order/" + last_id);
  CHECK(std::string{known.at("status").as_string()}.find("CANCELED_") == 0);
  CHECK(alice.get("/data/orders").at("data").as_array().empty());
}

TEST_CASE_METHOD(PolyFixture, "a resting order shows in the book, reserves money and cancels",
                 "[sim]") {
  const auto bid = *engine.book(market->book).best(BookSide::bid);
  const auto before = size_at(BookSide::bid, bid);
  const auto answer = post(body({.price = bid, .size = "7", .post_only = true}));
  REQUIRE(answer.status == 200);
  CHECK(json::parse(answer.body).at("status") == "live");
  CHECK(json::parse(answer.body).at("makingAmount") == "");
  CHECK(size_at(BookSide::bid, bid) == before + Quantity{7'000'000});
  const auto listed = alice.get("/data/orders").at("data").as_array();
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].at("id") == json::value(last_id));
  CHECK(listed[0].at("status") == "LIVE");
  CHECK(listed[0].at("original_size") == "7");
  CHECK(listed[0].at("order_type") == "GTC");

  PolyTrader bob{engine, clob, second_key};
  bob.log_in();
  const auto cancel = json::serialize(json::object{{"orderID", last_id}});
  const auto foreign = json::parse(bob.call("DELETE", "/order", cancel).body).as_object();
  CHECK(foreign.at("canceled").as_array().empty());
  CHECK(foreign.at("not_canceled").as_object().size() == 1);
  CHECK(bob.call("GET", "/data/order/" + last_id).status == 404);

  const auto done = json::parse(alice.call("DELETE", "/order", cancel).body).as_object();
  CHECK(done.at("canceled") == json::array{json::value(last_id)});
  CHECK(size_at(BookSide::bid, bid) == before);
  const auto again = json::parse(alice.call("DELETE", "/order", cancel).body).as_object();
  CHECK(again.at("not_canceled").as_object().contains(last_id));
}

TEST_CASE_METHOD(PolyFixture, "orders are cancelled together by id, by market and all", "[sim]") {
  const auto low = Price{100};
  const auto place = [&] { REQUIRE(post(body({.price = low, .size = "5"})).status == 200); };
  const auto count = [&](const HttpReply& answer) {
    REQUIRE(answer.status == 200);
    return json::parse(answer.body).at("canceled").as_array().size();
  };
  place();
  const auto first = last_id;
  place();
  CHECK(count(alice.call("DELETE", "/orders",
                         json::serialize(json::array{json::value(first), json::value(last_id)})))
        == 2);
  place();
  CHECK(count(alice.call("DELETE", "/cancel-market-orders",
                         json::serialize(json::object{{"market", "0xother"}})))
        == 0);
  CHECK(count(alice.call("DELETE", "/cancel-market-orders",
                         json::serialize(json::object{{"market", market->condition},
                                                      {"asset_id", market->tokens[0]}})))
        == 1);
  place();
  place();
  CHECK(count(alice.call("DELETE", "/cancel-all")) == 2);
  CHECK(alice.call("DELETE", "/orders", "[]").status == 400);
}

TEST_CASE_METHOD(PolyFixture, "an order of another owner, signer or exchange is refused", "[sim]") {
  const auto price = Price{100};
  const auto refused = [&](json::object order) { return error(post(order)); };
  auto order = body({.price = price});
  order["owner"] = "00000000-0000-4000-8000-000000000001";
  CHECK(refused(order) == "the order owner has to be the owner of the API KEY");

  const auto with = [&](const char* field, const auto& value) {
    auto changed = body({.price = price});
    changed.at("order").as_object()[field] = json::value_from(value);
    return refused(changed);
  };
  CHECK(with("salt", 12345) == "invalid signature");
  CHECK(with("timestamp", std::to_string(engine.now_ms() - 7)) == "invalid signature");
  CHECK(with("maker", to_string(key_of(second_key).address())) == "invalid signature");
  CHECK(with("signer", to_string(key_of(second_key).address()))
        == "the order signer address has to be the address of the API KEY");
  CHECK(with("signature", "0x00") == "invalid signature");
  CHECK(with("nonce", "0") == "order_version_mismatch");
  CHECK(with("salt", "12345") == "Invalid order payload");
  CHECK(with("salt", std::int64_t{1} << 53) == "Invalid order payload");
  CHECK(with("tokenId", 5) == "Invalid order payload");
  CHECK(with("makerAmount", "0") == "Invalid order payload");
  CHECK(with("makerAmount", "-5") == "Invalid order payload");
  CHECK(with("makerAmount", "99999999999999999999") == "Invalid order payload");
  CHECK(with("signatureType", 4) == "Invalid order payload");
  CHECK(with("side", 0) == "Invalid order payload");
  CHECK(with("tokenId", "1") == "No orderbook exists for the requested token id");

  negative_risk = true; // signed for the wrong contract
  CHECK(refused(body({.price = price})) == "invalid signature");
  for (const auto* const junk : {"", "{}", "[]", "null", "{\"order\":1}", "{\"order\":{}}"}) {
    CHECK(alice.call("POST", "/order", junk).status == 400);
  }
}

TEST_CASE_METHOD(PolyFixture, "each signature type has its maker and signer", "[sim]") {
  const auto price = Price{100};
  for (const auto type :
       {SignatureType::proxy, SignatureType::safe, SignatureType::deposit_wallet}) {
    CAPTURE(static_cast<int>(type));
    CHECK(post(body({.price = price, .signature_type = type})).status == 200);
  }
  auto order = body({.price = price, .signature_type = SignatureType::deposit_wallet});
  order.at("order").as_object()["signer"] = to_string(alice.key().address());
  CHECK(error(post(order)) == "the order signer address has to be the address of the API KEY");

  // Bob's key signs for Bob's wallet, but the call is made with Alice's API key.
  PolyTrader bob{engine, clob, second_key};
  auto foreign =
    body({.price = price, .signature_type = SignatureType::deposit_wallet}, second_key);
  CHECK(error(post(foreign)) == "the order signer address has to be the address of the API KEY");
}

TEST_CASE_METHOD(PolyFixture, "a wallet trades from one funder", "[sim]") {
  CHECK(post(body({.price = Price{100}, .signature_type = SignatureType::safe})).status == 200);
  funder = *parse_address("0x90F79bf6EB2c4f870365E785982E1f101E93b906");
  CHECK(error(post(body({.price = Price{100}, .signature_type = SignatureType::safe})))
        == "maker address not allowed, please use the deposit wallet flow");
}

TEST_CASE_METHOD(PolyFixture, "amounts must name a price on the tick and a size above the minimum",
                 "[sim]") {
  const auto raw = [&](std::int64_t maker, std::int64_t taker, Action action, const char* type) {
    return error(post(raw_body(maker, taker, action, type)));
  };
  REQUIRE(engine.status(market->book).tick == Price{100});
  CHECK(raw(50'500'000, 100'000'000, Action::buy, "GTC").find("breaks minimum tick size rule: 0.01")
        != std::string::npos);
  CHECK(raw(200'000'000, 100'000'000, Action::buy, "GTC") != "");
  CHECK(raw(100'000'000, 100'000'000, Action::buy, "GTC").find("invalid price (1") == 0);
  CHECK(raw(500'001, 5'000'000, Action::buy, "GTC").find("invalid amounts") == 0);
  CHECK(raw(50'000, 5'001'000, Action::buy, "GTC").find("invalid amounts") == 0);
  CHECK(raw(49'900, 4'990'000, Action::buy, "GTC").find("lower than the minimum")
        != std::string::npos);
  CHECK(raw(5'005'000, 10'000'000, Action::buy, "FAK").find("invalid amounts") == 0);
  CHECK(raw(10'000'000, 20'500'000, Action::buy, "FAK").find("breaks minimum tick size rule")
        != std::string::npos);
  CHECK(raw(50'000, 5'000'000, Action::buy, "GTC") == "");
}

TEST_CASE_METHOD(PolyFixture, "expirations are 180 s away and only of GTD orders", "[sim]") {
  const auto low = Price{100};
  const auto now = engine.now();
  CHECK(error(post(body({.price = low, .type = "GTD", .expiration = now + 179})))
        == "invalid expiration value");
  CHECK(error(post(body({.price = low, .type = "GTC", .expiration = now + 600})))
        == "invalid expiration value");
  CHECK(error(post(body({.price = low, .type = "GTD"}))) == "invalid expiration value");
  CHECK(post(body({.price = low, .type = "GTD", .expiration = now + 180})).status == 200);
  pass(119'000);
  CHECK(alice.get("/data/orders").at("data").as_array().size() == 1);
  pass(2'000); // 60 s before the expiration that was asked for
  CHECK(alice.get("/data/orders").at("data").as_array().empty());
}

TEST_CASE_METHOD(PolyFixture, "post-only orders do not cross, and duplicates are refused",
                 "[sim]") {
  CHECK(error(post(body({.price = best_ask(0), .post_only = true})))
        == "invalid post-only order: order crosses book");
  const auto order = body({.price = Price{100}});
  CHECK(post(order).status == 200);
  CHECK(error(post(order)).find("Duplicated") != std::string::npos);
}

TEST_CASE_METHOD(PolyFixture, "money and tokens must be there, less what open orders hold",
                 "[sim]") {
  constexpr auto text = "not enough balance / allowance";
  CHECK(error(post(body({.price = Price{100}, .size = "1000001"}))).find(text) == 0);
  CHECK(post(body({.price = Price{100}, .size = "999000"})).status == 200);
  CHECK(error(post(body({.price = Price{100}, .size = "2000"}))).find(text) == 0);
  CHECK(error(post(body({.action = Action::sell, .price = Price{9900}}))).find(text) == 0);
  alice.call("DELETE", "/cancel-all");
  REQUIRE(post(body({.price = best_ask(0), .size = "10"})).status == 200);
  CHECK(post(body({.action = Action::sell, .price = Price{9900}, .size = "6"})).status == 200);
  CHECK(error(post(body({.action = Action::sell, .price = Price{9900}, .size = "5"}))).find(text)
        == 0);
}

TEST_CASE_METHOD(PolyFixture, "a batch answers each order, refusals as successes without an id",
                 "[sim]") {
  json::array batch{body({.price = Price{100}}), body({.price = best_ask(0), .post_only = true})};
  const auto answer = alice.call("POST", "/orders", json::serialize(batch));
  REQUIRE(answer.status == 200);
  const auto rows = json::parse(answer.body).as_array();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].at("status") == "live");
  CHECK(rows[1].at("success") == true);
  CHECK(rows[1].at("orderID") == "");
  CHECK(rows[1].at("errorMsg") == "invalid post-only order: order crosses book");
  json::array many;
  for (auto i = 0; i < 16; ++i) {
    many.push_back(body({.price = Price{100}}));
  }
  CHECK(alice.call("POST", "/orders", json::serialize(many)).status == 400);
}

TEST_CASE_METHOD(PolyFixture, "too many orders at once are refused with a time to wait", "[sim]") {
  HttpReply last;
  for (auto i = 0; i < 61; ++i) {
    last = alice.call("POST", "/order", "{}");
  }
  CHECK(last.status == 429);
  CHECK(last.headers.at(0).first == "Retry-After");
  pass(1'000);
  CHECK(alice.call("POST", "/order", "{}").status == 400);
}

TEST_CASE_METHOD(PolyFixture, "a heartbeat that stops cancels every order", "[sim]") {
  const auto beat = [&](const std::string& id) {
    return alice.call("POST", "/v1/heartbeats",
                      json::serialize(json::object{{"heartbeat_id", id}}));
  };
  const auto first = beat("");
  REQUIRE(first.status == 200);
  const auto id = std::string{json::parse(first.body).at("heartbeat_id").as_string()};
  const auto wrong = beat("nonsense");
  CHECK(wrong.status == 400);
  CHECK(json::parse(wrong.body).at("heartbeat_id") == json::value(id));
  REQUIRE(post(body({.price = Price{100}})).status == 200);
  pass(9'000);
  REQUIRE(beat(id).status == 200);
  pass(9'000);
  CHECK(alice.get("/data/orders").at("data").as_array().size() == 1);
  pass(2'000);
  CHECK(alice.get("/data/orders").at("data").as_array().empty());
}

TEST_CASE_METHOD(PolyFixture, "balances are base units per asset", "[sim]") {
  REQUIRE(post(body({.price = best_ask(0), .size = "10"})).status == 200);
  const auto tokens = alice.get(
    "/balance-allowance?asset_type=CONDITIONAL&signature_type=0&token_id=" + market->tokens[0]);
  CHECK(tokens.at("balance") == "10000000");
  const auto money = alice.get("/balance-allowance?asset_type=COLLATERAL&signature_type=0");
  CHECK(money.at("balance") == json::value(std::to_string(cash().value())));
  CHECK(money.at("allowances").as_object().size() == 3);
  CHECK(alice.call("GET", "/balance-allowance/update?asset_type=COLLATERAL&signature_type=0").status
        == 200);
  CHECK(alice.call("GET", "/balance-allowance?asset_type=GOLD").status == 400);
}

TEST_CASE_METHOD(PolyFixture, "a restart refuses with 425 and then takes post-only orders only",
                 "[sim]") {
  clob.restart(90, 120);
  const auto down = post(body({.price = Price{100}}));
  CHECK(down.status == 425);
  CHECK(down.headers.at(0).second == "90");
  CHECK(alice.call("DELETE", "/cancel-all").status == 425);
  CHECK(alice.call("GET", "/data/orders").status == 200);
  pass(90'000);
  const auto narrow = post(body({.price = Price{100}}));
  CHECK(narrow.status == 503);
  CHECK(json::parse(narrow.body).at("code") == "post_only_mode");
  CHECK(json::parse(narrow.body).at("retry_after_seconds") == 120);
  CHECK(post(body({.price = Price{100}, .post_only = true})).status == 200);
  pass(120'000);
  CHECK(post(body({.price = Price{100}})).status == 200);
}

TEST_CASE_METHOD(PolyFixture, "a pause lets cancels through only if it is cancel-only", "[sim]") {
  REQUIRE(post(body({.price = Price{100}})).status == 200);
  clob.pause(ClobMode::cancel_only, 5);
  CHECK(post(body({.price = Price{100}})).status == 503);
  CHECK(alice.call("DELETE", "/cancel-all").status == 200);
  clob.pause(ClobMode::disabled, 5);
  CHECK(error(post(body({.price = Price{100}}))) == "Trading is currently disabled");
  CHECK(alice.call("DELETE", "/cancel-all").status == 503);
}

TEST_CASE_METHOD(PolyFixture, "account questions are answered", "[sim]") {
  CHECK(alice.get("/auth/ban-status/closed-only").at("closed_only") == false);
  CHECK(alice.get("/auth/api-keys").at("apiKeys").as_array().size() == 1);
  CHECK(alice.call("DELETE", "/auth/api-key").status == 200);
  CHECK(alice.call("GET", "/data/orders").status == 401);
}

} // namespace arbees::sim
