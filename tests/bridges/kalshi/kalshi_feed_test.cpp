#include "bridges/kalshi/kalshi_feed.hpp"

#include "tests/bridges/net/feed_fixture.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

struct KalshiFeedFixture : FeedFixture {
  void start() {
    auto spawned = spawn_kalshi_feed(system, *network, clock,
                                     {.ws_url = "ws://" + server.authority() + "/trade-api/ws/v2",
                                      .first_retry = 1ms,
                                      .longest_retry = 1ms},
                                     sink<KalshiMonitorActor>());
    REQUIRE(spawned);
    feed = *spawned;
  }
};

bool says(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

constexpr auto subscribed =
  R"({"id":1,"type":"subscribed","msg":{"channel":"orderbook_delta","sid":4}})";
constexpr auto snapshot =
  R"({"type":"orderbook_snapshot","sid":4,"seq":1,"msg":{"market_ticker":"KXT-A",)"
  R"("yes_dollars_fp":[["0.4200","13.50"]],"no_dollars_fp":[["0.4400","17.00"]]}})";
constexpr auto delta =
  R"({"type":"orderbook_delta","sid":4,"seq":2,"msg":{"market_ticker":"KXT-A",)"
  R"("price_dollars":"0.4200","delta_fp":"-3.50","side":"yes","ts_ms":1795226400000}})";

} // namespace

SCENARIO_METHOD(KalshiFeedFixture, "Kalshi's books come in, through a lost connection as well") {
  start();
  tell(WatchMarkets{{watched(Venue::kalshi, "KXT-A")}});
  for (int connection = 0; connection < 2; ++connection) {
    WebSocketPeer peer{server};
    CHECK(peer.upgrade.target() == "/trade-api/ws/v2");
    CHECK(heard<FeedConnected>().venue == Venue::kalshi);
    const auto command = peer.read();
    CHECK(says(command, R"("market_tickers":["KXT-A"],"use_yes_price":true)"));
    peer.write(subscribed);
    CHECK(heard<KalshiSubscribed>().sid == 4);
    CHECK(says(peer.read(), R"("channels":["market_lifecycle_v2"])"));
    peer.write(snapshot);
    CHECK(heard<KalshiSnapshot>().market == market_id(Venue::kalshi, "KXT-A"));
    peer.ping();
    peer.write(delta);
    const auto change = heard<KalshiDelta>();
    CHECK(change.change == Quantity{-3'500'000});
    CHECK(change.received_at <= clock.now());
    peer.write("rubbish");
    CHECK(heard<FrameRejected>().reason == "not_json");
    tell(RequestSnapshots{.markets = {market_id(Venue::kalshi, "KXT-A")}, .sid = 4});
    CHECK(says(peer.read(), "get_snapshot"));
    tell(WatchMarkets{{watched(Venue::kalshi, "KXT-B")}});
    CHECK(says(peer.read(), R"("add_markets","market_tickers":["KXT-B"])"));
    tell(UnwatchMarkets{{market_id(Venue::kalshi, "KXT-B")}});
    CHECK(says(peer.read(), R"("delete_markets","market_tickers":["KXT-B"])"));
    peer.drop();
    CHECK_FALSE(heard<FeedDisconnected>().reason.empty());
  }
}

SCENARIO_METHOD(KalshiFeedFixture, "a halted market is closed until it is activated") {
  const auto life = [](const std::string& ticker, const std::string& type) {
    return R"({"type":"market_lifecycle_v2","sid":5,"msg":{"market_ticker":")" + ticker
           + R"(","event_type":")" + type + "\"}}";
  };
  const auto market = market_id(Venue::kalshi, "KXT-A");
  start();
  tell(WatchMarkets{{watched(Venue::kalshi, "KXT-A")}});
  WebSocketPeer peer{server};
  heard<FeedConnected>();
  peer.write(life("KXT-B", "deactivated")); // not ours
  peer.write(life("KXT-A", "deactivated"));
  CHECK(heard<MarketClosed>().market == market);
  tell(WatchMarkets{{watched(Venue::kalshi, "KXT-A")}}); // from a catalogue that is older
  CHECK(heard<MarketClosed>().market == market);
  peer.write(life("KXT-A", "invented"));
  CHECK(heard<FrameRejected>().reason == "lifecycle_type");
  peer.write(life("KXT-A", "activated"));
  const auto again = heard<WatchMarkets>();
  REQUIRE(again.markets.size() == 1);
  CHECK(again.markets[0].id == market);
  CHECK(again.markets[0].accepts_orders);
  peer.write(life("KXT-A", "deactivated"));
  heard<MarketClosed>();
  peer.drop();
  heard<FeedDisconnected>();
  WebSocketPeer next{server};
  heard<FeedConnected>();
  CHECK(heard<WatchMarkets>().markets.at(0).id == market);
}

SCENARIO_METHOD(KalshiFeedFixture, "the monitor may drop the connection") {
  start();
  WebSocketPeer peer{server};
  heard<FeedConnected>();
  tell(ReconnectFeed{"sequence gap"});
  CHECK(heard<FeedDisconnected>().reason == "sequence gap");
  WebSocketPeer next{server};
  heard<FeedConnected>();
}

SCENARIO_METHOD(KalshiFeedFixture, "a bad URL or key file is refused before anything starts") {
  const auto monitor = sink<KalshiMonitorActor>();
  CHECK(spawn_kalshi_feed(system, *network, clock, {.ws_url = "kalshi"}, monitor).error()
        == Errc::bad_configuration);
  CHECK(spawn_kalshi_feed(system, *network, clock, {.key_id = "id", .key_file = "/nonexistent"},
                          monitor)
          .error()
        == Errc::bad_credential);
}
