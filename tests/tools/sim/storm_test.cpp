#include "tools/sim/storm.hpp"
#include "tests/tools/sim/poly_fixture.hpp"
#include "tools/sim/control.hpp"
#include "tools/sim/kalshi_ws.hpp"

// What goes wrong at the venues themselves, in simulated time.

namespace arbees::sim {

namespace {

FaultRates rates(std::string_view spec) {
  return std::get<FaultRates>(parse_faults(spec));
}

/// Both venues in a storm, with Alice on each and a lifecycle channel of Kalshi.
struct StormFixture : PolyFixture {
  KalshiPrivate kalshi{engine};
  KalshiSession channel{engine, kalshi.account_of("alice")};
  Storm storm{engine, kalshi, clob, {.rates = {}, .seed = 5}};
  const KalshiMarket* football = nullptr;
  const KalshiMarket* basketball = nullptr;
  std::vector<json::object> lifecycle;

  explicit StormFixture(const WorldConfig& world = slow_world()) : PolyFixture({}, world) {
    football =
      &kalshi_market_at(engine,
                        engine.slate()
                          .books[static_cast<std::size_t>(live_winner_book(engine, Venue::kalshi))]
                          .market);
    for (const auto& candidate : engine.slate().kalshi_markets) {
      const auto& event = engine.slate().kalshi_events[static_cast<std::size_t>(candidate.event)];
      if (candidate.yes.kind == Kind::winner && event.league == League::nba) {
        basketball = &candidate;
      }
    }
    REQUIRE(basketball != nullptr);
    channel.on_text(R"({"id":1,"cmd":"subscribe","params":{"channels":["market_lifecycle_v2"]}})");
  }

  /// Lets time pass as the simulator does.
  void pass_stormy(UnixMillis ms) {
    hear(engine.take_events()); // what orders did is already booked
    for (const auto end = engine.steady_ms() + ms; engine.steady_ms() < end;) {
      const auto events = engine.advance();
      hear(events);
      kalshi.on_events(events);
      kalshi.on_time();
      clob.on_events(events);
      clob.on_time();
      storm.on_events(events);
      storm.on_time();
      hear(engine.take_events());
    }
  }

  void hear(std::span<const MarketEvent> events) {
    for (const auto& frame : channel.on_events(events)) {
      lifecycle.push_back(json::parse(frame).at("msg").as_object());
    }
  }

  HttpReply kalshi_order(const KalshiMarket& wanted, Price price, const char* side = "bid",
                         const char* force = "immediate_or_cancel", const char* count = "1") {
    auto request = parse_target("POST", "/trade-api/v2/portfolio/events/orders");
    request.body = json::serialize(json::object{{"ticker", wanted.ticker},
                                                {"side", side},
                                                {"count", count},
                                                {"price", to_string(price)},
                                                {"time_in_force", force},
                                                {"self_trade_prevention_type", "maker"}});
    return kalshi.answer(request, "alice").value();
  }

  HttpReply control(const char* method, const std::string& body = {}) {
    auto request = parse_target(method, "/sim/faults");
    request.body = body;
    return storm.control(request).value();
  }

  [[nodiscard]] const KalshiAccount& account() const { return kalshi.accounts().at(0); }
};

struct FastStorm : StormFixture {
  FastStorm()
    : StormFixture([] {
        auto made = slow_world();
        made.speed = 600;
        return made;
      }()) {}
};

constexpr Price cent{100};

} // namespace

TEST_CASE_METHOD(StormFixture, "ghost fills strike trades and give everything back", "[sim]") {
  const auto before = cash();
  storm.change(rates("ghost_fill=1"));
  REQUIRE(post(body({.price = best_ask(0), .size = "10"})).status == 200);
  CHECK(cash() < before);
  pass_stormy(2'100);
  CHECK(cash() == before);
  CHECK(shares(0) == Quantity{0});
  CHECK(clob.accounts().trades().front().state == PolyTradeState::failed);
  CHECK(storm.plan().count(FaultClass::ghost_fill) == clob.accounts().trades().size());
  storm.change(rates("off"));
  REQUIRE(post(body({.price = best_ask(0), .size = "10"})).status == 200);
  pass_stormy(2'100);
  CHECK(clob.accounts().trades().back().state == PolyTradeState::confirmed);
}

TEST_CASE_METHOD(StormFixture, "the venues' clock jumps, and signatures are judged by it",
                 "[sim]") {
  storm.change(rates("clock_jump=1"));
  auto furthest = UnixMillis{0};
  auto nearest = UnixMillis{1'000'000};
  auto refused = 0;
  for (auto i = 0; i < 120; ++i) {
    pass_stormy(1'000);
    const auto skew = engine.now_ms() - engine.steady_ms();
    furthest = std::max(furthest, std::abs(skew));
    nearest = skew == 0 ? nearest : std::min(nearest, std::abs(skew));
    const auto target = std::string{"/data/orders"};
    const auto by = [&](UnixSeconds now) {
      return clob
        .answer(with_headers(parse_target("GET", target),
                             alice.credentials->l2_headers(now, "GET", target, "")))
        ->status;
    };
    CHECK(by(engine.now()) == 200); // who follows the venue's clock is let in
    const auto stubborn = by(engine.steady_ms() / 1000);
    CHECK(stubborn == (std::abs(engine.now() - engine.steady_ms() / 1000) <= 60 ? 200 : 401));
    refused += stubborn == 401 ? 1 : 0;
  }
  CHECK(nearest >= 5'000);
  CHECK(furthest > 60'000);
  CHECK(furthest <= 75'000);
  CHECK(refused > 0);
  storm.change(rates("off"));
  CHECK(engine.now_ms() == engine.steady_ms());
}

TEST_CASE_METHOD(StormFixture, "how long things take does not jump with the clock", "[sim]") {
  REQUIRE(post(body({.price = best_ask(0), .size = "10"})).status == 200);
  engine.set_skew(-70'000);
  const auto state = [&] { return clob.accounts().trades().front().state; };
  pass_stormy(650);
  CHECK(state() == PolyTradeState::matched);
  pass_stormy(100);
  CHECK(state() == PolyTradeState::mined);
  engine.set_skew(70'000);
  pass_stormy(1'000);
  CHECK(state() == PolyTradeState::mined);
  pass_stormy(500);
  CHECK(state() == PolyTradeState::confirmed);
  kalshi.pause(KalshiPause::trading, 2, std::nullopt);
  engine.set_skew(0);
  pass_stormy(1'900);
  CHECK(kalshi.paused(0) == KalshiPause::trading);
  engine.set_skew(70'000);
  CHECK(kalshi.paused(0) == KalshiPause::trading);
  pass_stormy(200);
  CHECK(kalshi.paused(0) == KalshiPause::none);
}

TEST_CASE_METHOD(StormFixture, "money is lacking for a while, on one shard or at Polymarket",
                 "[sim]") {
  REQUIRE(post(body({.price = best_ask(0), .size = "10"})).status == 200); // something to sell
  storm.change(rates("insufficient_funds=1"));
  std::set<std::string> dry;
  auto alone = false;
  for (auto i = 0; i < 60; ++i) {
    pass_stormy(1'000);
    const auto lacks = [&](const KalshiMarket& wanted) {
      return kalshi_order(wanted, cent).body.find("insufficient_balance") != std::string::npos;
    };
    const auto first = lacks(*football);
    const auto third = lacks(*basketball);
    alone = alone || first != third;
    first ? dry.insert("0") : dry.insert("0 has");
    third ? dry.insert("3") : dry.insert("3 has");
    const auto refusal =
      error(post(body({.price = engine.status(market->book).tick, .size = "5"})));
    if (refusal.empty()) {
      dry.insert("polymarket has");
    } else {
      CHECK_THAT(refusal, Catch::StartsWith("not enough balance / allowance: the balance is not "
                                            "enough -> balance: "));
      dry.insert("polymarket");
    }
  }
  CHECK(alone);
  CHECK(dry.size() == 6);
  const auto sale = post(
    body({.action = Action::sell, .price = Price{engine.status(market->book).tick}, .size = "5"}));
  CHECK(error(sale) == ""); // selling needs no money
  storm.change(rates("off"));
  CHECK(kalshi_order(*football, cent).status == 201);
  CHECK(kalshi_order(*basketball, cent).status == 201);
  CHECK(error(post(body({.price = engine.status(market->book).tick, .size = "5"}))) == "");
}

TEST_CASE_METHOD(StormFixture, "both venues pause for seconds, each in both ways", "[sim]") {
  storm.change(rates("pause=1"));
  std::set<std::string> seen;
  for (auto i = 0; i < 120; ++i) {
    pass_stormy(1'000);
    for (const auto shard : {0, 3}) {
      seen.insert(std::to_string(shard) + std::to_string(static_cast<int>(kalshi.paused(shard))));
    }
    seen.insert("p" + std::to_string(static_cast<int>(clob.mode())));
  }
  CHECK(seen == std::set<std::string>{"00", "01", "02", "30", "31", "32", "p0", "p3", "p4"});
  storm.change(rates("off"));
  pass_stormy(5'100);
  CHECK(kalshi.paused(0) == KalshiPause::none);
  CHECK(kalshi.paused(3) == KalshiPause::none);
  CHECK(clob.mode() == ClobMode::open);
}

TEST_CASE_METHOD(StormFixture, "Polymarket restarts: 425, then only post-only orders", "[sim]") {
  storm.change(rates("restart=1"));
  pass_stormy(1'005);
  const auto answer = post(body({.price = cent, .size = "5"}));
  CHECK(answer.status == 425);
  CHECK(answer.headers.front().first == "Retry-After");
  storm.change(rates("off"));
  while (clob.mode() == ClobMode::restarting) {
    pass_stormy(100);
  }
  const auto resting = body({.price = engine.status(market->book).tick, .size = "5"});
  CHECK(post(resting).body.find("post_only_mode") != std::string::npos);
  CHECK(
    post(body({.price = engine.status(market->book).tick, .size = "5", .post_only = true})).status
    == 200);
  pass_stormy(4'100);
  CHECK(post(resting).status == 200);
}

TEST_CASE_METHOD(FastStorm, "a settled market is paid anew, and the books follow", "[sim]") {
  const auto start = account().cash;
  const auto wallet_start = cash();
  REQUIRE(kalshi_order(*football, Price{9'900}).status == 201);
  REQUIRE(account().fills.size() == 1);
  REQUIRE(post(body({.price = best_ask(0), .size = "10"})).status == 200);
  const auto spent = start.at(0) - account().cash.at(0);
  const auto wallet_spent = wallet_start - cash();
  storm.change(rates("settlement_reversal=1"));
  while (account().settlements.empty()) {
    pass_stormy(100);
  }
  const auto index = engine.kalshi_market(football->ticker);
  const auto first = account().settlements.front();
  CHECK(first.market == index);
  CHECK(account().cash.at(0) == start.at(0) - spent + first.revenue);
  lifecycle.clear();
  pass_stormy(10'000);

  REQUIRE(account().settlements.size() == 1);
  const auto last = account().settlements.front();
  CHECK(last.value == (first.value == price_one ? price_zero : price_one));
  CHECK(last.value == engine.status(football->book).value);
  CHECK(last.revenue == Money{last.value == price_one ? money_per_dollar : 0});
  CHECK(account().cash.at(0) == start.at(0) - spent + last.revenue);
  CHECK(account().positions.at(index).realized == last.revenue - last.cost);
  const auto told_again = [&](const char* what) {
    return std::ranges::count_if(lifecycle, [&](const json::object& message) {
      return message.at("market_ticker") == json::value(football->ticker)
             && message.at("event_type") == json::value(what);
    });
  };
  CHECK(told_again("determined") == 1);
  CHECK(told_again("settled") == 1);

  const auto& status = engine.status(market->book);
  REQUIRE(status.decided);
  const auto& owner = wallet(alice.key());
  CHECK(owner.paid_out == Money{status.value == price_one ? 10 * money_per_dollar : 0});
  CHECK(owner.cash == wallet_start - wallet_spent + owner.paid_out);
  CHECK(storm.plan().count(FaultClass::settlement_reversal) > 10);
  const auto written = json::serialize(books_json(kalshi.accounts(), clob.accounts()));
  CHECK_THAT(written, Catch::Contains(R"("value_dollars":")" + to_string(last.value)));
}

TEST_CASE_METHOD(FastStorm, "what is not yet paid anew stays paid once the storm is over",
                 "[sim]") {
  storm.change(rates("settlement_reversal=1"));
  while (storm.plan().count(FaultClass::settlement_reversal) == 0) {
    pass_stormy(5);
  }
  storm.change(rates("off"));
  std::map<int, Price> values;
  const auto read = [&] {
    std::map<int, Price> found;
    for (std::size_t i = 0; i < engine.slate().books.size(); ++i) {
      if (engine.status(static_cast<int>(i)).decided) {
        found[static_cast<int>(i)] = engine.status(static_cast<int>(i)).value;
      }
    }
    return found;
  };
  values = read();
  pass_stormy(9'000);
  const auto later = read();
  for (const auto& [book, value] : values) {
    CHECK(later.at(book) == value);
  }
}

TEST_CASE_METHOD(StormFixture, "the storm is read and changed by a control call", "[sim]") {
  CHECK(json::parse(control("GET").body).at("spec") == "off");
  const auto changed = control("POST", R"({"spec":"drop=0.25,pause=1"})");
  CHECK(changed.status == 200);
  CHECK(json::parse(changed.body).at("spec") == "drop=0.25,pause=1");
  pass_stormy(3'100);
  const auto shown = json::parse(control("GET").body);
  CHECK(shown.at("seed") == 5);
  CHECK(shown.at("counts").at("pause") == 3);
  CHECK(shown.at("counts").as_object().size() == fault_classes);
  for (const auto* const bad : {"", "[]", "{}", R"({"spec":1})", R"({"spec":"rain"})"}) {
    CHECK(control("POST", bad).status == 400);
  }
  CHECK(json::parse(control("GET").body).at("spec") == "drop=0.25,pause=1");
  CHECK(control("DELETE").status == 405);
}

} // namespace arbees::sim
