#include <cmath>

#include "bridges/net/clock_skew.hpp"
#include "tests/tools/sim/fault_client.hpp"

// Each fault class over real sockets, and what the venue's own books say then.

namespace arbees::sim {

TEST_CASE("a request fails as its class says, before or after the venue took the order", "[sim]") {
  struct Row {
    const char* fault;
    bool answered;
    unsigned least;
    unsigned most;
    bool taken;
    int least_ms;
  };
  const auto row = GENERATE(
    Row{"http_429", true, 429, 429, false, 0}, Row{"http_500_before", true, 500, 504, false, 0},
    Row{"http_500_after", true, 500, 504, true, 0},
    Row{"http_timeout_before", false, 0, 0, false, 200},
    Row{"http_timeout_after", false, 0, 0, true, 200}, Row{"http_cut", false, 0, 0, true, 0},
    Row{"http_garbage", true, 200, 200, true, 0}, Row{"http_delay", true, 201, 201, true, 50},
    Row{"http_425", true, 201, 201, true, 0}); // Polymarket's alone
  INFO(row.fault);
  Running sim{stormy(std::string{row.fault} + "=1")};
  const auto& market = football(sim);
  std::multiset<std::string> sent;
  std::set<std::string> texts;
  for (auto i = 0; i < 5; ++i) {
    const auto id = "a" + std::to_string(i);
    const auto outcome = try_call(sim.ports.kalshi, http::verb::post, kalshi_orders,
                                  kalshi_body(market, id, "0.0100"));
    sent.insert(id);
    texts.insert(outcome.text);
    CHECK((!outcome.error) == row.answered);
    CHECK(outcome.status >= row.least);
    CHECK(outcome.status <= row.most);
    CHECK(outcome.took.count() >= row.least_ms);
    CHECK(outcome.took.count() < row.least_ms + 4000);
    CHECK(taken(sim) == (row.taken ? sent : std::multiset<std::string>{}));
  }
  const auto struck = std::string{row.fault} == "http_425" ? 0 : 5;
  CHECK(count_of(sim, row.fault) == struck);
  set_faults(sim, "off");
  CHECK(try_call(sim.ports.kalshi, http::verb::post, kalshi_orders,
                 kalshi_body(market, "after", "0.0100"))
          .status
        == 201);
}

TEST_CASE("Polymarket's engine answers 425 while its books stay readable", "[sim]") {
  Running sim{stormy("http_425=1")};
  const auto answer = try_call(sim.ports.polymarket, http::verb::delete_, "/cancel-all");
  CHECK(answer.status == 425);
  CHECK(answer.text == R"({"error":"matching engine is restarting"})");
  CHECK(get(sim.ports.polymarket, "/time").status == 200);
  CHECK(count_of(sim, "http_425") == 1);
}

TEST_CASE("catalogues and scoreboards fail as well, control calls never", "[sim]") {
  Running sim{stormy("http_500_before=1")};
  for (const auto& [port, target] :
       {std::pair{sim.ports.kalshi, "/trade-api/v2/events"},
        {sim.ports.polymarket, "/time"},
        {sim.ports.gamma, "/sports"},
        {sim.ports.espn, "/apis/site/v2/sports/basketball/nba/scoreboard"}}) {
    INFO(target);
    CHECK(try_call(port, http::verb::get, target).status >= 500);
    CHECK(get(port, "/sim/truth").status == 200);
  }
  set_faults(sim, "http_garbage=1");
  for (auto i = 0; i < 10; ++i) {
    const auto answer = try_call(sim.ports.gamma, http::verb::get, "/sports");
    CHECK(answer.status == 200);
    json::error_code failure;
    const auto parsed = json::parse(answer.text, failure);
    CHECK((failure || parsed == json::array{nullptr, 3}));
  }
  set_faults(sim, "off");
  CHECK(get(sim.ports.gamma, "/sports").status == 200);
}

TEST_CASE("an upgrade is refused, hangs or comes late", "[sim]") {
  Running sim{stormy("http_429=1")};
  CHECK(Client(sim.ports.kalshi, "/trade-api/ws/v2", wall_ms()).status() == 429);
  set_faults(sim, "http_500_before=1");
  CHECK(Client(sim.ports.polymarket, "/ws/user", Headers{}).status() >= 500);
  set_faults(sim, "http_timeout_before=1");
  CHECK(Client(sim.ports.polymarket, "/ws/market", Headers{}).error());
  set_faults(sim, "http_delay=1");
  CHECK(Client(sim.ports.kalshi, "/trade-api/ws/v2", wall_ms()).status() == 101);
}

TEST_CASE("dropped frames leave gaps in Kalshi's sequence", "[sim]") {
  Running sim;
  KalshiListener client{sim};
  REQUIRE(client.frames_are(400));
  CHECK(consecutive(client.numbers()));
  set_faults(sim, "drop=0.3");
  const auto before = client.frames.size();
  REQUIRE(client.frames_are(before + 200));
  const auto numbers = client.numbers();
  CHECK_FALSE(consecutive(numbers));
  CHECK(std::ranges::is_sorted(numbers));
  CHECK(count_of(sim, "drop") > 20);
}

TEST_CASE("doubled frames come twice in a row, at both venues", "[sim]") {
  Running sim;
  const auto doubled = [](const std::vector<std::string>& frames) {
    auto pairs = 0;
    for (std::size_t i = 1; i < frames.size(); ++i) {
      pairs += frames[i] == frames[i - 1] ? 1 : 0;
    }
    return pairs;
  };
  KalshiListener kalshi{sim};
  REQUIRE(kalshi.frames_are(400));
  CHECK(doubled(kalshi.frames) == 0);
  Listener poly{sim.ports.polymarket, "/ws/market"};
  set_faults(sim, "duplicate=1");
  const auto before = kalshi.frames.size();
  REQUIRE(kalshi.frames_are(before + 300));
  CHECK(doubled(kalshi.frames) > 100);
  poly.send("PING");
  REQUIRE(poly.frames_are(2));
  CHECK(poly.frames == std::vector<std::string>{"PONG", "PONG"});
}

TEST_CASE("swapped frames come out of order, and none is lost", "[sim]") {
  Running sim;
  KalshiListener client{sim};
  REQUIRE(client.frames_are(400));
  set_faults(sim, "reorder=0.3");
  REQUIRE(client.frames_are(client.frames.size() + 300));
  set_faults(sim, "off");
  REQUIRE(client.frames_are(client.frames.size() + 300));
  auto numbers = client.numbers();
  CHECK_FALSE(consecutive(numbers));
  std::ranges::sort(numbers);
  CHECK(consecutive(numbers));
}

TEST_CASE("late frames come within 1.5 s, also after the storm", "[sim]") {
  Running sim;
  KalshiListener client{sim};
  REQUIRE(client.frames_are(400));
  set_faults(sim, "delay=0.3");
  REQUIRE(client.frames_are(client.frames.size() + 300));
  set_faults(sim, "off");
  const auto over = client.frames.size();
  client.run(milliseconds{1800});
  REQUIRE(client.frames.size() > over + 100);
  auto numbers = client.numbers();
  CHECK_FALSE(consecutive(numbers));
  std::ranges::sort(numbers);
  CHECK(consecutive(numbers));
}

TEST_CASE("a connection ends within a frame, and the next one opens", "[sim]") {
  Running sim{stormy("partial=1")};
  KalshiListener client{sim};
  client.until([] { return false; }, seconds{5});
  CHECK(client.error);
  CHECK(client.error != websocket::error::closed);
  CHECK_FALSE(client.frames.empty());
  CHECK(count_of(sim, "partial") == 1);
  CHECK(consecutive(client.numbers())); // up to there all came
  KalshiListener again{sim};
  CHECK(again.frames_are(10));
}

TEST_CASE("a connection is reset somewhere in its stream", "[sim]") {
  Running sim{stormy("cut=1")};
  KalshiListener client{sim};
  client.until([] { return false; }, seconds{8});
  CHECK((client.error == asio::error::connection_reset || client.error == asio::error::eof));
  CHECK(count_of(sim, "cut") == 1);
}

TEST_CASE("a frozen socket stays up, and answers pings or not even those", "[sim]") {
  const auto wants_deaf = GENERATE(true, false);
  // The first link's first freeze is a function of the seed: take one of the wanted kind.
  std::uint64_t seed = 0;
  for (auto found = false; !found; ++seed) {
    FaultPlan plan{std::get<FaultRates>(parse_faults("freeze=1")), seed + 1};
    FaultyLink link{plan, plan.next_link()};
    link.say({""}, 0);
    link.say({""}, 1000);
    const auto deaf = link.deaf();
    link.release(5000);
    found = deaf == wants_deaf && !link.busy(5000);
  }
  Running sim{stormy("freeze=1", seed)};
  KalshiListener client{sim};
  const auto silent = [&] {
    return !client.times.empty() && Clock::now() - client.times.back() > milliseconds{400};
  };
  REQUIRE(client.until(silent));
  CHECK(count_of(sim, "freeze") == 1);
  const auto said = client.frames.size();
  set_faults(sim, "off");
  client.ping();
  client.run(milliseconds{400});
  CHECK(client.pongs == (wants_deaf ? 0 : 1));
  CHECK(client.frames.size() == said);
  CHECK_FALSE(client.error);
  CHECK(client.until([&] { return client.frames.size() > said + 50; }, seconds{9}));
  CHECK(client.until([&] { return client.pongs == 1; }, seconds{2}));
}

TEST_CASE("what the private channels lose stands in the venues' books", "[sim]") {
  Running sim;
  Listener kalshi{sim.ports.kalshi, "/trade-api/ws/v2"};
  kalshi.send(R"({"id":1,"cmd":"subscribe","params":{"channels":["user_orders","fill"]}})");
  REQUIRE(kalshi.frames_are(2));
  PolySocket trader{sim};
  Listener user{sim.ports.polymarket, "/ws/user"};
  user.send(trader.user_subscription());
  user.send("PING");
  REQUIRE(user.frames_are(1));

  set_faults(sim, "drop=1");
  CHECK(try_call(sim.ports.kalshi, http::verb::post, kalshi_orders,
                 kalshi_body(football(sim), "quiet", "0.0100"))
          .status
        == 201);
  CHECK(trader.buy(Price{100}, TimeInForce::good_till_cancelled).status == 200);
  set_faults(sim, "off");
  kalshi.send(R"({"id":2,"cmd":"list_subscriptions"})");
  user.send("PING");
  REQUIRE(kalshi.frames_are(3));
  REQUIRE(user.frames_are(2));
  CHECK(json::parse(kalshi.frames[2]).at("id") == 2); // nothing was said in between
  CHECK(user.frames[1] == "PONG");
  CHECK(taken(sim).contains("quiet"));
  const auto orders = poly_books(sim).at("wallets").at(0).at("orders");
  CHECK(orders.at(0).at("id") == json::value(trader.last_id));
}

TEST_CASE("ghost fills and restarts strike orders at Polymarket", "[sim]") {
  Running sim{stormy("ghost_fill=1")};
  PolySocket trader{sim};
  Listener user{sim.ports.polymarket, "/ws/user"};
  user.send(trader.user_subscription());
  REQUIRE(trader.buy(Price{9900}, TimeInForce::good_till_cancelled).status == 200);
  const auto said = [&](const char* status) {
    return user.until([&] {
      return std::ranges::any_of(user.frames, [&](const std::string& frame) {
        return frame.find(std::string{R"("status":")"} + status + '"') != std::string::npos;
      });
    });
  };
  CHECK(said("MATCHED"));
  CHECK(said("RETRYING"));
  CHECK(said("FAILED"));
  CHECK(poly_books(sim).at("trades").at(0).at("status") == "FAILED");
  CHECK(count_of(sim, "ghost_fill") >= 1);

  set_faults(sim, "restart=1");
  auto restarted = false;
  user.until(
    [&] {
      restarted = trader.buy(Price{100}, TimeInForce::good_till_cancelled).status == 425;
      return restarted;
    },
    seconds{5});
  CHECK(restarted);
}

TEST_CASE("the Date header jumps with the venue's clock, and signatures must follow", "[sim]") {
  Running sim{stormy("clock_jump=1")};
  Listener pace{sim.ports.polymarket, "/ws/market"}; // keeps the time between looks
  const std::string target = "/trade-api/v2/portfolio/balance";
  const auto skew = [&]() -> UnixMillis {
    const auto answer =
      try_call(sim.ports.kalshi, http::verb::get, "/trade-api/v2/exchange/status");
    const auto date = parse_http_date(answer.date);
    REQUIRE(date);
    return std::chrono::duration_cast<milliseconds>(date->time_since_epoch()).count() - wall_ms();
  };
  UnixMillis jumped = 0;
  const auto far = [&] {
    pace.run(milliseconds{100});
    jumped = skew();
    return std::abs(jumped) > 35'000;
  };
  REQUIRE(pace.until(far, seconds{50}));
  const auto status = [&](UnixMillis stamp) {
    return try_call(sim.ports.kalshi, http::verb::get, target, "", any_kalshi_headers(stamp))
      .status;
  };
  CHECK(status(wall_ms()) == 401);
  CHECK(status(wall_ms() + jumped) == 200);
  CHECK(std::abs(get(sim.ports.polymarket, "/time").body.as_int64() * 1000 - wall_ms() - jumped)
        < 2500);
  set_faults(sim, "off");
  CHECK(std::abs(skew()) < 2500);
  CHECK(status(wall_ms()) == 200);
}

TEST_CASE("pauses and lack of money come and go", "[sim]") {
  Running sim{stormy("pause=1")};
  Listener pace{sim.ports.polymarket, "/ws/market"};
  const auto paused = [&] {
    pace.run(milliseconds{100});
    const auto status = get(sim.ports.kalshi, "/trade-api/v2/exchange/status").body;
    return std::ranges::any_of(status.at("exchange_index_statuses").as_array(),
                               [](const json::value& shard) {
                                 return shard.at("trading_active") == false;
                               });
  };
  CHECK(pace.until(paused, seconds{15}));
  set_faults(sim, "insufficient_funds=1");
  CHECK(pace.until([&] { return !paused(); }, seconds{8}));
  auto orders = 0;
  const auto refused = [&] {
    pace.run(milliseconds{100});
    const auto answer =
      try_call(sim.ports.kalshi, http::verb::post, kalshi_orders,
               kalshi_body(football(sim), "f" + std::to_string(++orders), "0.0100"));
    return answer.status == 400
           && answer.text.find(R"("code":"insufficient_balance")") != std::string::npos;
  };
  CHECK(pace.until(refused, seconds{20}));
  set_faults(sim, "off");
  CHECK_FALSE(refused());
}

TEST_CASE("a market that has paid pays anew, and the books show the last word", "[sim]") {
  auto config = stormy("settlement_reversal=1");
  config.world.speed = 600;
  Running sim{config};
  Listener pace{sim.ports.polymarket, "/ws/market"};
  REQUIRE(try_call(sim.ports.kalshi, http::verb::post, kalshi_orders,
                   kalshi_body(football(sim), "one", "0.9900", "immediate_or_cancel"))
            .status
          == 201);
  json::object first;
  const auto row = [&]() -> json::object {
    pace.run(milliseconds{100});
    const auto account = kalshi_books(sim).at(0);
    const auto& all = account.at("settlements").as_array();
    return all.empty() ? json::object{} : all.at(0).as_object();
  };
  REQUIRE(pace.until(
    [&] {
      first = row();
      return !first.empty();
    },
    seconds{25}));
  const auto cash = [&] {
    return *parse_money(kalshi_books(sim).at(0).at("cash").at("0").as_string());
  };
  const auto before = cash();
  json::object last;
  REQUIRE(pace.until(
    [&] {
      last = row();
      return last.at("revenue_dollars") != first.at("revenue_dollars");
    },
    seconds{12}));
  CHECK(last.at("market_result") != first.at("market_result"));
  const auto money = [](const json::value& text) { return *parse_money(text.as_string()); };
  CHECK(cash() - before == money(last.at("revenue_dollars")) - money(first.at("revenue_dollars")));
  CHECK(kalshi_books(sim).at(0).at("settlements").as_array().size() == 1);
}

namespace {

/// What a Kalshi account's cash must be by its fills and settlements.
Money accounted(const json::value& account, Money start) {
  std::map<std::string, Quantity, std::less<>> held;
  auto cash = start;
  for (const auto& fill : account.at("fills").as_array()) {
    const auto size = *parse_quantity(fill.at("count_fp").as_string());
    const auto price = *parse_price(fill.at("yes_price_dollars").as_string());
    const auto buys = fill.at("book_side") == "bid";
    auto& now = held[std::string{fill.at("ticker").as_string()}];
    const auto other = buys ? std::max(Quantity{0} - now, Quantity{0}) : std::max(now, Quantity{0});
    cash += payout(std::min(size, other))
            - notional(buys ? price : complement(price), size, Rounding::up)
            - *parse_money(fill.at("fee_cost").as_string());
    now = buys ? now + size : now - size;
  }
  for (const auto& settlement : account.at("settlements").as_array()) {
    cash += *parse_money(settlement.at("revenue_dollars").as_string());
  }
  return cash;
}

/// What a wallet's cash must be by its trades and what tokens paid.
Money accounted(const json::value& wallet, const json::value& trades, Money start) {
  auto cash = start + *parse_money(wallet.at("paid_out").as_string());
  for (const auto& trade : trades.as_array()) {
    if (trade.at("status") != "FAILED") {
      const auto value = notional(*parse_price(trade.at("price").as_string()),
                                  *parse_quantity(trade.at("size").as_string()), Rounding::half_up);
      cash += trade.at("side") == "BUY" ? -value : value;
      cash -= *parse_money(trade.at("fee").as_string());
    }
  }
  return cash;
}

} // namespace

TEST_CASE("in a storm of all faults the simulator stands and its books add up", "[sim]") {
  auto config = stormy("off");
  config.world.speed = 300;
  Running sim{config};
  PolySocket trader{sim};
  set_faults(sim, "all=0.05");
  std::vector<std::unique_ptr<KalshiListener>> listeners;
  std::vector<std::unique_ptr<Listener>> users;
  const auto& markets = sim.simulator.engine().slate().kalshi_markets;
  auto answered = 0;
  auto sent = 0;
  for (const auto end = Clock::now() + seconds{8}; Clock::now() < end; ++sent) {
    if (listeners.empty() || listeners.back()->error) {
      Listener probe{sim.ports.kalshi, "/trade-api/ws/v2"}; // may be refused
      if (!probe.error) {
        probe.send(R"({"id":1,"cmd":"subscribe","params":{"channels":["fill","user_orders"]}})");
      }
      try {
        listeners.push_back(std::make_unique<KalshiListener>(sim));
      } catch (const beast::system_error&) { // hung up while it subscribed
      }
    }
    if (users.empty() || users.back()->error) {
      users.push_back(std::make_unique<Listener>(sim.ports.polymarket, "/ws/user"));
    }
    if (!listeners.empty()) {
      listeners.back()->run(milliseconds{10});
    }
    const auto& market = markets[static_cast<std::size_t>(sent) % markets.size()];
    const auto price = sent % 2 == 0 ? "0.9900" : "0.0100";
    auto body = kalshi_body(market, "s" + std::to_string(sent), price, "immediate_or_cancel");
    if (sent % 3 == 0) { // sell, also what is not there
      body.replace(body.find("\"bid\""), 5, "\"ask\"");
    }
    const auto outcome = try_call(sim.ports.kalshi, http::verb::post, kalshi_orders, body);
    answered += outcome.error ? 0 : 1;
    trader.buy(Price{sent % 2 == 0 ? 9900 : 100}, TimeInForce::immediate_or_cancel);
    try_call(sim.ports.gamma, http::verb::get, "/sports");
  }
  set_faults(sim, "off");
  Listener pace{sim.ports.polymarket, "/ws/market"};
  pace.run(milliseconds{2500}); // trades become final
  CHECK(sent > 20);
  CHECK(answered > 10);
  auto struck = 0;
  const auto counts = get(sim.ports.espn, "/sim/faults").body.at("counts");
  for (const auto& [fault, count] : counts.as_object()) {
    struck += count.to_number<std::int64_t>() > 0 ? 1 : 0;
  }
  CHECK(struck > 12);
  const auto books = get(sim.ports.espn, "/sim/books").body;
  const auto& accounts = books.at("kalshi").at("accounts").as_array();
  REQUIRE(accounts.size() == 1);
  auto cash = Money{0};
  for (const auto& [shard, amount] : accounts[0].at("cash").as_object()) {
    cash += *parse_money(amount.as_string());
  }
  CHECK(accounts[0].at("fills").as_array().size() > 3);
  CHECK(cash == accounted(accounts[0], Money{10'000 * money_per_dollar}));
  const auto& polymarket = books.at("polymarket");
  const auto& wallet = polymarket.at("wallets").at(0);
  CHECK_FALSE(polymarket.at("trades").as_array().empty());
  CHECK(*parse_money(wallet.at("cash").as_string())
        == accounted(wallet, polymarket.at("trades"), Money{10'000 * money_per_dollar}));
}

} // namespace arbees::sim
