#include "actors/monitor/kalshi_monitor_actor.hpp"
#include "bridges/kalshi/kalshi_feed.hpp"
#include "tests/bridges/kalshi/sim_fixture.hpp"

// Books of the simulated venue through the real socket and the real monitor.

namespace {

struct KalshiBooksFixture : SimFixture {
  ~KalshiBooksFixture() {
    // The feed goes before the network and the clock that it refers to.
    if (feed) {
      caf::anon_send_exit(feed, caf::exit_reason::kill);
      feed = nullptr;
    }
    sched.run();
    network->stop();
  }

  /// One market's books from now on. Its grid is finer than the venue's, so that every price fits.
  void follow(const std::string& ticker) {
    auto spawned = spawn_kalshi_feed(system, *network, clock,
                                     {.ws_url = ws_url(),
                                      .key_id = "test-key",
                                      .key_file = KalshiKey::get().file(),
                                      .first_retry = 1ms},
                                     monitor);
    REQUIRE(spawned);
    feed = *spawned;
    const MarketSpec spec{
      .id = market_id(Venue::kalshi, ticker),
      .ref = {.native_id = ticker},
      .price_bands = {{.start = Price{1}, .end = Price{9999}, .step = Price{1}}},
      .accepts_orders = true};
    self->send(monitor, caf::put_atom::value, feed);
    self->send(monitor, WatchMarkets{{spec}});
    self->send(monitor, caf::subscribe_atom::value, BookInterest{}, sink<BookSink>());
  }

  /// Takes books as they come until `done`, which sees the last one; fails after 10 s.
  void books_until(const std::function<bool(const BookUpdate&)>& done) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!last || !done(*last)) {
      REQUIRE(std::chrono::steady_clock::now() < end);
      sched.run();
      self->receive([this](const BookUpdate& update) { last = update; }, caf::after(2ms) >> [] {});
    }
  }
  void books_until(BookStatus status) {
    books_until([status](const BookUpdate& book) { return book.status == status; });
  }

  [[nodiscard]] std::int64_t monitor_metric(const std::string& name) {
    std::int64_t value = 0;
    auto request = self->request(monitor, 10s, caf::get_atom::value);
    sched.run();
    request.receive(
      [&](const Metrics& metrics) {
        value = metrics.values.count(name) > 0 ? metrics.values.at(name) : 0;
      },
      [](const caf::error& error) { FAIL(describe(error)); });
    return value;
  }

  void live(const std::string& ticker, const std::string& action) const {
    control("/sim/lifecycle", R"({"ticker":")" + ticker + R"(","action":")" + action + "\"}");
  }

  KalshiMonitorActor monitor = spawn(kalshi_monitor, MonitorConfig{});
  FeedActor feed;
  std::optional<BookUpdate> last;
};

} // namespace

SCENARIO_METHOD(KalshiBooksFixture, "a market's book goes with its life and comes back whole") {
  const auto market = deep_market(0);
  follow(market.ticker);
  books_until(BookStatus::ok);

  live(market.ticker, "deactivate");
  books_until(BookStatus::closed);
  const auto snapshots = monitor_metric("snapshots");

  live(market.ticker, "activate");
  books_until(BookStatus::ok);
  CHECK(monitor_metric("snapshots") > snapshots);
  CHECK_FALSE(last->bids.empty());
  CHECK(monitor_metric("gaps") == 0);

  live(market.ticker, "close-early");
  books_until(BookStatus::closed);
}
