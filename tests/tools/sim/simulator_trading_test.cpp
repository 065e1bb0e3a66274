#include <openssl/evp.h>
#include <openssl/pem.h>

#include "bridges/kalshi/kalshi_order_codec.hpp"
#include "bridges/kalshi/kalshi_signer.hpp"
#include "bridges/polymarket/polymarket_auth.hpp"
#include "bridges/polymarket/polymarket_order_codec.hpp"
#include "tests/tools/sim/running.hpp"

// Our own signers, encoders and decoders against the simulator's verification, over sockets.

namespace arbees::sim {

namespace {

struct KeyPair {
  std::string secret;
  std::string open;
};

KeyPair ed25519() {
  const std::shared_ptr<EVP_PKEY> key{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"),
                                      &EVP_PKEY_free};
  const auto text = [](auto write) {
    auto* const out = BIO_new(BIO_s_mem());
    REQUIRE(write(out) == 1);
    char* data = nullptr;
    const auto size = BIO_get_mem_data(out, &data);
    std::string pem(data, static_cast<std::size_t>(size));
    BIO_free(out);
    return pem;
  };
  return {text([&](BIO* out) {
            return PEM_write_bio_PKCS8PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr,
                                                 nullptr);
          }),
          text([&](BIO* out) { return PEM_write_bio_PUBKEY(out, key.get()); })};
}

/// A market that has its books on both sides, by its listing over HTTP.
const KalshiMarket& open_kalshi_market(const Simulator& simulator) {
  const auto& slate = simulator.engine().slate();
  for (const auto& market : slate.kalshi_markets) {
    const auto& event = slate.kalshi_events[static_cast<std::size_t>(market.event)];
    if (market.yes.kind == Kind::winner && event.league == League::nba
        && slate.games[static_cast<std::size_t>(event.game)].opening == Opening::scheduled) {
      return market;
    }
  }
  FAIL("no such market");
  return slate.kalshi_markets.front();
}

OrderIntent kalshi_intent(const KalshiMarket& market, Price limit, TimeInForce force) {
  return {.client_order_id = "a1-0",
          .ref = {.venue = arbees::Venue::kalshi, .native_id = market.ticker},
          .exchange_index = 3,
          .side = Side::yes,
          .action = Action::buy,
          .limit = limit,
          .quantity = Quantity{5 * quantity_per_contract},
          .time_in_force = force};
}

} // namespace

TEST_CASE("our Kalshi client's signed orders are taken, and no one else's", "[sim]") {
  const auto pair = ed25519();
  auto config = Running::usual();
  config.kalshi_keys["key-1"] = pair.open;
  Running sim{config};
  const auto& market = open_kalshi_market(sim.simulator);
  const auto signer = KalshiSigner::make("key-1", pair.secret);
  REQUIRE(signer);
  const auto send = [&](http::verb verb, const char* method, const std::string& target,
                        const std::string& body = {}) {
    const auto path = "/trade-api/v2" + target;
    const auto headers = signer->headers(std::chrono::time_point_cast<Timestamp::duration>(
                                           std::chrono::system_clock::now()),
                                         method, path);
    REQUIRE(headers);
    return call(sim.ports.kalshi, verb, path, body, *headers);
  };
  CHECK(get(sim.ports.kalshi, "/trade-api/v2/portfolio/balance").status == 401);
  CHECK(Client(sim.ports.kalshi, "/trade-api/ws/v2", wall_ms()).status() == 401);

  const auto intent = kalshi_intent(market, Price{100}, TimeInForce::good_till_cancelled);
  const auto body = encode_kalshi_create(intent);
  REQUIRE(body);
  const auto made = send(http::verb::post, "POST", std::string{kalshi_orders_target}, *body);
  const auto answer = decode_kalshi_create(made.status, made.text, intent);
  CHECK(answer.verdict == Verdict::taken);
  CHECK(answer.resting == intent.quantity);
  const auto again = send(http::verb::post, "POST", std::string{kalshi_orders_target}, *body);
  CHECK(decode_kalshi_create(again.status, again.text, intent).verdict == Verdict::duplicate);

  const auto listed = decode_kalshi_orders(send(http::verb::get, "GET", "/portfolio/orders").text);
  REQUIRE(listed);
  REQUIRE(listed->items.size() == 1);
  CHECK(listed->items[0].client_order_id == "a1-0");
  CHECK(listed->items[0].state == KalshiOrderState::resting);
  const auto limits = decode_kalshi_limits(send(http::verb::get, "GET", "/account/limits").text);
  REQUIRE(limits);
  CHECK(limits->write_per_second == 300);
  const auto balance =
    decode_kalshi_balance(send(http::verb::get, "GET", "/portfolio/balance").text);
  REQUIRE(balance);
  CHECK(balance->shards.size() == 2);

  const auto cancelled =
    send(http::verb::delete_, "DELETE", kalshi_cancel_target(answer.venue_order_id, 3));
  CHECK(decode_kalshi_cancel(cancelled.status, cancelled.text, answer.venue_order_id).verdict
        == Verdict::taken);
  const auto books = get(sim.ports.gamma, "/sim/books").body;
  CHECK(books.at("kalshi").at("accounts").at(0).at("key") == "key-1");
}

TEST_CASE("our Polymarket client logs in, trades and hears of it", "[sim]") {
  auto config = Running::usual();
  config.world.speed = 0.1;
  Running sim{config};
  const auto& slate = sim.simulator.engine().slate();
  const auto found = std::ranges::find_if(slate.poly_markets, [](const PolyMarket& market) {
    return market.sports_type == "moneyline" && !market.neg_risk;
  });
  REQUIRE(found != slate.poly_markets.end());
  const auto port = sim.ports.polymarket;
  const auto now = [] { return wall_ms() / 1000; };
  auto key =
    WalletKey::parse(Secret{"0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"});
  REQUIRE(key);
  const auto address = key->address();
  const auto login =
    call(port, http::verb::post, "/auth/api-key", "", l1_headers(*key, 137, now()));
  REQUIRE(login.status == 200);
  const auto credentials = ApiCredentials::decode(address, login.text);
  REQUIRE(credentials);
  const auto send = [&](http::verb verb, const char* method, const std::string& target,
                        const std::string& body = {}) {
    return call(port, verb, target, body, credentials->l2_headers(now(), method, target, body));
  };
  const auto signer = PolymarketOrderSigner::make(
    std::move(*key), {.funder = *parse_address("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
                      .type = SignatureType::deposit_wallet});
  REQUIRE(signer);

  Client user{port, "/ws/user", Headers{}};
  REQUIRE_FALSE(user.error());
  user.send(std::string{credentials->user_subscription({}).reveal()});
  user.send("PING"); // its PONG says that the log-in was read
  CHECK(user.read() == "PONG");

  const auto tick = *parse_price(std::to_string(
    get(port, "/tick-size?token_id=" + found->tokens[0]).body.at("minimum_tick_size").as_double()));
  OrderIntent intent{.client_order_id = "a1-1",
                     .ref = {.venue = arbees::Venue::polymarket,
                             .native_id = found->condition,
                             .tokens = {found->tokens[0], found->tokens[1]}},
                     .side = Side::yes,
                     .action = Action::buy,
                     .limit = tick,
                     .quantity = Quantity{5 * quantity_per_contract},
                     .time_in_force = TimeInForce::good_till_cancelled};
  const auto made =
    signer->sign(intent, {.tick = tick, .negative_risk = found->neg_risk}, from_ms(wall_ms()));
  REQUIRE(made);
  const auto body = encode_polymarket_order(*made, {.owner = credentials->api_key(),
                                                    .time_in_force = intent.time_in_force});
  REQUIRE(body);
  const auto posted = send(http::verb::post, "POST", "/order", *body);
  const auto answer =
    decode_polymarket_post(posted.status, posted.text, "", *made, TimeInForce::good_till_cancelled);
  CHECK(answer.verdict == Verdict::taken);
  CHECK(answer.resting == intent.quantity);
  CHECK(answer.venue_order_id == made->order_id);
  const auto heard = json::parse(user.read());
  CHECK(heard.at("event_type") == "order");
  CHECK(heard.at("type") == "PLACEMENT");
  CHECK(heard.at("id") == json::value(made->order_id));

  const auto twice = send(http::verb::post, "POST", "/order", *body);
  CHECK(
    decode_polymarket_post(twice.status, twice.text, "", *made, TimeInForce::good_till_cancelled)
      .verdict
    == Verdict::duplicate);
  const auto listed = decode_polymarket_orders(
    send(http::verb::get, "GET", polymarket_orders_target(found->condition, "")).text);
  REQUIRE(listed);
  REQUIRE(listed->items.size() == 1);
  CHECK(listed->items[0].id == made->order_id);
  const auto looked_up = decode_polymarket_lookup(
    send(http::verb::get, "GET", polymarket_lookup_target(made->order_id)).text);
  REQUIRE(looked_up);
  REQUIRE(*looked_up);
  CHECK((*looked_up)->state == PolymarketOrderState::live);
  const auto balance = decode_polymarket_balance(
    send(http::verb::get, "GET", polymarket_balance_target("", SignatureType::deposit_wallet))
      .text);
  REQUIRE(balance);
  CHECK(balance->balance == 10'000'000'000);

  const auto gone =
    send(http::verb::delete_, "DELETE", "/order", encode_polymarket_cancel(made->order_id));
  CHECK(decode_polymarket_cancel(gone.status, gone.text, made->order_id).verdict == Verdict::taken);
  CHECK(json::parse(user.read()).at("type") == "CANCELLATION");
}

TEST_CASE("control calls halt both venues", "[sim]") {
  Running sim;
  const auto post = [&](const std::string& path, const std::string& body) {
    return call(sim.ports.gamma, http::verb::post, path, body).status;
  };
  CHECK(post("/sim/pause", R"({"venue":"kalshi","seconds":30})") == 200);
  CHECK(get(sim.ports.kalshi, "/trade-api/v2/exchange/status").body.at("trading_active") == false);
  CHECK(post("/sim/restart", R"({"seconds":30})") == 200);
  CHECK(post("/sim/pause", R"({"venue":"nowhere"})") == 400);
  CHECK(post("/sim/pause", R"({"venue":"kalshi","seconds":-1})") == 400);
  CHECK(post("/sim/pause", "rubbish") == 400);
  CHECK(post("/sim/cancel-game", R"({"espn_id":"none"})") == 400);
  const auto game = sim.simulator.engine().slate().games.front().espn_id;
  CHECK(post("/sim/cancel-game", R"({"espn_id":")" + game + "\"}") == 200);
}

} // namespace arbees::sim
