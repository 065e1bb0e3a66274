#pragma once

#include <boost/json.hpp>

#include "tests/bridges/kalshi/gateway_fixture.hpp"
#include "tools/sim/simulator.hpp"

namespace arbees::test {

/// The simulator on free ports, which takes the signatures of the test's key only.
struct RunningSimulator {
  RunningSimulator() {
    thread = std::thread{[this] { io.run(); }};
  }
  ~RunningSimulator() {
    boost::asio::post(io, [this] {
      simulator.stop();
      io.stop();
    });
    thread.join();
  }
  RunningSimulator(const RunningSimulator&) = delete;
  RunningSimulator& operator=(const RunningSimulator&) = delete;

  static sim::SimulatorConfig config() {
    sim::SimulatorConfig config;
    config.world = {.games = 24, .seed = 3, .rate = 1, .epoch_ms = sim::wall_ms()};
    config.ports = {0, 0, 0, 0};
    config.kalshi_keys = {{"test-key", KalshiKey::get().public_pem()}};
    return config;
  }

  boost::asio::io_context io;
  sim::Simulator simulator{io, config()};
  sim::Ports ports = simulator.start();
  std::thread thread;
};

/// What a market shows: best first.
struct ShownBook {
  std::string ticker;
  std::int32_t shard = 0;
  std::vector<Level> bids;
  std::vector<Level> asks;

  [[nodiscard]] Quantity asked(std::size_t levels) const {
    Quantity sum;
    for (std::size_t i = 0; i < levels; ++i) {
      sum += asks.at(i).quantity;
    }
    return sum;
  }
};

inline std::vector<Level> levels(const boost::json::value& json, bool mirrored) {
  std::vector<Level> result;
  for (const auto& level : json.as_array()) {
    const auto price = *parse_price(level.at(0).as_string());
    result.push_back(
      {mirrored ? complement(price) : price, *parse_quantity(level.at(1).as_string())});
  }
  std::reverse(result.begin(), result.end());
  return result;
}

struct SimFixture : GatewayFixture {
  [[nodiscard]] std::string rest_url() const {
    return "http://127.0.0.1:" + std::to_string(venue.ports.kalshi) + "/trade-api/v2";
  }
  [[nodiscard]] std::string ws_url() const {
    return "ws://127.0.0.1:" + std::to_string(venue.ports.kalshi) + "/trade-api/ws/v2";
  }

  [[nodiscard]] KalshiGatewayConfig sim_config() const {
    auto its_config = gateway_config(rest_url(), ws_url());
    its_config.venue.status_every = std::chrono::milliseconds{150};
    its_config.venue.attestation_every = std::chrono::milliseconds{150};
    return its_config;
  }

  /// Tells the simulator what to do.
  void control(const std::string& target, const std::string& body) const {
    const auto answer = forward({.method = "POST", .target = target, .body = body, .headers = {}},
                                venue.ports.kalshi);
    INFO(answer.body);
    REQUIRE(answer.status == 200);
  }

  AccountView account() {
    auto request = ask_account();
    until([this] { return metric("account_answers") > 0; });
    sched.run();
    std::optional<AccountView> view;
    request.receive([&](const AccountView& its) { view = its; },
                    [](const caf::error& error) { FAIL(describe(error)); });
    return *view;
  }

  /// With the private stream subscribed.
  void open() {
    start(sim_config());
    until([this] { return metric("stream_open") == 1; });
  }

  [[nodiscard]] boost::json::value get(const std::string& target) const {
    return boost::json::parse(
      forward({.method = "GET", .target = "/trade-api/v2" + target, .body = {}, .headers = {}},
              venue.ports.kalshi)
        .body);
  }

  [[nodiscard]] ShownBook book_of(const std::string& ticker, std::int32_t shard) const {
    const auto shown = get("/markets/" + ticker + "/orderbook").at("orderbook_fp");
    return {ticker, shard, levels(shown.at("yes_dollars"), false),
            levels(shown.at("no_dollars"), true)};
  }

  /// A market of that shard with at least three levels on each side.
  [[nodiscard]] ShownBook deep_market(std::int32_t shard) const {
    const auto& series = shard == 0 ? "KXNFLGAME" : "KXNBAGAME";
    const auto listed = get(std::string{"/markets?limit=200&series_ticker="} + series);
    for (const auto& market : listed.at("markets").as_array()) {
      auto book = book_of(std::string{market.at("ticker").as_string()}, shard);
      if (book.bids.size() >= 3 && book.asks.size() >= 3) {
        return book;
      }
    }
    FAIL("no deep market");
    return {};
  }

  [[nodiscard]] static OrderIntent buy(const ShownBook& book, std::uint8_t attempt = 0) {
    auto order = intent(book.ticker, book.shard, attempt);
    order.limit = book.asks.front().price;
    order.quantity = Quantity{quantity_per_contract};
    return order;
  }

  RunningSimulator venue;
};

} // namespace arbees::test

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;
