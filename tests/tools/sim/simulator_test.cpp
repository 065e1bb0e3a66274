#include "tests/tools/sim/running.hpp"

namespace arbees::sim {

TEST_CASE("a game is found on all three sources and streams on both venues", "[sim]") {
  Running sim;
  const auto truth = get(sim.ports.gamma, "/sim/truth").body;
  const auto& game = truth.at("games").at(0);
  REQUIRE(game.at("on_both_venues").as_bool());
  const auto event = std::string{game.at("kalshi").at("event_ticker").as_string()};
  const auto ticker = std::string{game.at("kalshi").at("markets").at(0).at("ticker").as_string()};
  const auto slug = std::string{game.at("polymarket").at("slug").as_string()};
  const auto token =
    std::string{game.at("polymarket").at("tokens").at(0).at("token_id").as_string()};

  CHECK(get(sim.ports.kalshi, "/trade-api/v2/events/" + event).status == 200);
  const auto listed = get(sim.ports.gamma, "/events/slug/" + slug).body;
  CHECK(listed.at("startTime") == game.at("start"));
  CHECK(listed.at("markets").at(0).at("clobTokenIds").as_string().find(token) != std::string::npos);
  const auto start = std::string{game.at("start").as_string()};
  const auto board = get(sim.ports.espn, "/apis/site/v2/sports/basketball/nba/scoreboard?dates="
                                           + date_compact(eastern(wall_ms() / 1000 - 86'400)) + "-"
                                           + date_compact(eastern(wall_ms() / 1000 + 86'400)))
                       .body;
  CHECK(board.at("events").at(0).at("id") == game.at("espn_id"));

  Client kalshi{sim.ports.kalshi, "/trade-api/ws/v2", wall_ms()};
  REQUIRE_FALSE(kalshi.error());
  kalshi.send(
    R"({"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta"],"use_yes_price":true,"market_tickers":[")"
    + ticker + R"("]}})");
  CHECK(json::parse(kalshi.read()).at("type") == "subscribed");
  CHECK(json::parse(kalshi.read()).at("type") == "orderbook_snapshot");
  std::int64_t seq = 1;
  for (auto i = 0; i < 5; ++i) {
    const auto frame = json::parse(kalshi.read());
    CHECK(frame.at("type") == "orderbook_delta");
    CHECK(frame.at("seq") == ++seq);
    CHECK(std::abs(frame.at("msg").at("ts_ms").as_int64() - wall_ms()) < 2000);
  }

  Client poly{sim.ports.polymarket, "/ws/market", 0};
  REQUIRE_FALSE(poly.error());
  poly.send(R"({"type":"market","assets_ids":[")" + token + R"("]})");
  CHECK(json::parse(poly.read()).as_array().at(0).at("event_type") == "book");
  poly.send("PING");
  auto pong = false;
  for (auto i = 0; i < 1000 && !pong; ++i) {
    pong = poly.read() == "PONG";
  }
  CHECK(pong);
}

TEST_CASE("the Kalshi socket opens only with fresh credentials", "[sim]") {
  Running sim;
  CHECK(Client(sim.ports.kalshi, "/trade-api/ws/v2", wall_ms() - 60'000).status() == 401);
  CHECK(Client(sim.ports.kalshi, "/trade-api/ws/v2", wall_ms() - 5'000).status() == 101);
  CHECK(Client(sim.ports.kalshi, "/other", wall_ms()).status() == 404);
}

TEST_CASE("pages of events hold each event once", "[sim]") {
  Running sim;
  std::map<std::string, int> seen;
  std::string cursor;
  auto pages = 0;
  do {
    const auto page = get(sim.ports.kalshi, "/trade-api/v2/events?limit=20&with_milestones=true"
                                              + (cursor.empty() ? "" : "&cursor=" + cursor))
                        .body;
    for (const auto& event : page.at("events").as_array()) {
      ++seen[std::string{event.at("event_ticker").as_string()}];
    }
    cursor = page.at("cursor").as_string();
    ++pages;
  } while (!cursor.empty() && pages < 100);
  CHECK(pages > 3);
  CHECK(seen.size() == sim.simulator.engine().slate().kalshi_events.size());
  for (const auto& [ticker, count] : seen) {
    CHECK(count == 1);
  }
  CHECK(get(sim.ports.kalshi, "/trade-api/v2/events?cursor=junk").status == 400);
  CHECK(get(sim.ports.kalshi, "/trade-api/v2/events?limit=0").status == 400);
}

TEST_CASE("the CLOB tells a market's book, tick and fee", "[sim]") {
  Running sim;
  const auto& market = sim.simulator.engine().slate().poly_markets.front();
  const auto book = get(sim.ports.polymarket, "/book?token_id=" + market.tokens[0]).body;
  CHECK(book.at("asset_id") == json::value(market.tokens[0]));
  CHECK(book.at("hash").as_string().size() == 40);
  const auto both = call(sim.ports.polymarket, http::verb::post, "/books",
                         R"([{"token_id":")" + market.tokens[0] + R"("},{"token_id":")"
                           + market.tokens[1] + R"("}])");
  CHECK(both.body.as_array().size() == 2);
  CHECK(call(sim.ports.polymarket, http::verb::post, "/books", "{}").status == 400);
  const auto terse = get(sim.ports.polymarket, "/clob-markets/" + market.condition).body;
  CHECK(terse.at("fd").at("r").as_double() == 0.05);
  CHECK(terse.at("t").at(1).at("t") == json::value(market.tokens[1]));
  CHECK(get(sim.ports.polymarket, "/book?token_id=1").status == 404);
  CHECK(terse.at("r").is_null()); // the venue's client declares it
  CHECK(get(sim.ports.polymarket, "/version").body.at("version") == 2);
}

TEST_CASE("the CLOB tells price, midpoint, spread and the last trade", "[sim]") {
  auto config = Running::usual();
  config.world.rate = 1; // the book keeps still
  Running sim{config};
  const auto ask = [&](const std::string& target) { return get(sim.ports.polymarket, target); };
  const auto& engine = sim.simulator.engine();
  const auto quoted = [&](const PolyMarket& market) {
    return engine.book(market.book).best(BookSide::bid)
           && engine.book(market.book).best(BookSide::ask);
  };
  const auto& markets = engine.slate().poly_markets;
  const auto market = std::ranges::find_if(markets, quoted);
  REQUIRE(market != markets.end());
  const auto bid = engine.book(market->book).best(BookSide::bid)->value();
  const auto offer = engine.book(market->book).best(BookSide::ask)->value();
  const auto number = [](const json::value& text) { return *parse_decimal(text.as_string(), 5); };
  const auto first = "token_id=" + market->tokens[0];
  const auto second = "token_id=" + market->tokens[1];
  CHECK(number(ask("/price?side=BUY&" + first).body.at("price")) == 10 * bid);
  CHECK(number(ask("/price?side=SELL&" + first).body.at("price")) == 10 * offer);
  CHECK(number(ask("/price?side=BUY&" + second).body.at("price")) == 100'000 - 10 * offer);
  CHECK(number(ask("/midpoint?" + first).body.at("mid")) == 5 * (bid + offer));
  CHECK(number(ask("/spread?" + second).body.at("spread")) == 10 * (offer - bid));
  const auto last = ask("/last-trade-price?" + first).body;
  CHECK(number(last.at("price")) > 0);
  CHECK((last.at("side") == "" || last.at("side") == "BUY" || last.at("side") == "SELL"));
  CHECK(ask("/price?" + first).status == 404);
  CHECK(ask("/midpoint?token_id=1").status == 404);
  const auto several = [&](const char* path) {
    const json::array wanted{json::object{{"token_id", market->tokens[0]}, {"side", "SELL"}},
                             json::object{{"token_id", "1"}, {"side", "SELL"}}};
    return call(sim.ports.polymarket, http::verb::post, path, json::serialize(wanted)).body;
  };
  const auto prices = several("/prices").as_object();
  CHECK(prices.size() == 1); // without the unknown one
  CHECK(number(prices.at(market->tokens[0]).at("SELL")) == 10 * offer);
  CHECK(number(several("/midpoints").at(market->tokens[0])) == 5 * (bid + offer));
  CHECK(number(several("/spreads").at(market->tokens[0])) == 10 * (offer - bid));
  CHECK(several("/last-trades-prices").at(0).at("token_id") == json::value(market->tokens[0]));
  CHECK(call(sim.ports.polymarket, http::verb::post, "/prices", "[1]").status == 400);
}

TEST_CASE("several Kalshi books come in one answer", "[sim]") {
  Running sim;
  const auto& markets = sim.simulator.engine().slate().kalshi_markets;
  const auto path = std::string{"/trade-api/v2/markets/orderbooks"};
  const auto both =
    get(sim.ports.kalshi, path + "?tickers=" + markets[0].ticker + "&tickers=" + markets[1].ticker);
  REQUIRE(both.status == 200);
  const auto& books = both.body.at("orderbooks").as_array();
  REQUIRE(books.size() == 2);
  CHECK(books[1].at("ticker") == json::value(markets[1].ticker));
  CHECK(books[0].at("orderbook_fp").as_object().contains("yes_dollars"));
  CHECK(get(sim.ports.kalshi, path).status == 400);
  CHECK(get(sim.ports.kalshi, path + "?tickers=KXNONE").status == 404);
}

TEST_CASE("an order over HTTP moves the book that others see", "[sim]") {
  Running sim;
  const auto events =
    get(sim.ports.kalshi, "/trade-api/v2/markets?series_ticker=KXNFLGAME&limit=1");
  const auto& market = events.body.at("markets").at(0);
  const auto ticker = std::string{market.at("ticker").as_string()};
  Client watcher{sim.ports.kalshi, "/trade-api/ws/v2", wall_ms()};
  watcher.send(
    R"({"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta"],"market_tickers":[")"
    + ticker + R"("]}})");
  watcher.read();
  watcher.read();
  // One cent is on every grid and no simulated maker bids there unless the game is lost.
  const auto made = call(
    sim.ports.kalshi, http::verb::post, "/trade-api/v2/portfolio/events/orders",
    R"({"ticker":")" + ticker
      + R"(","side":"bid","count":"3.21","price":"0.0100","time_in_force":"good_till_canceled","self_trade_prevention_type":"maker"})");
  REQUIRE(made.status == 201);
  auto found = false;
  for (auto i = 0; i < 5000 && !found; ++i) {
    const auto frame = json::parse(watcher.read());
    const auto& msg = frame.at("msg");
    found = msg.at("price_dollars") == "0.0100" && msg.at("delta_fp") == "3.21";
  }
  CHECK(found);
  CHECK(get(sim.ports.kalshi, "/trade-api/v2/portfolio/orders").body.at("orders").as_array().size()
        == 1);
}

TEST_CASE("a client that does not read is dropped and the others go on", "[sim]") {
  Running sim;
  Client slow{sim.ports.kalshi, "/trade-api/ws/v2", wall_ms()};
  json::array tickers;
  for (const auto& market : sim.simulator.engine().slate().kalshi_markets) {
    tickers.push_back(json::value(market.ticker));
  }
  slow.send(json::serialize(
    json::object{{"id", 1},
                 {"cmd", "subscribe"},
                 {"params", json::object{{"channels", json::array{"orderbook_delta"}},
                                         {"market_tickers", tickers}}}}));
  const auto again = json::serialize(json::object{
    {"id", 2},
    {"cmd", "update_subscription"},
    {"params", json::object{{"sid", 1}, {"action", "get_snapshot"}, {"market_tickers", tickers}}}});
  auto dropped = std::int64_t{0};
  for (auto i = 0; i < 2000 && dropped == 0; ++i) {
    try {
      slow.send(again); // some 100 KB of snapshots each, never read
    } catch (const beast::system_error&) {
      break; // the server has hung up
    }
    if (i % 20 == 0) {
      dropped =
        get(sim.ports.espn, "/sim/stats").body.at("kalshi").at("slow_clients_dropped").as_int64();
    }
  }
  dropped =
    get(sim.ports.espn, "/sim/stats").body.at("kalshi").at("slow_clients_dropped").as_int64();
  CHECK(dropped == 1);
}

TEST_CASE("a taken port is one clear line", "[sim]") {
  Running sim;
  asio::io_context io;
  SimulatorConfig config{.world = {.epoch_ms = wall_ms()}, .ports = {sim.ports.kalshi, 0, 0, 0}};
  Simulator second{io, config};
  CHECK_THROWS_WITH(second.start(),
                    Catch::Contains("cannot listen on 127.0.0.1:") && Catch::Contains("kalshi"));
}

} // namespace arbees::sim
