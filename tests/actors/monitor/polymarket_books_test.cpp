#include "actors/monitor/polymarket_books.hpp"

#include "tests/actors/monitor/books_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

struct PolymarketFixture {
  PolymarketFixture() {
    books.watch({{spec(1, Venue::polymarket), spec(2, Venue::polymarket)}}, at(0s));
    books.on(FeedConnected{.venue = Venue::polymarket, .at = at(0s)});
  }

  static PolymarketBook book(Duration stamp = 1s, Side token = Side::yes) {
    PolymarketBook made{.market = MarketId{1},
                        .token = token,
                        .bids = {level(4700, 40), level(4800, 30)},
                        .asks = {level(5300, 9), level(5200, 25)},
                        .tick = Price{100},
                        .exchange_time = at(stamp),
                        .received_at = at(stamp + 20ms)};
    if (token == Side::no) {
      made.bids = {level(4800, 25), level(4700, 9)};
      made.asks = {level(5200, 30), level(5300, 40)};
    }
    return made;
  }

  static PolymarketLevel
  change(std::int32_t price, std::int64_t total, BookSide side, Side token = Side::yes) {
    return {.token = token, .side = side, .level = level(price, total)};
  }

  static PolymarketChanges frame(std::vector<PolymarketLevel> changes, Duration stamp = 2s) {
    return {.market = MarketId{1},
            .changes = std::move(changes),
            .exchange_time = at(stamp),
            .received_at = at(stamp + 20ms)};
  }

  BookUpdate state() { return *books.table().current(MarketId{1}); }

  PolymarketBooks books{MonitorConfig{.snapshot_timeout = 2s, .silence_limit = 30s}};
};

} // namespace

SCENARIO_METHOD(PolymarketFixture, "changes before the first book are dropped") {
  CHECK(books.on(frame({change(4900, 1, BookSide::bid)})).updates.empty());
  const auto update = books.on(book()).updates.at(0);
  CHECK(update.status == BookStatus::ok);
  CHECK(update.bids.best() == level(4800, 30));
  CHECK(update.asks.best() == level(5200, 25));
  CHECK(update.exchange_time == at(1s));
  CHECK(update.received_at == at(1020ms));
}

SCENARIO_METHOD(PolymarketFixture, "a change sets a level's total, zero removes it") {
  books.on(book());
  CHECK(books.on(frame({change(4900, 200, BookSide::bid)})).updates.at(0).bids.best()
        == level(4900, 200));
  CHECK(books.on(frame({change(4900, 50, BookSide::bid)})).updates.at(0).bids.best()
        == level(4900, 50));
  CHECK(books.on(frame({change(4900, 0, BookSide::bid)})).updates.at(0).bids.best()
        == level(4800, 30));
}

SCENARIO_METHOD(PolymarketFixture,
                "the NO token tells the same change, which is not counted twice") {
  books.on(book());
  const auto both =
    books.on(frame({change(4900, 200, BookSide::bid), change(5100, 200, BookSide::ask, Side::no)}));
  REQUIRE(both.updates.size() == 1);
  CHECK(both.updates[0].bids.best() == level(4900, 200));
  const auto alone = books.on(frame({change(4900, 70, BookSide::bid, Side::no)}));
  CHECK(alone.updates.at(0).asks.best() == level(5100, 70));
  const auto torn =
    books.on(frame({change(4900, 10, BookSide::bid), change(5100, 11, BookSide::ask, Side::no)}));
  CHECK(torn.updates.at(0).reason == StaleReason::top_mismatch);
  CHECK(torn.requests.size() == 1);
}

SCENARIO_METHOD(PolymarketFixture, "the venue's own tops are compared after the whole frame") {
  books.on(book());
  auto first = change(4900, 200, BookSide::bid);
  first.best_bid = Price{4900};
  first.best_ask = Price{5200};
  auto second = change(5100, 5, BookSide::ask);
  second.best_bid = Price{4900};
  second.best_ask = Price{5100};
  WHEN("they agree") {
    // The first change's best ask is no longer true at the end of the frame.
    CHECK(books.on(frame({first, second})).updates.at(0).status == BookStatus::ok);
  }
  WHEN("the bid differs") {
    second.best_bid = Price{4800};
    CHECK(books.on(frame({first, second})).updates.at(0).reason == StaleReason::top_mismatch);
  }
  WHEN("the ask differs") {
    second.best_ask = Price{5200};
    CHECK(books.on(frame({first, second})).updates.at(0).reason == StaleReason::top_mismatch);
  }
  WHEN("the mirrored tops of the NO token differ") {
    auto mirror = change(5100, 200, BookSide::ask, Side::no);
    mirror.best_ask = Price{5200}; // says that our best bid is 0.48
    CHECK(books.on(frame({first, mirror})).updates.at(0).reason == StaleReason::top_mismatch);
  }
}

SCENARIO_METHOD(PolymarketFixture, "crossed, off the grid or negative: stale, and asked for anew") {
  books.on(book());
  const auto [wrong, reason] = GENERATE(
    std::pair{PolymarketFixture::change(5200, 1, BookSide::bid), StaleReason::crossed}, // locked
    std::pair{PolymarketFixture::change(5300, 1, BookSide::bid), StaleReason::crossed},
    std::pair{PolymarketFixture::change(4810, 1, BookSide::bid), StaleReason::off_grid},
    std::pair{PolymarketFixture::change(4700, -1, BookSide::bid), StaleReason::negative_level});
  const auto actions = books.on(frame({wrong}));
  CHECK(actions.updates.at(0).reason == reason);
  CHECK(actions.updates.at(0).bids.empty());
  CHECK(actions.requests.size() == 1);
  CHECK(books.on(book(3s)).updates.at(0).status == BookStatus::ok);
}

SCENARIO_METHOD(PolymarketFixture, "older frames are discarded, equal stamps are not") {
  books.on(book());
  CHECK(books.on(frame({change(4900, 1, BookSide::bid)}, 1s)).updates.size() == 1);
  CHECK(books.on(frame({change(4900, 2, BookSide::bid)}, 1s - 1ms)).updates.empty());
  CHECK(books.on(book(1s - 1ms)).updates.empty());
  CHECK(books.table().counters().at("ignored:older") == 2);
  CHECK(state().bids.best() == level(4900, 1));
}

SCENARIO_METHOD(PolymarketFixture,
                "a new tick size is a new epoch: nothing is shown until a book") {
  books.on(book());
  const PolymarketTickChange finer{
    .market = MarketId{1}, .new_tick = Price{10}, .exchange_time = at(2s), .received_at = at(2s)};
  const auto actions = books.on(finer);
  CHECK(actions.updates.at(0).reason == StaleReason::tick_change);
  CHECK(actions.updates.at(0).epoch == 1);
  CHECK(actions.requests.size() == 1);
  CHECK(books.on(finer).updates.empty()); // the other token's
  CHECK(books.on(frame({change(4900, 1, BookSide::bid)}, 3s)).updates.empty());
  auto fresh = book(4s);
  fresh.tick = Price{10};
  fresh.bids.push_back(level(4810, 1));
  const auto update = books.on(fresh).updates.at(0);
  CHECK(update.status == BookStatus::ok);
  CHECK(update.epoch == 1);
  CHECK(update.bids.best() == level(4810, 1));
}

SCENARIO_METHOD(PolymarketFixture, "a book of another tick size than known is a new epoch too") {
  auto fresh = book();
  fresh.tick = Price{10};
  CHECK(books.on(fresh).updates.at(0).epoch == 1);
}

SCENARIO_METHOD(PolymarketFixture, "the NO token's book of the same moment must be the mirror") {
  books.on(book());
  CHECK(books.on(book(1s, Side::no)).updates.empty());
  auto other = book(1s, Side::no);
  other.bids[0].quantity = contracts(24);
  WHEN("it is of the same moment") {
    CHECK(books.on(other).updates.at(0).reason == StaleReason::audit);
  }
  WHEN("it is of another moment") {
    other.exchange_time = at(2s);
    CHECK(books.on(other).updates.empty());
  }
  WHEN("it lacks a level") {
    other = book(1s, Side::no);
    other.asks.pop_back();
    CHECK(books.on(other).updates.at(0).reason == StaleReason::audit);
  }
}

SCENARIO_METHOD(PolymarketFixture, "a book from REST is brought up to date with what came since") {
  books.on(book());
  books.on(frame({change(5200, 1, BookSide::bid)})); // crossed: stale
  books.on(frame({change(4500, 7, BookSide::bid)}, 3s));
  books.on(frame({change(4600, 7, BookSide::bid)}, 4s));
  auto rest = book(3s);
  rest.from_rest = true;
  const auto actions = books.on(rest);
  REQUIRE(actions.updates.size() == 2);
  CHECK(actions.updates[1].bids.levels().back() == level(4600, 7));
  CHECK(actions.updates[1].exchange_time == at(4s));
  CHECK(actions.updates[1].status == BookStatus::ok);
}

SCENARIO_METHOD(PolymarketFixture, "an audit needs to see the same level missed twice") {
  books.on(book());
  auto rest = book(10s);
  rest.from_rest = true;
  CHECK(books.on(rest).updates.empty());
  CHECK(books.table().counters().at("audits_agreed") == 1);
  rest.bids.push_back(level(4600, 5));
  CHECK(books.on(rest).updates.empty()); // it may be on its way
  WHEN("the change comes") {
    books.on(frame({change(4600, 5, BookSide::bid)}, 11s));
    CHECK(books.on(rest).updates.empty());
    CHECK(books.table().counters().at("audits_agreed") == 2);
  }
  WHEN("it never comes") {
    rest.bids.back() = level(4600, 8); // others still trade there
    const auto actions = books.on(rest);
    CHECK(actions.updates.at(0).status == BookStatus::stale);
    CHECK(actions.updates.at(0).reason == StaleReason::audit);
    CHECK(actions.requests.size() == 1);
    CHECK(books.table().counters().at("audits_failed") == 1);
    THEN("the next book heals it, also one from REST") {
      CHECK(books.on(rest).updates.at(0).status == BookStatus::ok);
    }
  }
  WHEN("other levels differ each time, as on a busy market") {
    books.on(frame({change(4600, 6, BookSide::bid)}, 11s));
    CHECK(books.on(rest).updates.empty()); // ours has moved on
    CHECK(books.table().counters().at("audits_differed") == 2);
  }
  WHEN("the connection is made anew") {
    books.on(FeedDisconnected{.venue = Venue::polymarket, .reason = "x", .at = at(11s)});
    books.on(FeedConnected{.venue = Venue::polymarket, .at = at(12s)});
    books.on(book(12s));
    CHECK(books.on(rest).updates.empty());
  }
}

SCENARIO_METHOD(PolymarketFixture, "a change that could not be read makes its book stale") {
  books.on(book());
  const auto actions = books.on(FrameRejected{
    .venue = Venue::polymarket, .reason = "change_fields", .market = MarketId{1}, .at = at(2s)});
  CHECK(actions.updates.at(0).status == BookStatus::stale);
  CHECK(actions.requests.size() == 1);
  CHECK(books
          .on(FrameRejected{
            .venue = Venue::polymarket, .reason = "not_json", .market = {}, .at = at(2s)})
          .reconnect);
}

SCENARIO_METHOD(PolymarketFixture, "books that never came are asked for") {
  books.on(book());
  const auto actions = books.on(Tick{at(2s)});
  REQUIRE(actions.requests.size() == 1);
  CHECK(ids(actions.requests[0].markets) == std::vector<std::uint64_t>{2});
}

SCENARIO_METHOD(PolymarketFixture, "one quiet market is normal, a quiet connection is not") {
  books.on(book());
  auto other = book(20s);
  other.market = MarketId{2};
  books.on(other);
  CHECK_FALSE(books.on(Tick{at(45s)}).reconnect);
  CHECK(books.on(Tick{at(51s)}).reconnect);
}

SCENARIO_METHOD(PolymarketFixture,
                "a lost connection makes the books stale and forgets what was held back") {
  books.on(book());
  CHECK(books.on(FeedDisconnected{.venue = Venue::polymarket, .reason = "x", .at = at(2s)})
          .feed_status->markets_stale
        == 1);
  books.on(FeedConnected{.venue = Venue::polymarket, .at = at(3s)});
  CHECK(state().reason == StaleReason::disconnected);
  // An older stamp than before is fine: the venue's book may not have changed since.
  CHECK(books.on(book(1s)).updates.at(0).status == BookStatus::ok);
}
