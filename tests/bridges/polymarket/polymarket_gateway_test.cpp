#include "bridges/polymarket/polymarket_gateway.hpp"

#include <filesystem>
#include <fstream>

#include "tests/actor_fixture.hpp"
#include "tests/bridges/polymarket/polymarket_stage.hpp"
#include "tests/bridges/polymarket/polymarket_vectors.hpp"
#include "tests/bridges/store/temp_directory.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

constexpr Quantity shares(std::int64_t hundredths) {
  return Quantity{hundredths * 10'000};
}

/// The gateway of one account against the venue, and the test's mailbox as the executor.
class GatewayFixture : public ActorFixture {
public:
  explicit GatewayFixture(const sim::PolyConfig& venue_config = {}, int sports_delay_s = 0,
                          double speed = 0.1)
    : venue{venue_config, sports_delay_s, speed} {
    write_secret("key", first_key);
    config.account = {.rest_url = "http://" + proxy.authority(),
                      .user_ws_url = "ws://" + proxy.authority() + "/ws/user",
                      .geoblock_url = "http://" + proxy.authority() + "/api/geoblock",
                      .data_url = "http://" + proxy.authority(),
                      .wallet_key_file = (files / "key").string(),
                      .signature_type = SignatureType::eoa};
    config.balance_period = 1ns; // of ticks, which the test sends
    config.desk.first_check = 10ms;
    config.desk.after_delay = 10ms;
    config.desk.settle_check = 50ms;
    config.desk.not_found_after = 100ms;
    config.first_retry = 1ms;
    config.longest_retry = 5ms;
  }

  ~GatewayFixture() {
    stop();
    network->stop();
  }

  void stop() {
    if (gateway) {
      caf::anon_send_exit(gateway, caf::exit_reason::kill);
      gateway = nullptr;
      sched.run();
    }
  }

  void write_secret(const char* name, const std::string& text) {
    const auto path = files / name;
    std::ofstream{path} << text;
    std::filesystem::permissions(path, std::filesystem::perms::owner_read
                                         | std::filesystem::perms::owner_write);
  }

  /// Logs in, and waits until the user channel is open.
  void start() {
    auto spawned = spawn_polymarket_gateway(system, *network, clock, config);
    INFO((spawned ? "" : describe(spawned.error())));
    REQUIRE(spawned);
    gateway = *spawned;
    tell(caf::subscribe_atom_v, sink<OrderSink>());
    listen_until([this] { return !balances.empty(); });
    tell(venue.match());
    wait_for_metric("user_stream_open", 1);
  }

  std::string why_not() {
    const auto spawned = spawn_polymarket_gateway(system, *network, clock, config);
    REQUIRE_FALSE(spawned);
    return describe(spawned.error());
  }

  template <class... Ts>
  void tell(Ts... message) {
    self->send(gateway, std::move(message)...);
    sched.run();
  }

  OrderIntent order(Price limit, Quantity quantity, Side side = Side::yes,
                    TimeInForce time_in_force = TimeInForce::immediate_or_cancel) {
    const auto market = venue.match().markets[0];
    const PairId pair{++orders_made};
    return {.pair = pair,
            .leg = 1,
            .client_order_id = client_order_id(pair, 1, OrderPurpose::open, 0),
            .market = market.id,
            .ref = market.ref,
            .side = side,
            .limit = limit,
            .quantity = quantity,
            .time_in_force = time_in_force,
            .created_at = clock.now()};
  }

  void place(const OrderIntent& intent) { tell(intent, sink<OrderSink>()); }

  /// Takes in what comes until `done`; fails after 10 s.
  template <class Done>
  void listen_until(Done done) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!done()) {
      const auto left = end - std::chrono::steady_clock::now();
      auto late = left <= 0s;
      self->receive([this](const OrderReport& report) { reports.push_back(report); },
                    [this](const Fill& fill) { fills.push_back(fill); },
                    [this](const BalanceUpdate& update) { balances.push_back(update); },
                    [this](const VenueStatus& status) { statuses.push_back(status); },
                    [this](const Settlement& settlement) { settlements.push_back(settlement); },
                    caf::after(std::max<std::chrono::nanoseconds>(left, 0ns)) >>
                      [&] { late = true; });
      if (late) {
        for (const auto& report : reports) {
          UNSCOPED_INFO(caf::deep_to_string(report));
        }
        FAIL("it did not come in time");
      }
    }
  }

  /// The last report of the order, once it satisfies `wanted`.
  template <class Wanted>
  OrderReport report_of(const OrderIntent& intent, Wanted wanted) {
    std::optional<OrderReport> found;
    listen_until([&] {
      for (const auto& report : reports) {
        if (report.client_order_id == intent.client_order_id && wanted(report)) {
          found = report;
        }
      }
      return found.has_value();
    });
    return *found;
  }
  OrderReport end_of(const OrderIntent& intent) {
    return report_of(intent, [](const auto& report) { return terminal(report.status); });
  }
  OrderReport status_of(const OrderIntent& intent, OrderStatus status) {
    return report_of(intent, [status](const auto& report) { return report.status == status; });
  }

  Quantity filled(const OrderIntent& intent) {
    Quantity sum;
    for (const auto& fill : fills) {
      if (fill.client_order_id == intent.client_order_id) {
        sum += fill.state == FillState::voided ? Quantity{} - fill.quantity : fill.quantity;
      }
    }
    return sum;
  }

  /// Lets the gateway publish its counters until one is `value`.
  void wait_for_metric(const std::string& name, std::int64_t value) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    std::map<std::string, std::int64_t> seen;
    while (seen[name] != value) {
      if (std::chrono::steady_clock::now() > end) {
        UNSCOPED_INFO(caf::deep_to_string(seen));
        FAIL("the counter never had that value: " + name);
      }
      tell(Tick{.now = clock.now()});
      self->send(gateway, caf::get_atom_v);
      sched.run();
      self->receive([&](const Metrics& metrics) { seen = metrics.values; },
                    [this](const OrderReport& report) { reports.push_back(report); },
                    [this](const Fill& fill) { fills.push_back(fill); },
                    [this](const BalanceUpdate& update) { balances.push_back(update); },
                    [this](const VenueStatus& status) { statuses.push_back(status); },
                    [this](const Settlement& settlement) { settlements.push_back(settlement); });
    }
  }

  /// Lets time pass in the gateway until it has told a status of `state`.
  VenueStatus wait_for_state(VenueState state) {
    listen_until([&] { return !statuses.empty() && statuses.back().state == state; });
    return statuses.back();
  }

  caf::expected<AccountView> read_account() {
    caf::expected<AccountView> result{caf::error{}};
    std::atomic<bool> done = false;
    auto asked = self->request(gateway, caf::infinite, ReadAccount{.venue = Venue::polymarket});
    std::thread driver{[&] { // the answer is delivered by a tick
      while (!done) {
        caf::anon_send(gateway, Tick{.now = clock.now()});
        sched.run();
        std::this_thread::yield();
      }
    }};
    asked.receive([&](const AccountView& view) { result = view; },
                  [&](const caf::error& error) { result = error; });
    done = true;
    driver.join();
    return result;
  }

  TempDirectory files;
  PolymarketStage venue;
  CuttingProxy proxy{venue.port()};
  Clock clock;
  std::unique_ptr<Network> network = std::move(*Network::make());
  PolymarketGatewayConfig config;
  PolymarketGatewayActor gateway;
  std::vector<OrderReport> reports;
  std::vector<Fill> fills;
  std::vector<BalanceUpdate> balances;
  std::vector<VenueStatus> statuses;
  std::vector<Settlement> settlements;
  std::uint64_t orders_made = 0;
};

struct DelayedFixture : GatewayFixture {
  DelayedFixture() : GatewayFixture{{}, 1} {}
};

/// Games take seconds.
struct FastFixture : GatewayFixture {
  FastFixture() : GatewayFixture{{}, 0, 1000} {}
};

struct GhostFixture : GatewayFixture {
  GhostFixture() : GatewayFixture{{.ghost_fills = 1.0}} {}
};

} // namespace

SCENARIO_METHOD(GatewayFixture, "an order that the book can fill is filled, to the last cent") {
  start();
  CHECK(balances.at(0).available == Money{10'000'000'000});
  const auto level = venue.best_ask(Side::yes);
  const auto intent = order(level.price, shares(1000));
  place(intent);
  const auto report = end_of(intent);
  CHECK(report.status == OrderStatus::filled);
  CHECK(report.filled == shares(1000));
  CHECK(report.notional == notional(level.price, shares(1000), Rounding::up));
  CHECK(report.venue_order_id.starts_with("0x"));
  CHECK(report.reason.empty());
  listen_until([&] { return filled(intent) == shares(1000); });
  CHECK(fills.at(0).state == FillState::provisional);
  CHECK(fills.at(0).price == level.price);
  const auto paid = Money{10'000'000'000} - venue.cash();
  CHECK(report.notional + report.fee == paid);
  CHECK(fills.at(0).fee == report.fee);
  CHECK(venue.shares(Side::yes) == shares(1000));

  venue.pass(3000); // onto the chain
  wait_for_metric("orders_open", 0);
  CHECK(filled(intent) == shares(1000));
  CHECK(venue.orders() == 1);
  const auto left = venue.cash();
  tell(Tick{.now = clock.now()});
  listen_until([&] { return balances.back().available == left; });
}

SCENARIO_METHOD(GatewayFixture, "NO is bought as the second token, and sold again") {
  start();
  const auto level = venue.best_ask(Side::no);
  const auto buy = order(level.price, shares(800), Side::no);
  place(buy);
  CHECK(end_of(buy).status == OrderStatus::filled);
  CHECK(venue.shares(Side::no) == shares(800));
  auto sell = order(Price{100}, shares(800), Side::no);
  sell.action = Action::sell;
  place(sell);
  const auto report = end_of(sell);
  CHECK(report.status == OrderStatus::filled);
  CHECK(report.filled == shares(800));
  listen_until([&] { return filled(sell) == shares(800); });
  const auto settled = report_of(sell, [&](const auto& each) {
    return each.notional - each.fee
           == venue.cash() - Money{10'000'000'000} + end_of(buy).notional + end_of(buy).fee;
  });
  CHECK(settled.notional > Money{});
  CHECK(venue.shares(Side::no) == Quantity{});
}

SCENARIO_METHOD(GatewayFixture, "what the book cannot fill of an immediate order is gone") {
  start();
  const auto level = venue.best_ask(Side::yes);
  const Quantity more{floor_to(level.size, shares(100)).value() + shares(5000).value()};
  const auto intent = order(level.price, more);
  place(intent);
  const auto report = end_of(intent);
  CHECK(report.status == OrderStatus::partial);
  CHECK(report.filled == floor_to(level.size, shares(1)));
  listen_until([&] { return filled(intent) == report.filled; });

  const auto none = order(Price{100}, shares(50'000));
  place(none);
  const auto killed = end_of(none);
  CHECK(killed.status == OrderStatus::unfilled);
  CHECK(killed.reason == "fak_killed");

  const auto all =
    order(venue.best_ask(Side::yes).price, shares(900'000), Side::yes, TimeInForce::fill_or_kill);
  place(all);
  const auto refused = end_of(all);
  CHECK(refused.status == OrderStatus::unfilled);
  CHECK(refused.reason == "fok_killed");
}

SCENARIO_METHOD(GatewayFixture, "a resting order stays until it is cancelled") {
  start();
  const auto intent = order(Price{500}, shares(1000), Side::yes, TimeInForce::good_till_cancelled);
  place(intent);
  const auto resting = status_of(intent, OrderStatus::accepted);
  CHECK(resting.filled == Quantity{});
  tell(CancelOrder{intent}, sink<OrderSink>());
  const auto report = end_of(intent);
  CHECK(report.status == OrderStatus::unfilled);
  CHECK(report.reason == "canceled");
}

SCENARIO_METHOD(GatewayFixture, "every resting order is cancelled in one call") {
  start();
  const auto first = order(Price{500}, shares(1000), Side::yes, TimeInForce::good_till_cancelled);
  const auto second = order(Price{400}, shares(1000), Side::no, TimeInForce::good_till_cancelled);
  place(first);
  place(second);
  status_of(first, OrderStatus::accepted);
  status_of(second, OrderStatus::accepted);
  auto login = log_in_to_polymarket(*network, clock, config.account);
  REQUIRE(login);
  const auto client = std::make_shared<PolymarketOrderClient>(
    *network, clock, PolymarketClientConfig{.rest = *parse_url(config.account.rest_url)},
    std::move(login->credentials), login->clock_offset);
  std::promise<caf::error> done;
  client->cancel_all([&](caf::error error) { done.set_value(std::move(error)); });
  CHECK(done.get_future().get() == caf::none);
  CHECK(end_of(first).status == OrderStatus::unfilled);
  CHECK(end_of(second).status == OrderStatus::unfilled);
}

SCENARIO_METHOD(GatewayFixture, "a deposit wallet vouches for its orders") {
  config.account.signature_type = SignatureType::deposit_wallet;
  config.account.funder = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
  start();
  const auto intent = order(venue.best_ask(Side::yes).price, shares(1000));
  place(intent);
  CHECK(end_of(intent).status == OrderStatus::filled);
}

SCENARIO_METHOD(DelayedFixture, "a delayed order is open until its delay is over") {
  start();
  const auto level = venue.best_ask(Side::yes);
  GIVEN("an order that waits in the delay") {
    const auto intent = order(level.price, shares(1000));
    place(intent);
    CHECK(status_of(intent, OrderStatus::accepted).filled == Quantity{});
    CHECK(fills.empty());
    venue.pass(990);
    WHEN("the book is still there at its end") {
      REQUIRE(venue.best_ask(Side::yes).price <= level.price);
      venue.pass(20);
      THEN("it is matched") {
        const auto report = end_of(intent);
        CHECK(report.filled >= shares(1000)); // more if it became cheaper: a buy spends its dollars
        CHECK(report.filled == venue.shares(Side::yes));
        CHECK(filled(intent) == report.filled);
      }
    }
    WHEN("somebody else has taken all that was offered") {
      venue.sweep(Side::yes, Price{9999});
      venue.pass(20);
      THEN("it ends unfilled, in the venue's own words") {
        const auto report = end_of(intent);
        CHECK(report.status == OrderStatus::unfilled);
        CHECK(report.reason == "fak_killed");
        CHECK(venue.shares(Side::yes) == Quantity{});
      }
    }
  }
}

SCENARIO_METHOD(GhostFixture, "a match that fails on the chain is taken back") {
  start();
  const auto intent = order(venue.best_ask(Side::yes).price, shares(1000));
  place(intent);
  CHECK(end_of(intent).filled == shares(1000));
  listen_until([&] { return filled(intent) == shares(1000); });
  venue.pass(3000);
  const auto report = report_of(intent, [](const auto& each) { return each.voided > Quantity{}; });
  CHECK(report.status == OrderStatus::unfilled);
  CHECK(report.filled == Quantity{});
  CHECK(report.voided == shares(1000));
  CHECK(report.notional == Money{});
  CHECK(report.fee == Money{});
  CHECK(filled(intent) == Quantity{});
  CHECK(fills.back().state == FillState::voided);
  CHECK(venue.cash() == Money{10'000'000'000});
}

SCENARIO_METHOD(GatewayFixture, "an order whose answer is lost is found again by its hash") {
  start();
  proxy.swallow_next_answer();
  const auto intent = order(venue.best_ask(Side::yes).price, shares(1000));
  place(intent);
  const auto report = end_of(intent);
  CHECK(report.status == OrderStatus::filled);
  CHECK(report.filled == shares(1000));
  listen_until([&] { return filled(intent) == shares(1000); });
  place(intent); // again, as after a crash: known, and not sent
  CHECK(venue.orders() == 1);
  CHECK(venue.order_posts == 1);
}

SCENARIO_METHOD(GatewayFixture, "an order of an earlier run is found by what the ledger kept") {
  start();
  const auto intent = order(venue.best_ask(Side::yes).price, shares(1000));
  place(intent);
  end_of(intent);
  listen_until([&] { return filled(intent) == shares(1000); });
  stop();
  reports.clear();
  fills.clear();
  balances.clear();
  start();
  tell(QueryOrder{intent}, sink<OrderSink>());
  const auto report = end_of(intent);
  CHECK(report.status == OrderStatus::filled);
  CHECK(filled(intent) == shares(1000));
  auto never_sent = order(venue.best_ask(Side::yes).price, shares(1000));
  never_sent.created_at = clock.now() - 1min;
  tell(QueryOrder{never_sent}, sink<OrderSink>());
  const auto missing = end_of(never_sent);
  CHECK(missing.status == OrderStatus::rejected);
  CHECK(missing.reason == "not_found");
  CHECK(venue.order_posts == 1);
}

SCENARIO_METHOD(GatewayFixture, "what happens while the user channel is down is read afterwards") {
  start();
  const auto intent = order(Price{500}, shares(1000), Side::yes, TimeInForce::good_till_cancelled);
  place(intent);
  const auto id = status_of(intent, OrderStatus::accepted).venue_order_id;
  venue.cancel_unheard(id);
  proxy.cut_all();
  CHECK(end_of(intent).status == OrderStatus::unfilled);
}

SCENARIO_METHOD(GatewayFixture, "while the engine restarts nothing is sent") {
  start();
  venue.on([this] { venue.clob().restart(3, 120); });
  const auto first = order(venue.best_ask(Side::yes).price, shares(1000));
  place(first);
  CHECK(status_of(first, OrderStatus::unknown).reason == "engine_restarting");
  const auto second = order(venue.best_ask(Side::yes).price, shares(1000));
  place(second);
  CHECK(end_of(second).reason == "venue_restarting");
  CHECK(wait_for_state(VenueState::down).reason == "venue_restarting");
  CHECK(venue.order_posts == 1);
  const auto report = end_of(first);
  CHECK(report.status == OrderStatus::rejected); // looked up: it was never taken in
  CHECK(report.reason == "not_found");
  // Nobody tells when the pause is over: it ends by time, and post-only follows.
  CHECK(wait_for_state(VenueState::post_only).reason == "venue_post_only");
}

SCENARIO_METHOD(GatewayFixture, "after a restart the venue takes only resting orders") {
  start();
  venue.on([this] { venue.clob().restart(0, 120); });
  const auto first = order(venue.best_ask(Side::yes).price, shares(1000));
  place(first);
  CHECK(end_of(first).reason == "post_only_mode");
  const auto second = order(venue.best_ask(Side::yes).price, shares(1000));
  place(second);
  CHECK(end_of(second).reason == "venue_post_only");
  CHECK(wait_for_state(VenueState::post_only).reason == "venue_post_only");
  CHECK(venue.order_posts == 1);
  CHECK(venue.orders() == 0);
  auto resting = order(Price{500}, shares(1000), Side::yes, TimeInForce::good_till_cancelled);
  resting.post_only = true;
  place(resting);
  CHECK(status_of(resting, OrderStatus::accepted).filled == Quantity{});
  CHECK(venue.orders() == 1);
}

SCENARIO_METHOD(GatewayFixture, "a subscriber hears how the venue stands, at once and on changes") {
  start();
  CHECK(wait_for_state(VenueState::open).reason.empty());
  GIVEN("a place that is blocked from now on") {
    venue.blocked = true;
    config.place_period = 1ns;
    stop();
    venue.blocked = false;
    start();
    wait_for_state(VenueState::open);
    venue.blocked = true;
    tell(Tick{.now = clock.now()});
    CHECK(wait_for_state(VenueState::refused).reason == "geoblocked: ZZ");
    const auto intent = order(venue.best_ask(Side::yes).price, shares(1000));
    place(intent);
    CHECK(end_of(intent).reason == "venue_refuses: geoblocked: ZZ");
    CHECK(venue.order_posts == 0);
    venue.blocked = false;
    tell(Tick{.now = clock.now()});
    wait_for_state(VenueState::open);
  }
  GIVEN("a venue that nobody reaches") {
    proxy.refuse(true);
    proxy.cut_all();
    config.keep_ready_period = 1ns;
    place(order(venue.best_ask(Side::yes).price, shares(1000)));
    wait_for_state(VenueState::down);
    const auto intent = order(venue.best_ask(Side::yes).price, shares(1000));
    place(intent);
    CHECK(end_of(intent).reason == "venue_unreachable");
    proxy.refuse(false);
    wait_for_state(VenueState::open);
  }
}

SCENARIO_METHOD(GatewayFixture, "a resting order is filled as a maker's, without a fee") {
  start();
  auto level = venue.best_ask(Side::yes);
  auto intent = order(Price{level.price.value() - 100}, shares(1000), Side::yes,
                      TimeInForce::good_till_cancelled);
  intent.post_only = true;
  place(intent);
  status_of(intent, OrderStatus::accepted);
  // Somebody sells through us: as a buyer of the other token would.
  venue.sweep(Side::no, complement(intent.limit));
  const auto report = end_of(intent);
  CHECK(report.status == OrderStatus::filled);
  CHECK(report.filled == shares(1000));
  CHECK(report.fee == Money{});
  CHECK(report.notional == notional(intent.limit, shares(1000), Rounding::up));
  listen_until([&] { return filled(intent) == shares(1000); });
  CHECK(fills.at(0).fee == Money{});
  CHECK(fills.at(0).price == intent.limit);
  CHECK(Money{10'000'000'000} - venue.cash() == report.notional);
  venue.pass(3000);
  listen_until([&] {
    return std::ranges::any_of(fills,
                               [](const Fill& fill) { return fill.state == FillState::confirmed; });
  });
}

SCENARIO_METHOD(GatewayFixture, "a post-only order that would take is refused by the venue") {
  start();
  auto intent = order(venue.best_ask(Side::yes).price, shares(1000), Side::yes,
                      TimeInForce::good_till_cancelled);
  intent.post_only = true;
  place(intent);
  const auto report = end_of(intent);
  CHECK(report.status == OrderStatus::rejected);
  CHECK(report.reason == "post_only_cross");
  intent = order(venue.best_ask(Side::yes).price, shares(1000));
  intent.post_only = true;
  place(intent);
  CHECK(end_of(intent).reason == "only_resting_orders_are_post_only_or_expire");
}

SCENARIO_METHOD(GatewayFixture, "an order ends when it was asked to") {
  config.heartbeat = false; // minutes pass at the venue, and no heartbeat comes
  start();
  auto intent = order(Price{500}, shares(1000), Side::yes, TimeInForce::good_till_cancelled);
  intent.expires_at = clock.now() + 100s;
  place(intent);
  CHECK(end_of(intent).reason == "expires_too_soon");
  intent = order(Price{500}, shares(1000), Side::yes, TimeInForce::good_till_cancelled);
  intent.expires_at = clock.now() + 130s;
  place(intent);
  const auto id = status_of(intent, OrderStatus::accepted).venue_order_id;
  venue.pass(128'000);
  CHECK(venue.rests(id));
  venue.pass(4000);
  CHECK(end_of(intent).status == OrderStatus::unfilled);
}

SCENARIO_METHOD(GatewayFixture, "the account is read anew, all of it or nothing") {
  start();
  const auto bought = order(venue.best_ask(Side::yes).price, shares(1000));
  place(bought);
  end_of(bought);
  listen_until([&] { return filled(bought) == shares(1000); });
  const auto resting = order(Price{500}, shares(700), Side::no, TimeInForce::good_till_cancelled);
  place(resting);
  const auto id = status_of(resting, OrderStatus::accepted).venue_order_id;
  const auto before = clock.now();
  SECTION("everything can be read") {
    const auto view = read_account();
    REQUIRE(view);
    CHECK(view->venue == Venue::polymarket);
    CHECK(view->available == venue.cash());
    CHECK(view->asked_at >= before);
    CHECK(view->at >= view->asked_at);
    CHECK(view->at <= clock.now());
    REQUIRE(view->holdings.size() == 1);
    CHECK(view->holdings[0].market == bought.market);
    CHECK(view->holdings[0].side == Side::yes);
    CHECK(view->holdings[0].quantity == shares(1000));
    REQUIRE(view->working.size() == 1);
    CHECK(view->working[0].client_order_id == resting.client_order_id);
    CHECK(view->working[0].venue_order_id == id);
    CHECK(view->working[0].filled == Quantity{});
  }
  SECTION("a part of it cannot") {
    const auto part =
      GENERATE(as<std::string>{}, "/v2/positions", "/data/orders", "/balance-allowance");
    venue.break_path(part);
    const auto view = read_account();
    REQUIRE_FALSE(view);
    CHECK(view.error() == Errc::io_failed);
  }
}

SCENARIO_METHOD(FastFixture, "what a decided market pays is told for each side") {
  config.settlement_period = 1ns;
  start();
  const auto yes = order(venue.best_ask(Side::yes).price, shares(1000));
  place(yes);
  end_of(yes);
  const auto no = order(venue.best_ask(Side::no).price, shares(800), Side::no);
  place(no);
  end_of(no);
  const auto value = venue.decide(GENERATE(true, false));
  venue.pass(3000); // whatever was matched is on the chain
  const auto due = [&](Side side) {
    const auto pays = side == Side::yes ? value : complement(value);
    return notional(pays, side == Side::yes ? shares(1000) : shares(800), Rounding::down);
  };
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (settlements.size() < 2 && std::chrono::steady_clock::now() < end) {
    tell(Tick{.now = clock.now()});
    wait_for_metric("user_stream_open", 1);
  }
  REQUIRE(settlements.size() == 2);
  for (const auto& settlement : settlements) {
    CHECK(settlement.venue == Venue::polymarket);
    CHECK(settlement.market == yes.market);
    CHECK(settlement.native_id == yes.ref.native_id);
    CHECK(settlement.quantity == (settlement.side == Side::yes ? shares(1000) : shares(800)));
    CHECK(settlement.payout == due(settlement.side));
    CHECK(settlement.fee == Money{});
  }
  CHECK(settlements[0].side != settlements[1].side);
  const auto view = read_account();
  REQUIRE(view);
  CHECK(view->holdings.empty());
  CHECK(view->available == venue.cash());
  // A new run is told the same, although nothing is held any more.
  const auto told = settlements.size();
  stop();
  statuses.clear();
  balances.clear();
  start();
  tell(Tick{.now = clock.now()});
  listen_until([&] { return settlements.size() == 2 * told; });
}

SCENARIO_METHOD(GatewayFixture, "the kill switch passes by all that waits") {
  start();
  const auto first = order(Price{500}, shares(1000), Side::yes, TimeInForce::good_till_cancelled);
  place(first);
  status_of(first, OrderStatus::accepted);
  // Fifty orders are handed in, and at once everything is cancelled.
  std::vector<OrderIntent> busy;
  for (int i = 0; i < 50; ++i) {
    busy.push_back(order(Price{500}, shares(500), Side::yes, TimeInForce::good_till_cancelled));
    self->send(gateway, busy.back(), sink<OrderSink>());
  }
  self->send(gateway, CancelAllOrders{.reason = "test"});
  sched.run();
  CHECK(end_of(first).status == OrderStatus::unfilled);
  for (const auto& each : busy) {
    const auto report = end_of(each);
    CHECK((report.status == OrderStatus::unfilled || report.reason == "all_orders_cancelled"));
  }
  CHECK(venue.resting() == 0);
  // Afterwards orders are taken again.
  const auto next = order(Price{500}, shares(1000), Side::yes, TimeInForce::good_till_cancelled);
  place(next);
  status_of(next, OrderStatus::accepted);
}

SCENARIO_METHOD(GatewayFixture, "an order of an earlier run can be cancelled") {
  start();
  const auto intent = order(Price{500}, shares(1000), Side::yes, TimeInForce::good_till_cancelled);
  place(intent);
  status_of(intent, OrderStatus::accepted);
  stop();
  reports.clear();
  balances.clear();
  config.heartbeat = false;
  start();
  tell(CancelOrder{intent}, sink<OrderSink>());
  CHECK(end_of(intent).status == OrderStatus::unfilled);
  CHECK(venue.resting() == 0);
}

SCENARIO_METHOD(GatewayFixture, "heartbeats keep our orders, and their silence takes them out") {
  config.heartbeats = {.period = 20ms, .deadline = 1s, .limit = 10s};
  start();
  const auto intent = order(Price{500}, shares(1000), Side::yes, TimeInForce::good_till_cancelled);
  place(intent);
  status_of(intent, OrderStatus::accepted);
  GIVEN("a venue that begins a new chain of ids") {
    const auto seen = venue.heartbeats.load();
    while (venue.heartbeats < seen + 3) {
      std::this_thread::yield();
    }
    venue.mix_up_heartbeat();
    wait_for_metric("heartbeats_mended", 1);
    wait_for_metric("heartbeats_lost", 0);
    CHECK(venue.resting() == 1);
  }
  GIVEN("a gateway that is gone") {
    stop();
    venue.pass(11'000);
    CHECK(venue.resting() == 0);
  }
}

SCENARIO_METHOD(GatewayFixture, "a buy without its exchange's allowance stays in the house") {
  start();
  venue.allowed = false; // from now on only one exchange may move what there is
  auto match = venue.match(true);
  tell(match);
  tell(Tick{.now = clock.now()});
  wait_for_metric("allowance_missing", 1);
  const auto intent = order(venue.best_ask(Side::yes).price, shares(50'000));
  place(intent);
  CHECK_THAT(end_of(intent).reason, Catch::StartsWith("no_allowance: approve pUSD for 0x"));
  CHECK(venue.order_posts == 0);
}

SCENARIO_METHOD(GatewayFixture, "a signature under the wrong exchange stops new orders") {
  start();
  tell(venue.match(true));
  const auto first = order(venue.best_ask(Side::yes).price, shares(1000));
  place(first);
  const auto report = end_of(first);
  CHECK(report.status == OrderStatus::rejected);
  CHECK(report.reason == "invalid_signature");
  const auto second = order(venue.best_ask(Side::yes).price, shares(1000));
  place(second);
  CHECK(end_of(second).reason == "venue_refuses: invalid_signature");
  CHECK(venue.order_posts == 1);
}

SCENARIO_METHOD(GatewayFixture, "orders that the venue would refuse do not leave the house") {
  start();
  const auto price = venue.best_ask(Side::yes).price;
  auto intent = order(price, shares(499));
  place(intent);
  CHECK(end_of(intent).reason == "off_grid_or_below_minimum");
  intent = order(Price{price.value() + 1}, shares(10'000));
  place(intent);
  CHECK(end_of(intent).reason == "off_grid_or_below_minimum");
  intent = order(price, shares(1000));
  intent.ref.native_id = "0xdead";
  place(intent);
  CHECK(end_of(intent).reason == "unknown_market");
  CHECK(venue.order_posts == 0);
}

SCENARIO_METHOD(GatewayFixture, "an account that may not trade is told at the start") {
  SECTION("from a blocked place") {
    venue.blocked = true;
    CHECK_THAT(why_not(), Catch::Contains("refuses orders from this place (country 'ZZ')"));
  }
  SECTION("on an exchange of an unknown version") {
    venue.version = 3;
    CHECK_THAT(why_not(), Catch::Contains("version 3"));
  }
  SECTION("in closed-only mode") {
    venue.closed_only = true;
    CHECK_THAT(why_not(), Catch::Contains("closed-only"));
  }
  SECTION("with a spender that may not spend") {
    venue.allowed = false;
    CHECK_THAT(why_not(),
               Catch::Contains("0xe2222d279d744050d28e00520010520000310F59 may spend 5.00"));
  }
  SECTION("with another secret than the venue gave") {
    start(); // the venue gives one
    stop();
    write_secret("credentials", R"({"apiKey":"k","secret":"c2VjcmV0c2VjcmV0","passphrase":"p"})");
    config.account.credentials_file = (files / "credentials").string();
    CHECK_THAT(why_not(), Catch::Contains("HTTP 401"));
  }
  SECTION("with a key file that others may read") {
    std::filesystem::permissions(files / "key", std::filesystem::perms::group_read,
                                 std::filesystem::perm_options::add);
    CHECK_THAT(why_not(), Catch::Contains("bad_credential"));
  }
}
