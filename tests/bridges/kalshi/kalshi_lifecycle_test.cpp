#include "bridges/kalshi/kalshi_lifecycle.hpp"

#include <catch2/catch.hpp>

using namespace arbees;
using namespace std::chrono_literals;

namespace {

using Change = KalshiMarketChange;

const Timestamp now = from_ms(1'795'226'400'000);

MarketSpec spec(const std::string& ticker, bool accepts_orders = true) {
  return {.id = market_id(Venue::kalshi, ticker),
          .ref = {.native_id = ticker},
          .accepts_orders = accepts_orders};
}

KalshiMarketEvent event(Change change, Timestamp closes_at = {}, const std::string& ticker = "A") {
  return {.market = market_id(Venue::kalshi, ticker),
          .change = change,
          .closes_at = closes_at,
          .received_at = now};
}

bool closes(const KalshiLifeNews& news) {
  const auto* const closed = std::get_if<MarketClosed>(&news);
  return closed != nullptr && closed->market == spec("A").id && closed->at == now;
}

bool reopens(const KalshiLifeNews& news) {
  const auto* const again = std::get_if<WatchMarkets>(&news);
  return again != nullptr && again->markets.size() == 1 && again->markets[0].id == spec("A").id
         && again->markets[0].accepts_orders;
}

bool silent(const KalshiLifeNews& news) {
  return std::holds_alternative<std::monostate>(news);
}

KalshiLifecycle watching() {
  KalshiLifecycle lifecycle;
  CHECK(lifecycle.watch({{spec("A"), spec("B")}}, now).empty());
  return lifecycle;
}

} // namespace

TEST_CASE("a deactivated market is closed once and reopened when it is activated") {
  auto lifecycle = watching();
  CHECK(silent(lifecycle.on(event(Change::activated))));
  CHECK(closes(lifecycle.on(event(Change::deactivated))));
  CHECK(silent(lifecycle.on(event(Change::deactivated))));
  CHECK(reopens(lifecycle.on(event(Change::activated))));
  CHECK(silent(lifecycle.on(event(Change::activated))));
}

TEST_CASE("a market that has ended stays closed, whatever is said afterwards") {
  auto lifecycle = watching();
  CHECK(closes(lifecycle.on(event(Change::ended))));
  CHECK(silent(lifecycle.on(event(Change::ended)))); // determined, then settled
  CHECK(silent(lifecycle.on(event(Change::activated))));
  CHECK(silent(lifecycle.on(event(Change::close_moved, now + 1h))));
  CHECK(lifecycle.on_open().markets.empty());
  CHECK(lifecycle.watch({{spec("A")}}, now).size() == 1);
}

TEST_CASE("a halted market that ends is not told twice") {
  auto lifecycle = watching();
  CHECK(closes(lifecycle.on(event(Change::deactivated))));
  CHECK(silent(lifecycle.on(event(Change::ended))));
  CHECK(silent(lifecycle.on(event(Change::activated))));
}

TEST_CASE("a moved close matters only when it has passed") {
  auto lifecycle = watching();
  CHECK(silent(lifecycle.on(event(Change::close_moved, now + 1s))));
  CHECK(closes(lifecycle.on(event(Change::close_moved, now))));
  CHECK(silent(lifecycle.on(event(Change::close_moved, now))));
  CHECK(reopens(lifecycle.on(event(Change::close_moved, now + 1s))));
  CHECK(closes(lifecycle.on(event(Change::deactivated))));
  CHECK(silent(lifecycle.on(event(Change::close_moved, now + 2s)))); // still deactivated
}

TEST_CASE("markets that nobody wants are nobody's news") {
  auto lifecycle = watching();
  CHECK(silent(lifecycle.on(event(Change::deactivated, {}, "C"))));
  CHECK(lifecycle.wanted(spec("C").id) == nullptr);
  CHECK(lifecycle.wanted(spec("A").id)->ref.native_id == "A");
  lifecycle.unwatch({{spec("A").id}});
  CHECK(silent(lifecycle.on(event(Change::deactivated))));
  CHECK(lifecycle.wanted(spec("A").id) == nullptr);
}

TEST_CASE("an old catalogue does not reopen a halted market, a newer one does") {
  auto lifecycle = watching();
  lifecycle.on(event(Change::deactivated));
  const auto again = lifecycle.watch({{spec("A"), spec("B")}}, now + 1s);
  REQUIRE(again.size() == 1);
  CHECK(again[0].market == spec("A").id);
  CHECK(again[0].at == now + 1s);
  CHECK(lifecycle.watch({{spec("A", false)}}, now).size() == 1);
  CHECK(lifecycle.watch({{spec("A")}}, now).empty());
  CHECK(closes(lifecycle.on(event(Change::deactivated))));
}

TEST_CASE("a new connection forgets halts, because their ends may have been missed") {
  auto lifecycle = watching();
  lifecycle.on(event(Change::deactivated));
  const auto reopened = lifecycle.on_open();
  REQUIRE(reopened.markets.size() == 1);
  CHECK(reopened.markets[0].id == spec("A").id);
  CHECK(lifecycle.on_open().markets.empty());
  CHECK(closes(lifecycle.on(event(Change::deactivated))));
}
