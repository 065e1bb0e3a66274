#include "bridges/polymarket/polymarket_feed.hpp"

#include <set>

#include "tests/bridges/net/feed_fixture.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

struct PolymarketFeedFixture : FeedFixture {
  LocalServer rest;

  void start(std::size_t tokens_per_socket = 200, Duration ping_period = 10s) {
    auto spawned = spawn_polymarket_feed(system, *network, clock,
                                         {.ws_url = "ws://" + server.authority() + "/ws/market",
                                          .rest_url = "http://" + rest.authority(),
                                          .tokens_per_socket = tokens_per_socket,
                                          .ping_period = ping_period,
                                          .audit_period = audit_period,
                                          .first_retry = 1ms,
                                          .longest_retry = 1ms,
                                          .stagger = 1ms},
                                         sink<PolymarketMonitorActor>());
    REQUIRE(spawned);
    feed = *spawned;
  }

  Duration audit_period{}; ///< zero: no audits

  static MarketSpec market(const std::string& name) {
    return watched(Venue::polymarket, name, {name + "-yes", name + "-no"});
  }

  static std::string book(const std::string& name, const std::string& type = "book") {
    return R"({"event_type":")" + type + R"(","market":")" + name + R"(","asset_id":")" + name
           + R"(-yes","timestamp":"1780000000000","bids":[],"asks":[{"price":"0.5","size":"1"}]})";
  }
};

bool says(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

} // namespace

SCENARIO_METHOD(PolymarketFeedFixture,
                "Polymarket's books come in, through a lost connection as well") {
  start();
  tell(WatchMarkets{{market("a")}});
  for (int connection = 0; connection < 2; ++connection) {
    WebSocketPeer peer{server};
    CHECK(heard<FeedConnected>().venue == Venue::polymarket);
    CHECK(says(peer.read(), R"({"type":"market","assets_ids":["a-yes","a-no")"));
    peer.write("[" + book("a") + "]");
    CHECK(heard<PolymarketBook>().market == market("a").id);
    peer.write("PONG");
    peer.write(
      R"({"event_type":"price_change","market":"a","timestamp":"1780000000100","price_changes":[{"asset_id":"a-yes","price":"0.4","size":"2","side":"BUY"}]})");
    CHECK(heard<PolymarketChanges>().changes.size() == 1);
    peer.write("{");
    CHECK(heard<FrameRejected>().reason == "not_json");
    tell(WatchMarkets{{market("b")}});
    CHECK(says(peer.read(), R"("operation":"subscribe","assets_ids":["b-yes","b-no"])"));
    tell(WatchMarkets{{market("b")}});
    tell(UnwatchMarkets{{market("b").id}});
    CHECK(says(peer.read(), R"("operation":"unsubscribe","assets_ids":["b-yes","b-no"])"));
    peer.drop();
    heard<FeedDisconnected>();
  }
}

SCENARIO_METHOD(PolymarketFeedFixture, "a missing book is asked for on the socket, then of REST") {
  start();
  tell(WatchMarkets{{market("a")}});
  WebSocketPeer peer{server};
  heard<FeedConnected>();
  peer.read();
  const RequestSnapshots request{.markets = {market("a").id}};
  tell(request);
  CHECK(says(peer.read(), "unsubscribe"));
  CHECK(says(peer.read(), R"("operation":"subscribe")"));
  tell(request);
  HttpPeer http{rest};
  CHECK(http.read().target() == "/book?token_id=a-yes");
  http.answer(200, book("a"));
  CHECK(heard<PolymarketBook>().from_rest);
  tell(request); // answered: the socket again
  CHECK(says(peer.read(), "unsubscribe"));
}

SCENARIO_METHOD(PolymarketFeedFixture, "one book after the other is read by REST to be compared") {
  audit_period = 1ms;
  start();
  tell(WatchMarkets{{market("a"), market("b")}});
  WebSocketPeer peer{server};
  heard<FeedConnected>();
  peer.read();
  HttpPeer http{rest};
  std::set<std::string> asked;
  for (int i = 0; i < 2; ++i) {
    const std::string target{http.read().target()};
    asked.insert(target);
    http.answer(200, book(says(target, "a-yes") ? "a" : "b"));
    CHECK(heard<PolymarketBook>().from_rest);
  }
  CHECK(asked == std::set<std::string>{"/book?token_id=a-yes", "/book?token_id=b-yes"});
  http.read();
  http.answer(500, "{}"); // nothing to compare: the next in rotation follows
  http.read();
}

SCENARIO_METHOD(PolymarketFeedFixture,
                "more tokens than fit take another socket, and live and die with it") {
  start(2);
  WebSocketPeer first{server};
  heard<FeedConnected>();
  tell(WatchMarkets{{market("a"), market("b")}});
  CHECK(says(first.read(), R"(["a-yes","a-no"])"));
  WebSocketPeer second{server};
  CHECK(says(second.read(), R"(["b-yes","b-no"])"));
  second.write(book("b"));
  CHECK(heard<PolymarketBook>().market == market("b").id);
  second.drop();
  heard<FeedDisconnected>();
  WebSocketPeer again{server};
  WebSocketPeer too{server};
  heard<FeedConnected>();
  const auto one = again.read() + too.read();
  CHECK(says(one, R"(["a-yes","a-no"])"));
  CHECK(says(one, R"(["b-yes","b-no"])"));
}

SCENARIO_METHOD(PolymarketFeedFixture, "PING is said each period") {
  start(200, 5ms);
  WebSocketPeer peer{server};
  CHECK(peer.read() == "PING");
  CHECK(peer.read() == "PING");
}
