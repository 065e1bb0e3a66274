#pragma once

#include <filesystem>
#include <fstream>

#include "bridges/polymarket/polymarket_gateway.hpp"
#include "tests/actor_fixture.hpp"
#include "tests/bridges/polymarket/polymarket_stage.hpp"
#include "tests/bridges/polymarket/polymarket_vectors.hpp"
#include "tests/bridges/store/temp_directory.hpp"

namespace arbees::test {

using namespace std::chrono_literals;

constexpr Quantity shares(std::int64_t hundredths) {
  return Quantity{hundredths * 10'000};
}

/// The gateway of one account against the venue, and the test's mailbox as the executor.
class PolymarketGatewayFixture : public ActorFixture {
public:
  explicit PolymarketGatewayFixture(const sim::PolyConfig& venue_config = {},
                                    int sports_delay_s = 0, double speed = 0.1)
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

  ~PolymarketGatewayFixture() {
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

} // namespace arbees::test
