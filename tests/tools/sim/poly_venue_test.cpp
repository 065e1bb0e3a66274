#include "tests/tools/sim/poly_fixture.hpp"
#include "tools/sim/clob_rest.hpp"
#include "tools/sim/control.hpp"
#include "tools/sim/data_rest.hpp"
#include "tools/sim/gamma_rest.hpp"
#include "tools/sim/market_control.hpp"
#include "tools/sim/polymarket_ws.hpp"

namespace arbees::sim {

namespace {

/// Polymarket with what the venue itself does: fees, approvals, starts of games, redemptions.
struct ClobVenueFixture : PolyFixture {
  KalshiPrivate kalshi{engine};

  explicit ClobVenueFixture(const PolyConfig& config = {}, const WorldConfig& world = slow_world())
    : PolyFixture(config, world) {}

  HttpReply control(const char* path, const json::object& body) {
    auto request = parse_target("POST", path);
    request.body = json::serialize(body);
    return market_control(engine, kalshi, clob, request).value();
  }

  HttpReply allow(const char* asset, const char* spender, const char* amount) {
    return control("/sim/allowance", {{"address", to_string(alice.key().address())},
                                      {"asset", asset},
                                      {"spender", spender},
                                      {"amount", amount}});
  }

  json::object data(const std::string& target) {
    const auto answer = data_api(clob.accounts(), parse_target("GET", target));
    REQUIRE(answer);
    REQUIRE(answer->status == 200);
    return json::parse(answer->body).as_object();
  }

  [[nodiscard]] std::string user() const { return to_string(alice.key().address()); }

  [[nodiscard]] int game() const {
    return engine.slate().poly_events[static_cast<std::size_t>(market->event)].game;
  }

  /// The rows of `status` in `market`.
  json::array positions(const std::string& status) {
    return data("/v2/positions?user=" + user() + "&status=" + status
                + "&condition=" + market->condition)
      .at("data")
      .as_array();
  }
};

/// Starts come soon, and the market is of a game that has not begun.
struct SoonFixture : ClobVenueFixture {
  SoonFixture() : ClobVenueFixture({}, slow_world()) {
    const auto& slate = engine.slate();
    const auto found = std::ranges::find_if(slate.poly_markets, [&](const PolyMarket& one) {
      const auto index = slate.poly_events[static_cast<std::size_t>(one.event)].game;
      return index >= 0 && one.sports_type == "moneyline" && !one.neg_risk
             && engine.tape().game(index).phase == Phase::scheduled;
    });
    REQUIRE(found != slate.poly_markets.end());
    market = &*found;
  }

  [[nodiscard]] const std::string& espn_id() const {
    return engine.slate().games[static_cast<std::size_t>(game())].espn_id;
  }
  [[nodiscard]] bool begun() const { return engine.tape().game(game()).phase != Phase::scheduled; }
};

struct LateMoneyFixture : ClobVenueFixture {
  LateMoneyFixture() : ClobVenueFixture({.redeem_after_ms = 5'000}) {}
};

const PolyMarket& newer_market(const Engine& engine) {
  const auto& all = engine.slate().poly_markets;
  const auto found = std::ranges::find_if(all, [&](const PolyMarket& one) {
    return one.exchange_v3 && !engine.book(one.book).levels(BookSide::ask).empty();
  });
  REQUIRE(found != all.end());
  return *found;
}

} // namespace

TEST_CASE_METHOD(ClobVenueFixture, "a market of the newer ledger takes orders for ExchangeV3 alone",
                 "[sim]") {
  market = &newer_market(engine);
  CHECK(arbees::exchange_of(market->tokens[0]) == ExchangeVersion::v3);
  const auto& event = engine.slate().poly_events[static_cast<std::size_t>(market->event)];
  const auto listed =
    json::parse(gamma(engine, parse_target("GET", "/events/slug/" + event.slug))->body);
  auto versions = 0;
  for (const auto& row : listed.at("markets").as_array()) {
    const auto newer = row.at("version") == "v2";
    versions += newer ? 1 : 0;
    if (row.at("conditionId") == json::value(market->condition)) {
      CHECK(newer);
      CHECK(row.at("positionIds").at(0) == json::value(market->tokens[0]));
      CHECK_FALSE(row.as_object().contains("clobTokenIds"));
    }
  }
  CHECK(versions == 1);
  CHECK(market->condition.ends_with("00"));
  CHECK(error(post(body({.price = Price{100}}))) == "invalid signature"); // signed for V2
  const auto tick = engine.status(market->book).tick;
  const auto amounts = limit_amounts(Action::buy, tick, Quantity{10 * quantity_per_contract}, tick);
  REQUIRE(amounts);
  auto own = key_of(first_key);
  const auto address = own.address();
  const auto signer =
    PolymarketOrderSigner::make(std::move(own), {.funder = address, .type = SignatureType::eoa});
  const auto made = signer->sign({.salt = 77,
                                  .maker = address,
                                  .signer = address,
                                  .token_id = market->tokens[0],
                                  .amounts = *amounts,
                                  .side = Action::buy,
                                  .signature_type = SignatureType::eoa,
                                  .timestamp_ms = engine.now_ms()},
                                 {.tick = tick, .exchange = ExchangeVersion::v3});
  REQUIRE(made);
  auto posted = body({.price = tick});
  auto& order = posted.at("order").as_object();
  order["salt"] = 77;
  order["makerAmount"] = std::to_string(made->order.amounts.maker);
  order["takerAmount"] = std::to_string(made->order.amounts.taker);
  order["timestamp"] = std::to_string(made->order.timestamp_ms);
  order["signature"] = made->signature;
  const auto answer = post(posted);
  CHECK(answer.status == 200);
  CHECK(json::parse(answer.body).at("orderID") == json::value(made->order_id));
  const auto of = [&](const char* type) {
    return alice
      .call("GET", std::string{"/balance-allowance?asset_type="} + type
                     + "&signature_type=0&token_id=" + market->tokens[0])
      .status;
  };
  CHECK(of("CONDITIONAL-V2") == 200);
  CHECK(of("CONDITIONAL") == 400);
}

TEST_CASE("older markets may carry positions too, and their version says not to use them",
          "[sim]") {
  Engine engine{slow_world()};
  engine.open();
  auto traps = 0;
  auto newer = 0;
  for (auto offset = 0; offset < 100; offset += 20) {
    const auto page = json::parse(
      gamma(engine, parse_target("GET", "/events?limit=20&offset=" + std::to_string(offset)))
        ->body);
    for (const auto& event : page.as_array()) {
      for (const auto& row : event.at("markets").as_array()) {
        const auto& fields = row.as_object();
        newer += row.at("version") == "v2" ? 1 : 0;
        traps += row.at("version") == "v1" && fields.contains("positionIds") ? 1 : 0;
        CHECK(fields.contains("clobTokenIds") == (row.at("version") == "v1"));
      }
    }
  }
  CHECK(traps > 0);
  CHECK(newer > 3);
}

TEST_CASE_METHOD(ClobVenueFixture, "orders need the allowance of the exchange that settles them",
                 "[sim]") {
  const auto spender = market->neg_risk ? "neg_risk" : "regular";
  REQUIRE(post(body({.price = Price{1000}, .size = "50"})).status == 200); // holds $5
  REQUIRE(allow("COLLATERAL", spender, "6000000").status == 200);
  const auto refused = error(post(body({.price = Price{1000}, .size = "20"})));
  CHECK(refused.find("not enough balance / allowance: the allowance is not enough") == 0);
  CHECK(refused.find(contract_of(exchange_of(*market))) != std::string::npos);
  CHECK(post(body({.price = Price{1000}, .size = "10"})).status == 200);
  const auto seen = [&](const char* type) {
    return alice
      .get(std::string{"/balance-allowance?signature_type=0&asset_type="} + type
           + "&token_id=" + market->tokens[0])
      .at("allowances")
      .at(contract_of(exchange_of(*market)));
  };
  CHECK(seen("COLLATERAL") == "6000000");
  // What is approved again counts once the venue has looked at the chain.
  REQUIRE(allow("COLLATERAL", spender, "unlimited").status == 200);
  CHECK(seen("COLLATERAL") == "6000000");
  CHECK(post(body({.price = Price{1000}, .size = "20"})).status == 400);
  alice.call("GET", "/balance-allowance/update?asset_type=COLLATERAL&signature_type=0");
  CHECK(seen("COLLATERAL").as_string().size() == 78);
  CHECK(post(body({.price = Price{1000}, .size = "20"})).status == 200);

  REQUIRE(post(body({.price = best_ask(0), .size = "10"})).status == 200);
  REQUIRE(allow("CONDITIONAL", spender, "0").status == 200);
  CHECK(seen("CONDITIONAL") == "0");
  CHECK(error(post(body({.action = Action::sell, .price = Price{9900}, .size = "6"})))
          .find("the allowance is not enough")
        != std::string::npos);
  REQUIRE(allow("CONDITIONAL", spender == std::string_view{"regular"} ? "neg_risk" : "regular", "0")
            .status
          == 200);
  CHECK(allow("CONDITIONAL", "nobody", "0").status == 400);
  CHECK(allow("COLLATERAL", spender, "-1").status == 400);
}

TEST_CASE_METHOD(ClobVenueFixture, "a limited allowance shrinks by what was bought with it",
                 "[sim]") {
  const auto spender = market->neg_risk ? "neg_risk" : "regular";
  const auto before = cash();
  REQUIRE(allow("COLLATERAL", spender, "100000000").status == 200);
  REQUIRE(post(body({.price = best_ask(0), .size = "10"})).status == 200);
  const auto spent = before - cash();
  CHECK(wallet(alice.key()).allowances.seen(PolyAsset::collateral, exchange_of(*market))
        == 100'000'000 - spent.value());
}

TEST_CASE_METHOD(ClobVenueFixture, "a changed rate charges later takers anew", "[sim]") {
  const auto terms = [&] {
    const auto path = "/clob-markets/" + market->condition;
    return json::parse(clob_public(engine, parse_target("GET", path))->body).at("fd").at("r");
  };
  CHECK(terms() == 0.05);
  REQUIRE(
    control("/sim/fee-change", {{"market", market->condition}, {"rate", 0.07}, {"in_seconds", 2}})
      .status
    == 200);
  const auto fee = [&] {
    const auto before = wallet(alice.key()).fees;
    const auto price = best_ask(0);
    REQUIRE(post(body({.price = price, .size = "10"})).status == 200);
    return std::pair{price, wallet(alice.key()).fees - before};
  };
  alice.call("GET", "/balance-allowance?asset_type=COLLATERAL");
  const auto [first, old] = fee();
  CHECK(old == poly_taker_fee(first, Quantity{10'000'000}));
  pass(2'000);
  CHECK(terms() == 0.07);
  const auto [second, changed] = fee();
  CHECK(changed == poly_taker_fee(second, Quantity{10'000'000}, 70'000));
  CHECK(poly_taker_fee(Price{5000}, Quantity{100'000'000}, 70'000) == Money{1'750'000});
  CHECK(poly_taker_fee(Price{6200}, Quantity{37'500'000}, 40'000) == Money{353'400});
  REQUIRE(control("/sim/fee-change", {{"market", market->condition}, {"rate", 0}}).status == 200);
  CHECK(fee().second == Money{0});
  CHECK(control("/sim/fee-change", {{"market", market->condition}, {"rate", 2}}).status == 400);
}

TEST_CASE_METHOD(SoonFixture, "a start that is moved leaves resting orders alive", "[sim]") {
  REQUIRE(post(body({.price = Price{100}})).status == 200);
  const auto clears = GENERATE(false, true);
  REQUIRE_FALSE(begun());
  REQUIRE(
    control("/sim/move-start", {{"espn_id", espn_id()}, {"in_seconds", 20}, {"clears", clears}})
      .status
    == 200);
  pass(10'000);
  CHECK_FALSE(begun());
  pass(20'000); // the game's clock runs at a tenth and counts whole seconds
  CHECK(begun());
  CHECK(alice.get("/data/orders").at("data").as_array().size() == (clears ? 0U : 1U));
  CHECK(control("/sim/move-start", {{"espn_id", espn_id()}, {"in_seconds", 3}}).status == 400);
}

TEST_CASE_METHOD(SoonFixture, "a moved start is listed on both venues", "[sim]") {
  const auto& event = engine.slate().poly_events[static_cast<std::size_t>(market->event)];
  REQUIRE(control("/sim/move-start", {{"espn_id", espn_id()}, {"in_seconds", 36'000}}).status
          == 200);
  const auto start = engine.tape().game_clock() + 3'600; // a tenth of the speed
  CHECK(engine.slate().games[static_cast<std::size_t>(game())].start == start);
  const auto listed =
    json::parse(gamma(engine, parse_target("GET", "/events/slug/" + event.slug))->body);
  CHECK(listed.at("startTime") == json::value(iso_seconds(start)));
}

TEST_CASE("the venue's patience with heartbeats is 10 s and its grace", "[sim]") {
  const auto grace = GENERATE(0, 5);
  ClobVenueFixture sim{{.heartbeat_grace_ms = 1000 * grace}};
  const auto beat = [&](const std::string& path, const std::string& text) {
    return sim.alice.call("POST", path, text);
  };
  CHECK(beat("/v1/heartbeats", "rubbish").status == 400);
  CHECK(json::parse(beat("/heartbeats", "").body).at("status") == "ok");
  REQUIRE(sim.post(sim.body({.price = Price{100}})).status == 200);
  const auto open = [&] { return sim.alice.get("/data/orders").at("data").as_array().size(); };
  sim.pass(10'000 + 1000 * grace);
  CHECK(open() == 1);
  sim.pass(10);
  CHECK(open() == 0);
  // The chain of ids begins anew: the old one is refused, and the answer names what to send.
  const auto stale = beat("/v1/heartbeats", R"({"heartbeat_id":"stale"})");
  CHECK(stale.status == 400);
  CHECK(json::parse(stale.body).at("heartbeat_id") == "");
  CHECK(beat("/v1/heartbeats", R"({"heartbeat_id":""})").status == 200);
}

TEST_CASE_METHOD(LateMoneyFixture, "decided tokens are redeemable, then money, and both are told",
                 "[sim]") {
  REQUIRE(post(body({.price = best_ask(0), .size = "10"})).status == 200);
  const auto before = cash();
  auto open = positions("OPEN");
  REQUIRE(open.size() == 1);
  CHECK(open[0].at("current_size") == 10.0);
  CHECK(open[0].at("status") == "OPEN");
  CHECK(data("/v2/activity?user=" + user()).at("data").as_array().empty()); // not on the chain yet
  pass(1'000);
  CHECK(data("/v2/activity?user=" + user() + "&type=TRADE").at("data").at(0).at("size") == 10.0);
  engine.cancel_game(game());
  pass(1'000);
  const auto resolved = positions("REDEEMABLE");
  REQUIRE(resolved.size() == 1);
  CHECK(resolved[0].at("redeemable") == true);
  CHECK(resolved[0].at("current_price") == 0.5);
  CHECK(cash() == before);
  CHECK(shares(0) == Quantity{10'000'000});
  pass(5'000);
  CHECK(cash() == before + Money{5'000'000});
  CHECK(shares(0) == Quantity{0});
  CHECK(positions("OPEN").empty());
  const auto closed = positions("CLOSED");
  REQUIRE(closed.size() == 1);
  CHECK(closed[0].at("total_size") == 10.0);
  const auto redeemed = data("/v2/activity?user=" + user() + "&type=REDEEM").at("data").as_array();
  REQUIRE(redeemed.size() == 1);
  CHECK(redeemed[0].at("usdc_size") == 5.0);
  CHECK(redeemed[0].at("condition_id") == json::value(market->condition));
  CHECK(redeemed[0].at("outcome_index") == 999);
  const auto books = books_json(kalshi.accounts(), clob.accounts());
  const auto& row = books.at("polymarket").at("wallets").at(0).at("redemptions").at(0);
  CHECK(row.at("size") == "10");
  CHECK(row.at("price") == "0.5");
  CHECK(row.at("cash") == "5.0000");
}

TEST_CASE_METHOD(ClobVenueFixture, "the Data API pages, filters and refuses what it does not know",
                 "[sim]") {
  for (const auto token : {0, 1}) {
    const auto ask = best_ask(token);
    REQUIRE(post(body({.token = token, .price = ask, .size = "10"})).status == 200);
  }
  pass(1'000);
  const auto first = data("/v2/activity?user=" + user() + "&limit=1");
  CHECK(first.at("data").as_array().size() == 1);
  CHECK(first.at("pagination").at("has_more") == true);
  const auto next = std::string{first.at("pagination").at("next_cursor").as_string()};
  const auto second = data("/v2/activity?user=" + user() + "&limit=1&cursor=" + next);
  CHECK(second.at("data").as_array().size() == 1);
  CHECK(second.at("pagination").at("next_cursor").is_null());
  CHECK(data("/v2/positions?user=" + user()).at("data").as_array().size() == 2);
  CHECK(data("/v2/positions?user=" + user() + "&filter_amount=11").at("data").as_array().empty());
  CHECK(data("/v2/value?user=" + user()).at("data").at("value").as_double() > 9);
  const auto refused = [&](const std::string& target) {
    return data_api(clob.accounts(), parse_target("GET", target))->status;
  };
  CHECK(refused("/v2/positions") == 400);
  CHECK(refused("/v2/positions?user=0x12") == 400);
  CHECK(refused("/v2/positions?user=" + user() + "&status=GONE") == 400);
  CHECK(refused("/v2/activity?user=" + user() + "&type=GIFT") == 400);
  CHECK(refused("/v2/activity?user=" + user() + "&offset=3") == 400);
  CHECK(data("/v2/positions?user=0x0000000000000000000000000000000000000001")
          .at("data")
          .as_array()
          .empty());
}

TEST_CASE("a trade that fails after its market paid takes the payout back", "[sim]") {
  ClobVenueFixture sim{{.ghost_fills = 1}};
  const auto before = sim.cash();
  REQUIRE(sim.post(sim.body({.price = sim.best_ask(0), .size = "10"})).status == 200);
  sim.engine.cancel_game(sim.game());
  sim.pass(500);
  CHECK(sim.clob.accounts().redemptions().size() == 1);
  sim.pass(3'000);
  CHECK(sim.cash() == before);
  CHECK(sim.clob.accounts().redemptions().size() == 2);
  CHECK(sim.wallet(sim.alice.key()).paid_out == Money{0});
  CHECK(sim.data("/v2/activity?user=" + sim.user() + "&type=TRADE").at("data").as_array().empty());
}

TEST_CASE_METHOD(ClobVenueFixture, "a new market is told to all who asked for such events",
                 "[sim]") {
  PolymarketSession wants{engine};
  wants.on_text(R"({"type":"market","assets_ids":[],"custom_feature_enabled":true})");
  PolymarketSession deaf{engine};
  deaf.on_text(R"({"type":"market","assets_ids":[]})");
  REQUIRE(control("/sim/lifecycle", {{"market", market->condition}, {"action", "hide"}}).status
          == 200);
  CHECK(engine.poly_market(market->condition) == -1);
  CHECK(post(body({.price = Price{100}})).status == 404);
  engine.take_events();
  REQUIRE(control("/sim/lifecycle", {{"market", market->condition}, {"action", "create"}}).status
          == 200);
  const auto events = engine.take_events();
  CHECK(deaf.on_events(events).empty());
  const auto frames = wants.on_events(events);
  REQUIRE(frames.size() == 1);
  const auto frame = json::parse(frames[0]);
  CHECK(frame.at("event_type") == "new_market");
  CHECK(frame.at("condition_id") == json::value(market->condition));
  CHECK(frame.at("fee_schedule").at("rate") == 0.05);
  CHECK(engine.poly_market(market->condition) == -1);
  pass(500);
  CHECK(engine.poly_market(market->condition) >= 0);
  CHECK(control("/sim/lifecycle", {{"market", market->condition}, {"action", "deactivate"}}).status
        == 400);
}

} // namespace arbees::sim
