#include "bridges/polymarket/polymarket_auth.hpp"
#include "bridges/polymarket/polymarket_order_codec.hpp"
#include "tests/tools/sim/running.hpp"

// What the venues themselves do, seen over the sockets by a client.

namespace arbees::sim {

namespace {

constexpr const char* api = "/trade-api/v2";

const KalshiMarket& market_to_come(const Simulator& simulator) {
  const auto& slate = simulator.engine().slate();
  const auto found = std::ranges::find_if(slate.kalshi_markets, [&](const KalshiMarket& market) {
    const auto& event = slate.kalshi_events[static_cast<std::size_t>(market.event)];
    return market.yes.kind == Kind::winner && event.league == League::nba
           && slate.games[static_cast<std::size_t>(event.game)].opening == Opening::scheduled;
  });
  REQUIRE(found != slate.kalshi_markets.end());
  return *found;
}

struct VenuesFixture {
  Running sim;
  const KalshiMarket& market = market_to_come(sim.simulator);

  static SimulatorConfig slow() {
    auto config = Running::usual();
    config.world.speed = 0.1;
    config.world.rate = 1;
    return config;
  }

  explicit VenuesFixture(SimulatorConfig config = slow()) : sim(std::move(config)) {}

  Answer control(const char* path, const json::object& body) {
    return call(sim.ports.gamma, http::verb::post, path, json::serialize(body));
  }
  Answer kalshi(http::verb verb, const std::string& target, const json::object& body = {}) {
    return call(sim.ports.kalshi, verb, api + target, json::serialize(body));
  }
  Answer rest(const std::string& group = {}) {
    json::object body{{"ticker", market.ticker},
                      {"side", "bid"},
                      {"count", "1.00"},
                      {"price", "0.0100"},
                      {"time_in_force", "good_till_canceled"},
                      {"self_trade_prevention_type", "taker_at_cross"},
                      {"exchange_index", 3}};
    if (!group.empty()) {
      body["order_group_id"] = group;
    }
    return kalshi(http::verb::post, "/portfolio/events/orders", body);
  }
};

/// Frames until one of `type` comes whose message has `key` = `value`.
json::object
await(Client& client, std::string_view type, const char* key, const json::value& value) {
  for (auto i = 0; i < 1000; ++i) {
    const auto frame = json::parse(client.read()).as_object();
    const auto* const message = frame.if_contains("msg");
    if (frame.at("type") == json::value(type) && message != nullptr && message->is_object()
        && message->get_object().contains(key) && message->at(key) == value) {
      return frame;
    }
  }
  FAIL("no such frame");
  return {};
}

std::string error_code(const Answer& answer) {
  return std::string{answer.body.at("error").at("code").as_string()};
}

} // namespace

TEST_CASE_METHOD(VenuesFixture, "over the sockets a group's trigger cancels and is told", "[sim]") {
  Client socket{sim.ports.kalshi, "/trade-api/ws/v2", wall_ms()};
  socket.send(
    R"({"id":1,"cmd":"subscribe","params":{"channels":["order_group_updates","user_orders"]}})");
  await(socket, "subscribed", "channel", "user_orders");
  const auto made = kalshi(http::verb::post, "/portfolio/order_groups/create",
                           {{"contracts_limit", 10}, {"exchange_index", 3}});
  REQUIRE(made.status == 201);
  const auto id = std::string{made.body.at("order_group_id").as_string()};
  const auto created = await(socket, "order_group_updates", "event_type", "created");
  CHECK(created.at("seq") == 1);
  REQUIRE(rest(id).status == 201);
  const auto target = "/portfolio/order_groups/" + id;
  REQUIRE(kalshi(http::verb::put, target + "/trigger?exchange_index=3").status == 200);
  const auto gone = await(socket, "user_order", "status", "canceled");
  CHECK(gone.at("msg").at("order_group_id") == json::value(id));
  CHECK(error_code(rest(id)) == "order_group_triggered");
  REQUIRE(kalshi(http::verb::put, target + "/reset?exchange_index=3").status == 200);
  CHECK(rest(id).status == 201);
  REQUIRE(kalshi(http::verb::delete_, target + "?exchange_index=3").status == 200);
  CHECK(kalshi(http::verb::get, target).status == 404);
}

TEST_CASE_METHOD(VenuesFixture, "over the sockets a market stops, goes on and closes early",
                 "[sim]") {
  Client socket{sim.ports.kalshi, "/trade-api/ws/v2", wall_ms()};
  socket.send(
    R"({"id":1,"cmd":"subscribe","params":{"channels":["market_lifecycle_v2","user_orders"]}})");
  await(socket, "subscribed", "channel", "user_orders");
  const auto act = [&](const char* action) {
    return control("/sim/lifecycle", {{"ticker", market.ticker}, {"action", action}}).status;
  };
  REQUIRE(rest().status == 201);
  REQUIRE(act("deactivate") == 200);
  CHECK(
    await(socket, "market_lifecycle_v2", "event_type", "deactivated").at("msg").at("is_deactivated")
    == true);
  CHECK(error_code(rest()) == "trading_is_paused");
  const auto listed = [&](const char* filter) {
    const auto page =
      get(sim.ports.kalshi, std::string{api} + "/markets?limit=1000&status=" + filter);
    return std::ranges::any_of(page.body.at("markets").as_array(), [&](const json::value& row) {
      return row.at("ticker") == json::value(market.ticker);
    });
  };
  CHECK(listed("paused"));
  CHECK_FALSE(listed("open"));
  REQUIRE(act("activate") == 200);
  await(socket, "user_order", "status", "canceled");
  await(socket, "market_lifecycle_v2", "event_type", "activated");
  CHECK(rest().status == 201);
  REQUIRE(act("close-early") == 200);
  await(socket, "market_lifecycle_v2", "event_type", "close_date_updated");
  CHECK(error_code(rest()) == "MARKET_INACTIVE");
  CHECK(listed("closed"));
  await(socket, "user_order", "status", "canceled");
  CHECK(act("explode") == 400);
}

TEST_CASE_METHOD(VenuesFixture, "over the sockets fees, schedule and attestation change", "[sim]") {
  const auto schedule = get(sim.ports.kalshi, std::string{api} + "/exchange/schedule");
  CHECK(schedule.body.at("schedule").at("maintenance_windows").as_array().size() == 4);
  const json::object change{{"series", "KXNBAGAME"}, {"fee_multiplier", 0.5}, {"in_seconds", 3600}};
  REQUIRE(control("/sim/fee-change", change).status == 200);
  const auto planned =
    get(sim.ports.kalshi, std::string{api} + "/series/fee_changes?series_ticker=KXNBAGAME").body;
  CHECK(planned.at("series_fee_change_arr").at(0).at("fee_multiplier") == 0.5);
  const auto keys = get(sim.ports.kalshi, std::string{api} + "/api_keys").body;
  CHECK(keys.at("api_key_region_expiration_ts").as_int64() > wall_ms() / 1000);
  REQUIRE(control("/sim/attest", {{"seconds", 0}}).status == 200);
  const auto refused = rest();
  CHECK(refused.status == 403);
  CHECK(error_code(refused) == "api_key_region_attestation_expired");
  CHECK(control("/sim/attest", {{"seconds", "long"}}).status == 400);
}

TEST_CASE_METHOD(VenuesFixture, "over the sockets a wallet's approvals and positions are read",
                 "[sim]") {
  const auto& slate = sim.simulator.engine().slate();
  const auto& poly = slate.poly_markets.front();
  auto key =
    WalletKey::parse(Secret{"0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"});
  REQUIRE(key);
  const auto address = key->address();
  const auto port = sim.ports.polymarket;
  const auto login =
    call(port, http::verb::post, "/auth/api-key", "", l1_headers(*key, 137, wall_ms() / 1000));
  const auto credentials = ApiCredentials::decode(address, login.text);
  REQUIRE(credentials);
  const auto balance = [&](const std::string& target) {
    return call(port, http::verb::get, target, "",
                credentials->l2_headers(wall_ms() / 1000, "GET", target, ""));
  };
  const std::string query = "?asset_type=COLLATERAL&signature_type=0";
  const auto full = decode_polymarket_balance(balance("/balance-allowance" + query).text);
  REQUIRE(full);
  CHECK(full->allowances.size() == 3);
  CHECK(control("/sim/allowance", {{"address", to_string(address)},
                                   {"asset", "COLLATERAL"},
                                   {"spender", "v3"},
                                   {"amount", "0"}})
          .status
        == 200);
  const auto less = decode_polymarket_balance(balance("/balance-allowance" + query).text);
  REQUIRE(less);
  CHECK(std::ranges::count(less->allowances, 0, [](const auto& one) { return one.amount; }) == 1);
  CHECK(balance("/balance-allowance/update" + query).status == 200);
  const auto held = get(sim.ports.gamma, "/v2/positions?user=" + to_string(address));
  CHECK(held.status == 200);
  CHECK(held.body.at("data").as_array().empty());

  Client socket{port, "/ws/market", Headers{}};
  socket.send(R"({"type":"market","assets_ids":[],"custom_feature_enabled":true})");
  socket.send("PING");
  CHECK(socket.read() == "PONG");
  const auto act = [&](const char* action) {
    return control("/sim/lifecycle", {{"market", poly.condition}, {"action", action}}).status;
  };
  REQUIRE(act("hide") == 200);
  CHECK(get(port, "/book?token_id=" + poly.tokens[0]).status == 404);
  REQUIRE(act("create") == 200);
  CHECK(json::parse(socket.read()).at("event_type") == "new_market");
}

TEST_CASE_METHOD(VenuesFixture, "over the sockets a payout is told on both venues", "[sim]") {
  const auto& slate = sim.simulator.engine().slate();
  const auto& event = slate.kalshi_events[static_cast<std::size_t>(market.event)];
  Client socket{sim.ports.kalshi, "/trade-api/ws/v2", wall_ms()};
  socket.send(
    R"({"id":1,"cmd":"subscribe","params":{"channels":["market_lifecycle_v2","market_positions"]}})");
  await(socket, "subscribed", "channel", "market_positions");
  const auto bought = kalshi(http::verb::post, "/portfolio/events/orders",
                             {{"ticker", market.ticker},
                              {"side", "bid"},
                              {"count", "2.00"},
                              {"price", "0.9900"},
                              {"time_in_force", "immediate_or_cancel"},
                              {"self_trade_prevention_type", "taker_at_cross"}});
  REQUIRE(bought.body.at("fill_count") == "2.00");
  const auto id = slate.games[static_cast<std::size_t>(event.game)].espn_id;
  REQUIRE(control("/sim/cancel-game", {{"espn_id", id}}).status == 200);
  await(socket, "market_position", "position_fp", "0.00"); // paid after the settlement timer
  const auto rows = kalshi(http::verb::get, "/portfolio/settlements?ticker=" + market.ticker)
                      .body.at("settlements")
                      .as_array();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].at("yes_count_fp") == "2.00");
  CHECK(rows[0].at("market_result") == "scalar");
  CHECK(rows[0].at("revenue").as_int64() == 2 * rows[0].at("value").as_int64());
}

} // namespace arbees::sim
