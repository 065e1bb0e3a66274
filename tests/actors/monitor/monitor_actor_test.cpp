#include "actors/monitor/kalshi_monitor_actor.hpp"
#include "actors/monitor/polymarket_monitor_actor.hpp"
#include "tests/actor_fixture.hpp"
#include "tests/actors/monitor/books_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

struct MonitorFixture : ActorFixture {
  KalshiMonitorActor monitor = spawn(kalshi_monitor, MonitorConfig{});

  template <class... Ts>
  void tell(Ts... message) {
    self->send(monitor, std::move(message)...);
    sched.run();
  }

  static KalshiSnapshot snapshot(std::uint64_t seq, std::uint64_t market) {
    return {.position = {1, seq},
            .market = MarketId{market},
            .bids = {level(4200, 1)},
            .asks = {level(4400, 1)},
            .received_at = at(1s)};
  }
};

} // namespace

SCENARIO_METHOD(MonitorFixture, "the feed is told of the markets, whichever is known first") {
  tell(WatchMarkets{{spec(1)}});
  tell(caf::put_atom::value, sink<FeedActor>());
  const auto known = next<WatchMarkets>();
  REQUIRE(known);
  CHECK(known->markets.at(0).id == MarketId{1});
  tell(WatchMarkets{{spec(2)}});
  CHECK(next<WatchMarkets>()->markets.at(0).id == MarketId{2});
  tell(UnwatchMarkets{{MarketId{1}}});
  CHECK(next<UnwatchMarkets>()->markets.at(0) == MarketId{1});
}

SCENARIO_METHOD(MonitorFixture,
                "a book subscriber hears of its markets, at once and then of changes") {
  tell(WatchMarkets{{spec(1), spec(2)}});
  tell(FeedConnected{.venue = Venue::kalshi, .at = at(0s)});
  tell(snapshot(1, 1));
  tell(caf::subscribe_atom::value, BookInterest{{MarketId{1}}}, sink<BookSink>());
  CHECK(next<BookUpdate>()->status == BookStatus::ok);
  tell(snapshot(2, 2));
  CHECK_FALSE(next<BookUpdate>());
  tell(KalshiDelta{.position = {1, 3},
                   .market = MarketId{1},
                   .price = Price{4300},
                   .change = contracts(2),
                   .received_at = at(2s)});
  CHECK(next<BookUpdate>()->bids.best() == level(4300, 2));
  tell(caf::unsubscribe_atom::value, sink<BookSink>());
  tell(snapshot(4, 1));
  CHECK_FALSE(next<BookUpdate>());
}

SCENARIO_METHOD(MonitorFixture, "a feed subscriber hears of every book and of the connection") {
  tell(WatchMarkets{{spec(1)}});
  tell(caf::subscribe_atom::value, sink<FeedSink>());
  CHECK(next<BookUpdate>()->reason == StaleReason::no_snapshot);
  tell(FeedConnected{.venue = Venue::kalshi, .at = at(0s)});
  CHECK(next<FeedStatus>()->connected);
  tell(snapshot(1, 1));
  CHECK(next<BookUpdate>()->status == BookStatus::ok);
  tell(FeedDisconnected{.venue = Venue::kalshi, .reason = "reset", .at = at(2s)});
  CHECK(next<BookUpdate>()->reason == StaleReason::disconnected);
  const auto down = next<FeedStatus>();
  REQUIRE(down);
  CHECK_FALSE(down->connected);
  CHECK(down->markets_stale == 1);
}

SCENARIO_METHOD(MonitorFixture, "a gap asks the feed for snapshots, and a second one drops it") {
  tell(WatchMarkets{{spec(1)}});
  tell(caf::put_atom::value, sink<FeedActor>());
  next<WatchMarkets>();
  tell(FeedConnected{.venue = Venue::kalshi, .at = at(0s)});
  tell(snapshot(1, 1));
  tell(KalshiAck{.command_id = 0, .position = {1, 3}});
  const auto request = next<RequestSnapshots>();
  REQUIRE(request);
  CHECK(request->sid == 1);
  tell(KalshiAck{.command_id = 0, .position = {1, 5}});
  CHECK(next<ReconnectFeed>());
}

SCENARIO_METHOD(MonitorFixture, "counters come by their reasons") {
  tell(WatchMarkets{{spec(1)}});
  tell(FrameRejected{.venue = Venue::kalshi, .reason = "not_json", .market = {}, .at = at(1s)});
  tell(caf::get_atom::value);
  const auto metrics = next<Metrics>();
  REQUIRE(metrics);
  CHECK(metrics->source == "kalshi_monitor");
  CHECK(metrics->values.at("rejected:not_json") == 1);
  CHECK(metrics->values.at("markets") == 1);
  CHECK(metrics->values.at("books_ok") == 0);
}

SCENARIO_METHOD(ActorFixture, "the Polymarket monitor publishes and asks as well") {
  const auto monitor = spawn(polymarket_monitor, MonitorConfig{});
  const auto tell = [&](auto... message) {
    self->send(monitor, std::move(message)...);
    sched.run();
  };
  tell(WatchMarkets{{spec(1, Venue::polymarket)}});
  tell(caf::subscribe_atom::value, BookInterest{}, sink<BookSink>());
  CHECK(next<BookUpdate>()->venue == Venue::polymarket);
  tell(caf::put_atom::value, sink<FeedActor>());
  CHECK(next<WatchMarkets>());
  tell(FeedConnected{.venue = Venue::polymarket, .at = at(0s)});
  tell(Tick{at(2s)});
  CHECK(next<RequestSnapshots>());
  tell(PolymarketBook{.market = MarketId{1},
                      .bids = {level(4800, 30)},
                      .asks = {level(5200, 25)},
                      .exchange_time = at(3s),
                      .received_at = at(3s)});
  CHECK(next<BookUpdate>()->status == BookStatus::ok);
}
