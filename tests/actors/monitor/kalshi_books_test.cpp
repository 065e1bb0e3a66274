#include "actors/monitor/kalshi_books.hpp"

#include <algorithm>

#include "tests/actors/monitor/books_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

constexpr std::uint64_t sid = 7;

/// Market 3, which never had a snapshot, has no sid and is asked for apart.
bool asked_for_on(const MonitorActions& actions, std::uint64_t subscription) {
  return std::ranges::any_of(actions.requests, [&](const RequestSnapshots& request) {
    return request.sid == subscription;
  });
}

struct KalshiFixture {
  KalshiFixture() {
    books.watch({{spec(1), spec(2), spec(3)}}, at(0s));
    books.on(FeedConnected{.venue = Venue::kalshi, .at = at(0s)});
    books.on(KalshiSubscribed{.command_id = 1, .sid = sid, .channel = "orderbook_delta"});
  }

  static KalshiSnapshot snapshot(std::uint64_t seq, std::uint64_t market, Duration when = 1s) {
    return {.position = {sid, seq},
            .market = MarketId{market},
            .bids = {level(4100, 250), level(4200, 13)},
            .asks = {level(4500, 80), level(4400, 17)},
            .received_at = at(when)};
  }

  static KalshiDelta
  delta(std::uint64_t seq, std::uint64_t market, std::int64_t change, std::int32_t price = 4200,
        BookSide side = BookSide::bid, Duration when = 1s) {
    return {.position = {sid, seq},
            .market = MarketId{market},
            .side = side,
            .price = Price{price},
            .change = contracts(change),
            .exchange_time = at(when - 5ms),
            .received_at = at(when)};
  }

  void seed() {
    books.on(snapshot(1, 1));
    books.on(snapshot(2, 2));
  }

  BookUpdate state(std::uint64_t market) { return *books.table().current(MarketId{market}); }

  KalshiBooks books{MonitorConfig{.snapshot_timeout = 2s, .silence_limit = 30s}};
};

} // namespace

SCENARIO_METHOD(KalshiFixture, "a market's book is stale until its snapshot and ok from then on") {
  CHECK(state(1).status == BookStatus::stale);
  CHECK(state(1).reason == StaleReason::no_snapshot);
  CHECK(books.on(delta(1, 1, 5)).updates.empty());
  const auto& actions = books.on(snapshot(2, 1));
  REQUIRE(actions.updates.size() == 1);
  const auto& update = actions.updates.front();
  CHECK(update.status == BookStatus::ok);
  CHECK(update.reason == StaleReason::none);
  CHECK(update.bids.best() == level(4200, 13));
  CHECK(update.asks.best() == level(4400, 17));
  CHECK(update.received_at == at(1s));
}

SCENARIO_METHOD(KalshiFixture, "deltas change the book, with both stamps and a rising version") {
  seed();
  const auto before = state(1).version;
  const auto update = books.on(delta(3, 1, -3)).updates.at(0);
  CHECK(update.bids.best() == level(4200, 10));
  CHECK(update.exchange_time == at(1s - 5ms));
  CHECK(update.version > before);
  CHECK(books.on(delta(4, 1, -10)).updates.at(0).bids.best() == level(4100, 250));
}

SCENARIO_METHOD(KalshiFixture, "acknowledgements advance the sequence") {
  seed();
  books.on(delta(3, 1, 1));
  CHECK(books.on(KalshiAck{.command_id = 3, .position = {sid, 4}}).updates.empty());
  CHECK(books.on(delta(5, 1, 1)).updates.at(0).status == BookStatus::ok);
  CHECK(books.table().counters().count("gaps") == 0);
}

SCENARIO_METHOD(KalshiFixture, "a gap makes all books of its subscription stale and no other's") {
  seed();
  auto foreign = snapshot(1, 3);
  foreign.position.sid = 8;
  books.on(foreign);
  const auto missing = GENERATE(4U, 2U, 100U); // one lost, one repeated, many lost
  const auto actions = books.on(delta(missing, 1, 1));
  REQUIRE(actions.updates.size() == 2);
  for (const auto& update : actions.updates) {
    CHECK(update.status == BookStatus::stale);
    CHECK(update.reason == StaleReason::sequence_gap);
    CHECK(update.bids.empty());
  }
  REQUIRE(actions.requests.size() == 1);
  CHECK(actions.requests[0].sid == sid);
  CHECK(ids(actions.requests[0].markets) == std::vector<std::uint64_t>{1, 2});
  CHECK_FALSE(actions.reconnect);
  CHECK(state(3).status == BookStatus::ok);

  WHEN("the snapshots come") {
    CHECK(books.on(snapshot(missing + 1, 1)).updates.at(0).status == BookStatus::ok);
    CHECK(state(2).status == BookStatus::stale);
    CHECK(books.on(snapshot(missing + 2, 2)).updates.at(0).status == BookStatus::ok);
    THEN("all is well, and the next gap is a first one") {
      CHECK_FALSE(books.on(Tick{at(10s)}).reconnect);
      CHECK_FALSE(books.on(delta(missing + 4, 1, 1)).reconnect);
    }
  }
  WHEN("a second gap comes first") {
    books.on(snapshot(missing + 1, 1));
    THEN("the connection is dropped") {
      CHECK(books.on(delta(missing + 3, 1, 1)).reconnect);
    }
  }
  WHEN("they do not come in time") {
    THEN("the connection is dropped, at the limit and not before") {
      CHECK_FALSE(books.on(Tick{at(3s - 1ns)}).reconnect);
      CHECK(books.on(Tick{at(3s)}).reconnect);
      CHECK_FALSE(books.on(Tick{at(3s)}).reconnect);
    }
  }
}

SCENARIO_METHOD(KalshiFixture, "a gap is seen on an acknowledgement as well") {
  seed();
  CHECK(books.on(KalshiAck{.command_id = 3, .position = {sid, 4}}).updates.size() == 2);
}

SCENARIO_METHOD(KalshiFixture, "deltas of a stale book are dropped but counted in the sequence") {
  seed();
  books.on(delta(4, 1, 1));
  CHECK(books.on(delta(5, 1, 1)).updates.empty());
  CHECK(books.table().counters().at("ignored:no_snapshot") == 2);
  CHECK(books.table().counters().at("gaps") == 1);
}

SCENARIO_METHOD(KalshiFixture, "an impossible delta costs one market its book") {
  seed();
  const auto [wrong, reason] =
    GENERATE(std::pair{KalshiFixture::delta(3, 1, -14), StaleReason::negative_level},
             std::pair{KalshiFixture::delta(3, 1, -1, 4300), StaleReason::negative_level},
             std::pair{KalshiFixture::delta(3, 1, 1, 4250), StaleReason::off_grid});
  const auto actions = books.on(wrong);
  REQUIRE(actions.updates.size() == 1);
  CHECK(actions.updates[0].reason == reason);
  REQUIRE(actions.requests.size() == 1);
  CHECK(ids(actions.requests[0].markets) == std::vector<std::uint64_t>{1});
  CHECK(actions.requests[0].sid == sid);
  CHECK(state(2).status == BookStatus::ok);
  CHECK(books.on(snapshot(4, 1)).updates.at(0).status == BookStatus::ok);
}

SCENARIO_METHOD(KalshiFixture, "a crossed snapshot means the other price convention") {
  auto wrong = snapshot(1, 1);
  wrong.asks = {level(4200, 1)};
  const auto actions = books.on(wrong);
  CHECK(actions.updates.at(0).reason == StaleReason::crossed);
  wrong.asks = {level(4300, 1)};
  wrong.position.seq = 2;
  CHECK(books.on(wrong).updates.at(0).status == BookStatus::ok);
}

SCENARIO_METHOD(KalshiFixture, "a book that crosses for an instant is not shown, and comes back") {
  seed();
  auto actions = books.on(delta(3, 1, 5, 4400));
  CHECK(actions.updates.at(0).reason == StaleReason::crossed);
  CHECK(actions.requests.empty());
  WHEN("the next delta ends it") {
    CHECK(books.on(delta(4, 1, -17, 4400, BookSide::ask)).updates.at(0).status == BookStatus::ok);
    CHECK_FALSE(asked_for_on(books.on(Tick{at(10s)}), sid));
  }
  WHEN("it stays") {
    CHECK(books.on(delta(4, 1, 1, 4400)).updates.empty());
    CHECK_FALSE(asked_for_on(books.on(Tick{at(3s - 1ns)}), sid));
    CHECK(asked_for_on(books.on(Tick{at(3s)}), sid));
  }
}

SCENARIO_METHOD(KalshiFixture, "a snapshot off the grid or with impossible levels is refused") {
  auto wrong = snapshot(1, 1);
  wrong.bids.push_back(
    GENERATE(level(4250, 1), level(0, 1), level(10'000, 1), level(4100, 1), level(4000, -1)));
  CHECK(books.on(wrong).updates.at(0).status == BookStatus::stale);
  CHECK(state(1).bids.empty());
}

SCENARIO_METHOD(KalshiFixture,
                "a lost connection makes every book stale, and a new one starts over") {
  seed();
  const auto actions =
    books.on(FeedDisconnected{.venue = Venue::kalshi, .reason = "reset", .at = at(2s)});
  CHECK(actions.updates.size() == 2);
  REQUIRE(actions.feed_status);
  CHECK_FALSE(actions.feed_status->connected);
  CHECK(actions.feed_status->markets_stale == 2);
  CHECK(books.on(FeedConnected{.venue = Venue::kalshi, .at = at(3s)}).feed_status->connected);
  CHECK(books.on(delta(3, 1, 1)).updates.empty());
  CHECK(state(1).reason == StaleReason::disconnected);
}

SCENARIO_METHOD(KalshiFixture, "positions begin anew after a reconnect") {
  seed();
  books.on(FeedConnected{.venue = Venue::kalshi, .at = at(3s)});
  CHECK(books.on(snapshot(1, 1)).updates.at(0).status == BookStatus::ok);
  CHECK(books.table().counters().count("gaps") == 0);
}

SCENARIO_METHOD(KalshiFixture, "snapshots that never came are asked for, ever more rarely") {
  seed();
  CHECK(books.on(Tick{at(2s - 1ns)}).requests.empty());
  const auto first = books.on(Tick{at(2s)});
  REQUIRE(first.requests.size() == 1);
  CHECK(ids(first.requests[0].markets) == std::vector<std::uint64_t>{3});
  CHECK(books.on(Tick{at(6s - 1ns)}).requests.empty());
  CHECK(books.on(Tick{at(6s)}).requests.size() == 1);
  CHECK(books.on(Tick{at(14s - 1ns)}).requests.empty());
  CHECK(books.on(Tick{at(14s)}).requests.size() == 1);
}

SCENARIO_METHOD(KalshiFixture, "a silent connection is dropped once, at the limit") {
  seed();
  CHECK_FALSE(books.on(Tick{at(31s)}).reconnect);
  CHECK(books.on(Tick{at(31s + 1ns)}).reconnect);
  CHECK_FALSE(books.on(Tick{at(99s)}).reconnect);
  books.on(FeedConnected{.venue = Venue::kalshi, .at = at(100s)});
  CHECK(books.on(Tick{at(131s)}).reconnect);
}

SCENARIO_METHOD(KalshiFixture, "an overflow of the venue's buffer drops the connection") {
  CHECK_FALSE(books.on(KalshiCommandFailed{.command_id = 2, .code = 8, .text = ""}).reconnect);
  CHECK(books.on(KalshiCommandFailed{.command_id = 0, .code = 25, .text = ""}).reconnect);
}

SCENARIO_METHOD(KalshiFixture, "a closed market says so once and then nothing") {
  seed();
  CHECK(books.on(MarketClosed{.market = MarketId{1}, .at = at(2s)}).updates.at(0).status
        == BookStatus::closed);
  CHECK(books.on(MarketClosed{.market = MarketId{1}, .at = at(3s)}).updates.empty());
  CHECK(books.on(snapshot(3, 1)).updates.empty());
  CHECK(books.on(delta(4, 1, 1)).updates.empty());
  CHECK(books.on(delta(5, 2, 1)).updates.size() == 1);
}

SCENARIO_METHOD(KalshiFixture, "a closed market that opens again waits for a fresh snapshot") {
  seed();
  books.on(MarketClosed{.market = MarketId{1}, .at = at(2s)});
  const auto actions = books.watch({{spec(1)}}, at(3s));
  REQUIRE(actions.updates.size() == 1);
  CHECK(actions.updates[0].status == BookStatus::stale);
  CHECK(actions.updates[0].bids.empty());
  REQUIRE(asked_for_on(actions, sid));
  CHECK(ids(actions.requests[0].markets) == std::vector<std::uint64_t>{1});
  CHECK(books.on(delta(3, 1, 1)).updates.empty());
  CHECK(books.on(snapshot(4, 1)).updates.at(0).status == BookStatus::ok);
  WHEN("it is closed again before the snapshot has come") {
    books.on(MarketClosed{.market = MarketId{1}, .at = at(4s)});
    books.watch({{spec(1)}}, at(5s));
    CHECK(books.on(MarketClosed{.market = MarketId{1}, .at = at(5s)}).updates.at(0).status
          == BookStatus::closed);
    THEN("the snapshot changes nothing") {
      CHECK(books.on(snapshot(5, 1)).updates.empty());
      CHECK(state(1).status == BookStatus::closed);
    }
  }
}

SCENARIO_METHOD(KalshiFixture, "a new grid is a new epoch, and keeps a book that fits it") {
  seed();
  auto finer = spec(1);
  finer.price_bands[0] = {Price{10}, Price{9990}, Price{10}};
  const auto kept = books.watch({{finer}}, at(2s));
  REQUIRE(kept.updates.size() == 1);
  CHECK(kept.updates[0].status == BookStatus::ok);
  CHECK(kept.updates[0].epoch == 1);
  auto coarser = spec(1);
  coarser.price_bands[0] = {Price{500}, Price{9500}, Price{500}};
  const auto lost = books.watch({{coarser}}, at(2s));
  CHECK(lost.updates.at(0).reason == StaleReason::tick_change);
  CHECK(lost.requests.size() == 1);
  CHECK(books.watch({{coarser}}, at(2s)).updates.empty());
}

SCENARIO_METHOD(KalshiFixture, "frames of markets that nobody wants still count") {
  seed();
  books.unwatch({{MarketId{1}}});
  CHECK_FALSE(books.table().current(MarketId{1}));
  CHECK(books.on(delta(3, 1, 1)).updates.empty());
  CHECK(books.on(delta(4, 2, 1)).updates.at(0).status == BookStatus::ok);
}
