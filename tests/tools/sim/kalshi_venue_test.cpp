#include "tests/tools/sim/kalshi_fixture.hpp"
#include "tools/sim/kalshi_exchange.hpp"
#include "tools/sim/kalshi_rest.hpp"
#include "tools/sim/kalshi_ws.hpp"
#include "tools/sim/market_control.hpp"

namespace arbees::sim {

namespace {

/// Kalshi with what the venue itself does: groups, states of markets, fees, places.
struct VenueFixture : ShardFixture {
  ClobPrivate polymarket{engine, {}};

  explicit VenueFixture(KalshiConfig config = {}) : ShardFixture(std::move(config)) {}

  std::string group(const char* limit, int shard = 0) {
    const auto made =
      call("POST", "/portfolio/order_groups/create",
           json::serialize(json::object{{"contracts_limit_fp", limit}, {"exchange_index", shard}}));
    REQUIRE(made.status == 201);
    return std::string{json::parse(made.body).at("order_group_id").as_string()};
  }

  HttpReply put(const std::string& group, const std::string& verb, const std::string& body = "{}") {
    return call("PUT", "/portfolio/order_groups/" + group + verb, body);
  }

  /// A resting bid far below the book, in `group`.
  HttpReply rest(const KalshiMarket& market, const std::string& group) {
    auto body = order(market, "bid", Price{100}, "1.00", "good_till_canceled");
    body["order_group_id"] = group;
    return create(body);
  }

  std::size_t resting() {
    return get("/portfolio/orders?status=resting").at("orders").as_array().size();
  }

  bool triggered(const std::string& id) {
    return get("/portfolio/order_groups/" + id).at("is_auto_cancel_enabled").as_bool();
  }

  HttpReply control(const char* path, const json::object& body) {
    auto request = parse_target("POST", path);
    request.body = json::serialize(body);
    return market_control(engine, kalshi, polymarket, request).value();
  }

  HttpReply lifecycle(const KalshiMarket& market, const char* action,
                      std::optional<int> seconds = std::nullopt) {
    json::object body{{"ticker", market.ticker}, {"action", action}};
    if (seconds) {
      body["seconds"] = *seconds;
    }
    return control("/sim/lifecycle", body);
  }

  json::object open_get(const std::string& path) {
    const auto answer = kalshi_public(engine, parse_target("GET", "/trade-api/v2" + path));
    REQUIRE(answer);
    REQUIRE(answer->status == 200);
    return json::parse(answer->body).as_object();
  }

  std::string status_of(const KalshiMarket& market) {
    return std::string{open_get("/markets/" + market.ticker).at("market").at("status").as_string()};
  }

  /// Frames of all channels that need no market, for what happened since the fixture began.
  std::vector<std::string> frames() {
    collect();
    KalshiSession session{engine, kalshi.account_of("alice")};
    session.on_text(
      R"({"id":1,"cmd":"subscribe","params":{"channels":["market_lifecycle_v2","order_group_updates"]}})");
    return session.on_events(shown);
  }
};

/// What was told of one market.
std::vector<json::object>
about(const std::vector<json::object>& frames, const KalshiMarket& market) {
  auto found = frames;
  std::erase_if(found, [&](const json::object& frame) {
    return frame.at("msg").at("market_ticker") != json::value(market.ticker);
  });
  return found;
}

std::vector<std::string> event_types(const std::vector<json::object>& frames) {
  std::vector<std::string> found;
  for (const auto& frame : frames) {
    found.emplace_back(frame.at("msg").at("event_type").as_string());
  }
  return found;
}

using Texts = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(VenueFixture, "more than its limit within 15 s ends all orders of a group",
                 "[sim]") {
  const auto id = group("5.00");
  REQUIRE(rest(*football, id).status == 201);
  const auto other = rest(*football, "");
  REQUIRE(other.status == 201);
  auto taker = order(*football, "bid", best(*football, BookSide::ask), "5.00");
  taker["order_group_id"] = id;
  REQUIRE(create(taker).status == 201);
  CHECK_FALSE(triggered(id)); // the limit itself is not over it
  taker["count"] = "0.01";
  taker["price"] = to_string(best(*football, BookSide::ask));
  REQUIRE(create(taker).status == 201);
  CHECK(triggered(id));
  CHECK(resting() == 1); // what is in no group stays
  const auto refused = rest(*football, id);
  CHECK(refused.status == 409);
  CHECK(code(refused) == "order_group_triggered");
  REQUIRE(put(id, "/reset").status == 200);
  CHECK_FALSE(triggered(id));
  CHECK(rest(*football, id).status == 201);
}

TEST_CASE_METHOD(VenueFixture, "what matched more than 15 s ago counts no more in a group",
                 "[sim]") {
  const auto id = group("5");
  REQUIRE(rest(*football, id).status == 201);
  const auto take = [&] {
    auto body = order(*football, "bid", best(*football, BookSide::ask), "4.00");
    body["order_group_id"] = id;
    REQUIRE(json::parse(create(body).body).at("fill_count") == "4.00");
  };
  take();
  pass(15'000);
  take();
  CHECK_FALSE(triggered(id));
  pass(14'995);
  take();
  CHECK(triggered(id));
  CHECK(resting() == 0);
}

TEST_CASE_METHOD(VenueFixture, "the rest of the order that overruns its group is cancelled too",
                 "[sim]") {
  const auto id = group("1");
  const auto ask = best(*football, BookSide::ask);
  const auto size = engine.book(football->book).total(BookSide::ask, ask);
  auto body = order(*football, "bid", ask, to_string(size + Quantity{1'000'000}).c_str(),
                    "good_till_canceled");
  body["order_group_id"] = id;
  const auto made = json::parse(create(body).body);
  CHECK(made.at("fill_count") == json::value(to_string(size)));
  CHECK(made.at("remaining_count") == "0.00");
  CHECK(resting() == 0);
}

TEST_CASE_METHOD(VenueFixture, "groups are listed, triggered, limited and deleted", "[sim]") {
  const auto id = group("10.00", 3);
  const auto listed = get("/portfolio/order_groups").at("order_groups").as_array();
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].at("id") == json::value(id));
  CHECK(listed[0].at("contracts_limit_fp") == "10.00");
  CHECK(listed[0].at("exchange_index") == 3);
  const auto made = json::parse(rest(*basketball, id).body);
  CHECK(get("/portfolio/order_groups/" + id).at("orders").at(0) == made.at("order_id"));
  CHECK(get("/portfolio/orders").at("orders").at(0).at("order_group_id") == json::value(id));
  CHECK(code(put(id, "/trigger")) == "order_group_not_found"); // it is not on shard 0
  const auto on_3 = [&](const char* verb) { return std::string{verb} + "?exchange_index=3"; };
  REQUIRE(put(id, on_3("/trigger")).status == 200);
  CHECK(resting() == 0);
  CHECK(triggered(id));
  REQUIRE(put(id, on_3("/reset")).status == 200);
  CHECK(put(id, on_3("/limit"), R"({"contracts_limit":2,"contracts_limit_fp":"3.00"})").status
        == 400);
  auto take = order(*basketball, "bid", best(*basketball, BookSide::ask), "2.00");
  take["order_group_id"] = id;
  REQUIRE(create(take).status == 201);
  REQUIRE(rest(*basketball, id).status == 201);
  CHECK(put(id, on_3("/limit"), R"({"contracts_limit":1})").status == 200);
  CHECK(triggered(id)); // below what matched just now
  CHECK(resting() == 0);
  REQUIRE(call("DELETE", "/portfolio/order_groups/" + id + "?exchange_index=3").status == 200);
  CHECK(call("GET", "/portfolio/order_groups/" + id).status == 404);
  CHECK(code(rest(*basketball, id)) == "order_group_not_found");
  CHECK(event_types(frames_of(frames(), "order_group_updates"))
        == Texts{"created", "triggered", "reset", "limit_updated", "triggered", "deleted"});
}

TEST_CASE_METHOD(VenueFixture, "a group is of whole contracts, one account and one shard",
                 "[sim]") {
  const auto body = GENERATE(R"({})", R"({"contracts_limit":0})", R"({"contracts_limit":1000001})",
                             R"({"contracts_limit_fp":"2.50"})", R"({"contracts_limit_fp":"x"})",
                             R"({"contracts_limit":5,"exchange_index":7})", "rubbish");
  CHECK(call("POST", "/portfolio/order_groups/create", body).status == 400);
  const auto id = group("5");
  CHECK(code(rest(*basketball, id)) == "order_group_not_found");
  CHECK(call("GET", "/portfolio/order_groups/" + id, {}, "bob").status == 404);
  CHECK(put(id, "/explode").status == 404);
}

TEST_CASE_METHOD(VenueFixture, "a market that stands still takes cancels and nothing else",
                 "[sim]") {
  const auto made =
    json::parse(create(order(*football, "bid", Price{100}, "1.00", "good_till_canceled")).body);
  const auto kept =
    json::parse(create(order(*football, "bid", Price{100}, "2.00", "good_till_canceled")).body);
  REQUIRE(lifecycle(*football, "deactivate").status == 200);
  CHECK(status_of(*football) == "inactive");
  const auto book = engine.book(football->book).levels(BookSide::bid);
  const auto refused = create(order(*football, "bid", Price{100}, "1.00"));
  CHECK(refused.status == 409);
  CHECK(code(refused) == "trading_is_paused");
  pass(20'000);
  const auto after = engine.book(football->book).levels(BookSide::bid);
  CHECK(std::ranges::equal(book, after, [](const auto& a, const auto& b) {
    return a.price == b.price && a.size == b.size;
  }));
  CHECK(call("DELETE", "/portfolio/events/orders/" + std::string{made.at("order_id").as_string()}
                         + "?market_ticker=" + football->ticker)
          .status
        == 200);
  CHECK(resting() == 1);
  CHECK(lifecycle(*football, "deactivate").status == 400);
  REQUIRE(lifecycle(*football, "activate").status == 200);
  CHECK(resting() == 0); // reactivation cancels what was left
  CHECK(get("/portfolio/orders/" + std::string{kept.at("order_id").as_string()})
          .at("order")
          .at("status")
        == "canceled");
  CHECK(status_of(*football) == "active");
  const auto& ladder = engine.tape().ladder(football->book);
  for (const auto side : {BookSide::bid, BookSide::ask}) {
    const auto levels = engine.book(football->book).levels(side);
    CHECK(std::ranges::equal(levels, ladder.side(side), [](const auto& a, const auto& b) {
      return a.price == b.price && a.size == b.size;
    }));
  }
  CHECK(event_types(about(frames_of(frames(), "market_lifecycle_v2"), *football))
        == Texts{"deactivated", "activated"});
}

TEST_CASE_METHOD(VenueFixture, "after an early close even cancels are refused", "[sim]") {
  const auto made =
    json::parse(create(order(*football, "bid", Price{100}, "1.00", "good_till_canceled")).body);
  REQUIRE(lifecycle(*football, "close-early").status == 200);
  CHECK(status_of(*football) == "closed");
  CHECK(code(create(order(*football, "bid", Price{100}, "1.00"))) == "MARKET_INACTIVE");
  CHECK(
    code(call("DELETE", "/portfolio/events/orders/" + std::string{made.at("order_id").as_string()}
                          + "?market_ticker=" + football->ticker))
    == "MARKET_INACTIVE");
  CHECK(resting() == 1);
  pass(505);
  CHECK(resting() == 0); // shortly after
  CHECK(engine.book(football->book).levels(BookSide::ask).empty());
  const auto told = about(frames_of(frames(), "market_lifecycle_v2"), *football);
  REQUIRE(event_types(told) == Texts{"close_date_updated"});
  CHECK(told[0].at("msg").at("close_ts").as_int64() <= engine.now());

  REQUIRE(lifecycle(*football, "move-close", 60).status == 200);
  CHECK(status_of(*football) == "active");
  CHECK_FALSE(engine.book(football->book).levels(BookSide::ask).empty());
  CHECK(create(order(*football, "bid", Price{100}, "1.00")).status == 201);
  pass(60'000);
  CHECK(status_of(*football) == "closed"); // nobody is told that the time has come
  CHECK(event_types(about(frames_of(frames(), "market_lifecycle_v2"), *football))
        == Texts{"close_date_updated", "close_date_updated", "activated"});
}

TEST_CASE_METHOD(VenueFixture, "a market that is decided while it stands still pays as any other",
                 "[sim]") {
  REQUIRE(create(order(*football, "bid", best(*football, BookSide::ask), "1.00")).status == 201);
  REQUIRE(lifecycle(*football, GENERATE("deactivate", "close-early")).status == 200);
  const auto& event = engine.slate().kalshi_events[static_cast<std::size_t>(football->event)];
  engine.cancel_game(event.game);
  pass(10'000);
  CHECK(status_of(*football) == "finalized");
  CHECK(engine.book(football->book).levels(BookSide::bid).empty());
  const auto rows = get("/portfolio/settlements").at("settlements").as_array();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].at("ticker") == json::value(football->ticker));
}

TEST_CASE_METHOD(VenueFixture, "a new market is announced before reads know it", "[sim]") {
  REQUIRE(lifecycle(*football, "hide").status == 200);
  const auto path = "/trade-api/v2/markets/" + football->ticker;
  const auto known = [&] { return kalshi_public(engine, parse_target("GET", path))->status; };
  CHECK(known() == 404);
  CHECK(create(order(*football, "bid", Price{100}, "1.00")).status == 404);
  REQUIRE(lifecycle(*football, "create").status == 200);
  CHECK(known() == 404);
  const auto told = about(frames_of(frames(), "market_lifecycle_v2"), *football);
  REQUIRE(event_types(told) == Texts{"created"});
  const auto& body = told[0].at("msg");
  CHECK(body.at("market_ticker") == json::value(football->ticker));
  CHECK(body.at("exchange_index") == 0);
  CHECK(body.at("price_ranges").as_array().size() >= 1);
  CHECK(body.at("close_ts").as_int64() > body.at("open_ts").as_int64());
  pass(500);
  CHECK(known() == 200);
  CHECK(lifecycle(*football, "create").status == 400);
  CHECK(lifecycle(*football, "explode").status == 400);
}

TEST_CASE_METHOD(VenueFixture, "a change of fees charges later fills anew", "[sim]") {
  const auto& series =
    engine.slate().kalshi_events[static_cast<std::size_t>(football->event)].series;
  const auto fee = [&] {
    const auto price = best(*football, BookSide::ask);
    const auto made = json::parse(create(order(*football, "bid", price, "10.00")).body);
    const auto fills =
      get("/portfolio/fills?order_id=" + std::string{made.at("order_id").as_string()});
    return std::pair{price, *parse_money(fills.at("fills").at(0).at("fee_cost").as_string())};
  };
  const auto expected = [&](Price price, int multiplier) {
    FeeAccumulator rounding;
    const auto size = Quantity{10 * quantity_per_contract};
    return rounding.charge(-notional(price, size, Rounding::up),
                           model_fee(price, size, multiplier, Liquidity::taker));
  };
  const auto [first, before] = fee();
  CHECK(before == expected(first, 1000));
  CHECK(open_get("/series/fee_changes").at("series_fee_change_arr").as_array().empty());
  REQUIRE(control("/sim/fee-change", {{"series", series},
                                      {"fee_type", "quadratic"},
                                      {"fee_multiplier", 0.5},
                                      {"in_seconds", 5}})
            .status
          == 200);
  const auto planned = open_get("/series/fee_changes?series_ticker=" + series);
  CHECK(planned.at("series_fee_change_arr").at(0).at("fee_type") == "quadratic");
  CHECK(planned.at("series_fee_change_arr").at(0).at("fee_multiplier") == 0.5);
  CHECK(open_get("/series/fee_changes?series_ticker=KXNONE")
          .at("series_fee_change_arr")
          .as_array()
          .empty());
  CHECK(open_get("/series/" + series).at("series").at("fee_multiplier") == 1.0);
  pass(5'000);
  const auto [second, after] = fee();
  CHECK(after == expected(second, 500));
  CHECK(open_get("/series/" + series).at("series").at("fee_type") == "quadratic");
  CHECK(open_get("/series/fee_changes").at("series_fee_change_arr").as_array().empty());
  CHECK(open_get("/series/fee_changes?show_historical=true")
          .at("series_fee_change_arr")
          .as_array()
          .size()
        == 1);
  CHECK(control("/sim/fee-change", {{"series", "KXNONE"}, {"fee_multiplier", 1}}).status == 400);
  CHECK(control("/sim/fee-change", {{"series", series}, {"fee_multiplier", -1}}).status == 400);
}

TEST_CASE_METHOD(VenueFixture, "an event's own fee wins over its series', and is told", "[sim]") {
  const auto& event = engine.slate().kalshi_events[static_cast<std::size_t>(football->event)];
  const json::object change{{"event", event.ticker},
                            {"fee_type", "quadratic"},
                            {"fee_multiplier", 2}};
  REQUIRE(control("/sim/fee-change", change).status == 200);
  CHECK(fee_of(engine, event).multiplier_milli == 2000);
  CHECK(open_get("/events/" + event.ticker).at("event").at("fee_multiplier_override") == 2.0);
  pass(5);
  REQUIRE(control("/sim/fee-change", {{"event", event.ticker}, {"clear", true}}).status == 200);
  CHECK(fee_of(engine, event).multiplier_milli == 1000);
  pass(5);
  const auto told = frames_of(frames(), "event_fee_update");
  REQUIRE(told.size() == 2);
  CHECK(told[0].at("msg").at("fee_multiplier_override") == 2.0);
  CHECK(told[1].at("msg").at("fee_multiplier_override").is_null());
  CHECK(
    open_get("/events/fee_changes?show_historical=true").at("event_fee_changes").as_array().size()
    == 2);
}

TEST_CASE("makers pay what the fee type says", "[sim]") {
  CHECK(maker_percent("quadratic") == 0);
  CHECK(maker_percent("quadratic_with_maker_fees") == 25);
  CHECK(maker_percent("quadratic_with_combo_maker_fees") == 50);
  const auto size = Quantity{100 * quantity_per_contract};
  CHECK(model_fee(Price{5000}, size, 1000, Liquidity::maker, 50) == Money{875'000});
  CHECK(model_fee(Price{5000}, size, 1000, Liquidity::maker, 0) == Money{0});
}

TEST_CASE("without an attested location nothing is traded, but cancels go", "[sim]") {
  VenueFixture sim{{.attested_for_s = 60}};
  const auto made = json::parse(
    sim.create(ShardFixture::order(*sim.football, "bid", Price{100}, "1.00", "good_till_canceled"))
      .body);
  CHECK(sim.get("/api_keys").at("api_key_region_expiration_ts") == sim.engine.now() + 60);
  sim.pass(60'000);
  const auto refused = sim.create(ShardFixture::order(*sim.football, "bid", Price{100}, "1.00"));
  CHECK(refused.status == 403);
  CHECK(code(refused) == "api_key_region_attestation_expired");
  const auto path = "/portfolio/events/orders/" + std::string{made.at("order_id").as_string()};
  CHECK(sim
          .call("POST", path + "/amend",
                json::serialize(json::object{{"ticker", sim.football->ticker},
                                             {"side", "bid"},
                                             {"price", "0.0200"},
                                             {"count", "1.00"}}))
          .status
        == 403);
  CHECK(sim.call("DELETE", path + "?market_ticker=" + sim.football->ticker).status == 200);
  REQUIRE(sim.control("/sim/attest", {{"seconds", 10}}).status == 200);
  CHECK(sim.create(ShardFixture::order(*sim.football, "bid", Price{100}, "1.00")).status == 201);
  REQUIRE(sim.control("/sim/attest", {{"seconds", -1}}).status == 200);
  CHECK_FALSE(sim.get("/api_keys").contains("api_key_region_expiration_ts"));
  CHECK(sim.create(ShardFixture::order(*sim.football, "bid", Price{100}, "1.00")).status == 403);
}

TEST_CASE("the schedule names the maintenance on Thursdays in Eastern time", "[sim]") {
  // Friday 2026-11-20, 21:00 Eastern; the next Thursday is the 26th, 08:00 to 10:00 UTC.
  const auto schedule = json::parse(exchange_schedule(evening / 1000).body).at("schedule");
  const auto& hours = schedule.at("standard_hours").at(0);
  CHECK(hours.at("thursday").as_array().size() == 2);
  CHECK(hours.at("thursday").at(0).at("close_time") == "03:00");
  CHECK(hours.at("monday").as_array().size() == 1);
  const auto& windows = schedule.at("maintenance_windows").as_array();
  REQUIRE(windows.size() == 4);
  CHECK(windows[0].at("start_datetime") == "2026-11-26T08:00:00Z");
  CHECK(windows[0].at("end_datetime") == "2026-11-26T10:00:00Z");
  CHECK(windows[3].at("start_datetime") == "2026-12-17T08:00:00Z");
  constexpr UnixSeconds begins = 1'795'680'000; // 2026-11-26T08:00:00Z
  CHECK_FALSE(maintenance_until(begins - 1));
  CHECK(maintenance_until(begins) == begins + 7200);
  CHECK(maintenance_until(begins + 7199) == begins + 7200);
  CHECK_FALSE(maintenance_until(begins + 7200));
  const auto during = json::parse(exchange_schedule(begins + 60).body).at("schedule");
  CHECK(during.at("maintenance_windows").at(0).at("start_datetime") == "2026-11-26T08:00:00Z");
  const auto later = json::parse(exchange_schedule(begins + 7200).body).at("schedule");
  CHECK(later.at("maintenance_windows").at(0).at("start_datetime") == "2026-12-03T08:00:00Z");
  // In daylight time it is an hour earlier by UTC: Thursday 2026-07-09.
  CHECK(maintenance_until(1'783'580'400) == 1'783'587'600);
}

TEST_CASE("the weekly pause begins and ends by the clock where it is switched on", "[sim]") {
  const auto on = GENERATE(true, false);
  auto made = world();
  made.epoch_ms = 1'795'680'000'000 - 1'000;
  made.speed = 0.1;
  Engine engine{made};
  engine.open();
  KalshiPrivate kalshi{engine, {.weekly_pause = on}};
  CHECK(kalshi.paused(3) == KalshiPause::none);
  while (engine.now_ms() < 1'795'680'000'000) {
    kalshi.on_events(engine.advance());
    kalshi.on_time();
  }
  CHECK(kalshi.paused(3) == (on ? KalshiPause::trading : KalshiPause::none));
  const auto status = json::parse(kalshi.exchange_status().body);
  CHECK(status.at("trading_active") == !on);
  if (on) {
    CHECK(status.at("exchange_estimated_resume_time") == "2026-11-26T10:00:00Z");
  }
}

TEST_CASE_METHOD(VenueFixture, "a pause of one shard ends only orders that rest there", "[sim]") {
  for (const auto* const market : {football, basketball}) {
    auto body = order(*market, "bid", Price{100}, "1.00", "good_till_canceled");
    body["cancel_order_on_pause"] = true;
    REQUIRE(create(body).status == 201);
  }
  kalshi.pause(KalshiPause::exchange, 10, 0);
  const auto left = get("/portfolio/orders?status=resting").at("orders").as_array();
  REQUIRE(left.size() == 1);
  CHECK(left[0].at("ticker") == json::value(basketball->ticker));
  CHECK(left[0].at("cancel_order_on_pause") == true);
}

TEST_CASE_METHOD(VenueFixture, "settlements are read by time and market", "[sim]") {
  REQUIRE(create(order(*football, "bid", best(*football, BookSide::ask), "2.00")).status == 201);
  const auto& event = engine.slate().kalshi_events[static_cast<std::size_t>(football->event)];
  engine.cancel_game(event.game);
  pass(10'000);
  const auto rows = get("/portfolio/settlements?ticker=" + football->ticker).at("settlements");
  REQUIRE(rows.as_array().size() == 1);
  const auto& row = rows.at(0);
  CHECK(row.at("yes_count_fp") == "2.00");
  CHECK(row.at("revenue").as_int64() == 2 * row.at("value").as_int64());
  const auto now = std::to_string(engine.now() + 1);
  CHECK(get("/portfolio/settlements?min_ts=" + now).at("settlements").as_array().empty());
  CHECK(get("/portfolio/settlements?max_ts=" + now).at("settlements").as_array().size() == 1);
}

} // namespace arbees::sim
