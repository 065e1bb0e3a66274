#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sys/stat.h>

#include <fstream>
#include <future>

#include "bridges/kalshi/kalshi_gateway.hpp"
#include "tests/actor_fixture.hpp"
#include "tests/bridges/kalshi/http_venue.hpp"
#include "tests/bridges/net/local_server.hpp"
#include "tests/bridges/store/temp_directory.hpp"

namespace arbees::test {

/// A throw-away RSA key: its private half in a file, the other as PEM. One for all tests.
class KalshiKey {
public:
  static const KalshiKey& get() {
    static const KalshiKey key;
    return key;
  }

  [[nodiscard]] std::string file() const { return (directory_ / "key.pem").string(); }
  [[nodiscard]] const std::string& public_pem() const { return public_pem_; }

private:
  KalshiKey() {
    const std::shared_ptr<EVP_PKEY> key{EVP_RSA_gen(2048), EVP_PKEY_free};
    const auto pem = [](auto write) {
      const std::shared_ptr<BIO> bio{BIO_new(BIO_s_mem()), BIO_free};
      write(bio.get());
      char* data = nullptr;
      const auto size = BIO_get_mem_data(bio.get(), &data);
      return std::string(data, static_cast<std::size_t>(size));
    };
    std::ofstream{file()} << pem([&](BIO* bio) {
      PEM_write_bio_PKCS8PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    ::chmod(file().c_str(), 0600);
    public_pem_ = pem([&](BIO* bio) { PEM_write_bio_PUBKEY(bio, key.get()); });
  }

  TempDirectory directory_;
  std::string public_pem_;
};

/// A gateway and the test's mailbox as its executor. Time goes on while the test waits.
class GatewayFixture : public ActorFixture {
public:
  ~GatewayFixture() {
    if (gateway) {
      caf::anon_send_exit(*gateway, caf::exit_reason::kill);
      gateway.reset();
      sched.run();
      // The gateway takes itself down on the network thread, its sockets one post later.
      for (int i = 0; i < 3; ++i) {
        std::promise<void> done;
        boost::asio::post(network->context(), [&] { done.set_value(); });
        done.get_future().wait();
      }
    }
    network->stop();
  }

  /// Impatient, so that tests are quick; the maintenance is left out, or tests would fail on
  /// Thursdays.
  static KalshiGatewayConfig
  gateway_config(const std::string& rest_url, const std::string& ws_url) {
    using namespace std::chrono_literals;
    KalshiGatewayConfig config;
    config.rest = {.rest_url = rest_url, .key_id = "test-key", .key_file = KalshiKey::get().file()};
    config.stream = {.ws_url = ws_url, .first_retry = 1ms, .longest_retry = 20ms};
    config.orders.look_up_every = 5ms;
    config.orders.longest_look_up = 50ms;
    config.orders.stream_grace = 20ms;
    config.orders.absent_after = 200ms;
    config.account.balance_after_fill = 1ms;
    config.account.settlements_after_close = 1ms;
    config.groups.retry_every = 10ms;
    config.venue.rules.pauses.clear();
    config.venue.rules.pause_margin = 0ms;
    return config;
  }

  void start(const KalshiGatewayConfig& its_config) {
    auto spawned = spawn_kalshi_gateway(system, *network, clock, its_config);
    REQUIRE(spawned);
    gateway = std::move(*spawned);
    ticks_sent = 0;
    self->send(*gateway, caf::subscribe_atom_v, sink<OrderSink>());
    until([this] { return metric("status_reads") > 0; });
  }

  /// Another gateway on the same account, as after a restart.
  void restart(const KalshiGatewayConfig& its_config) {
    caf::anon_send_exit(*gateway, caf::exit_reason::kill);
    gateway.reset();
    sched.run();
    reports.clear();
    fills.clear();
    settlements.clear();
    start(its_config);
  }

  void place(const OrderIntent& order) {
    self->send(*gateway, order, sink<OrderSink>());
    sched.run();
  }
  void query(const OrderIntent& order) {
    self->send(*gateway, QueryOrder{order}, sink<OrderSink>());
    sched.run();
  }

  void cancel(const OrderIntent& order) {
    self->send(*gateway, CancelOrder{order}, sink<OrderSink>());
    sched.run();
  }
  void cancel_all() {
    self->send(*gateway, CancelAllOrders{"test"});
    sched.run();
  }
  /// Asks for the account; the question's answer comes while the test waits.
  auto ask_account() {
    auto request = self->request(*gateway, std::chrono::seconds{10}, ReadAccount{Venue::kalshi});
    sched.run();
    return request;
  }

  /// Orders may rest: the shards' order groups stand.
  void until_groups(std::int64_t count) {
    until([&] { return metric("order_groups") == count; });
  }

  /// What was told last of a shard, or of the whole venue.
  [[nodiscard]] std::optional<VenueStatus>
  status_of(std::optional<std::int32_t> shard = std::nullopt) const {
    for (auto it = statuses.rbegin(); it != statuses.rend(); ++it) {
      if (it->exchange_index == shard) {
        return *it;
      }
    }
    return std::nullopt;
  }
  [[nodiscard]] bool is(VenueState state, std::optional<std::int32_t> shard = std::nullopt) const {
    const auto status = status_of(shard);
    return status && status->state == state;
  }

  /// Takes what comes, with ticks in between, until `done`; fails after 10 s.
  void until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!done()) {
      REQUIRE(std::chrono::steady_clock::now() < end);
      tick();
      self->receive([this](const OrderReport& report) { reports.push_back(report); },
                    [this](const Fill& fill) { fills.push_back(fill); },
                    [this](const BalanceUpdate& balance) { balances.push_back(balance); },
                    [this](const VenueStatus& status) { statuses.push_back(status); },
                    [this](const Settlement& paid) { settlements.push_back(paid); },
                    caf::after(std::chrono::milliseconds{2}) >> [] {});
    }
  }

  /// The last report of the order once it is terminal.
  OrderReport outcome(const OrderIntent& order) {
    until([&] {
      const auto last = latest(order);
      return last && terminal(last->status);
    });
    return *latest(order);
  }

  [[nodiscard]] std::optional<OrderReport> latest(const OrderIntent& order) const {
    for (auto it = reports.rbegin(); it != reports.rend(); ++it) {
      if (it->client_order_id == order.client_order_id) {
        return *it;
      }
    }
    return std::nullopt;
  }

  /// Contracts of the order's fills, however often told.
  [[nodiscard]] Quantity told_fills(const OrderIntent& order) const {
    Quantity sum;
    for (const auto& fill : fills) {
      if (fill.client_order_id == order.client_order_id) {
        sum += fill.quantity;
      }
    }
    return sum;
  }

  void tick() {
    self->send(*gateway, Tick{clock.now()});
    ++ticks_sent;
    sched.run();
  }

  /// What the gateway counts now, all that happened before included; 0 if it has no such counter.
  std::int64_t metric(const std::string& name) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    tick();
    for (;;) {
      auto values = metrics();
      if (values["ticks"] == ticks_sent) {
        return values[name];
      }
      REQUIRE(std::chrono::steady_clock::now() < end);
      std::this_thread::yield(); // the network thread is on its way
    }
  }

  std::map<std::string, std::int64_t> metrics() {
    auto request = self->request(*gateway, std::chrono::seconds{10}, caf::get_atom_v);
    sched.run();
    std::map<std::string, std::int64_t> values;
    request.receive([&](const Metrics& metrics) { values = metrics.values; },
                    [](const caf::error& error) { FAIL(describe(error)); });
    return values;
  }

  static OrderIntent
  intent(const std::string& ticker, std::int32_t shard, std::uint8_t attempt = 0) {
    OrderIntent order{.pair = PairId{7},
                      .attempt = attempt,
                      .client_order_id = client_order_id(PairId{7}, 0, OrderPurpose::open, attempt),
                      .market = market_id(Venue::kalshi, ticker),
                      .ref = {.venue = Venue::kalshi, .native_id = ticker},
                      .exchange_index = shard,
                      .limit = Price{4400},
                      .quantity = Quantity{10 * quantity_per_contract}};
    return order;
  }

  Clock clock;
  std::unique_ptr<Network> network = std::move(*Network::make());
  std::optional<LiveGatewayActor> gateway;
  std::int64_t ticks_sent = 0; ///< to this gateway
  std::vector<OrderReport> reports;
  std::vector<Fill> fills;
  std::vector<BalanceUpdate> balances;
  std::vector<VenueStatus> statuses;
  std::vector<Settlement> settlements;
};

} // namespace arbees::test
