#include "actors/candles/candle_maker.hpp"

#include <catch2/catch.hpp>

using namespace arbees;
using namespace std::chrono_literals;

namespace {

BookUpdate make_book(Duration at, std::int32_t bid, std::int32_t ask, std::uint64_t market = 1) {
  BookUpdate book{.market = MarketId{market},
                  .venue = Venue::polymarket,
                  .status = BookStatus::ok,
                  .reason = StaleReason::none,
                  .received_at = Timestamp{at}};
  book.bids.push_back({Price{bid}, Quantity{1'000'000}});
  book.asks.push_back({Price{ask}, Quantity{1'000'000}});
  return book;
}

} // namespace

TEST_CASE("A minute's candle has the first, highest, lowest and last middle of its books") {
  CandleMaker maker;
  for (const auto& book : {make_book(60s, 4000, 4100), make_book(70s, 4500, 4600),
                           make_book(80s, 3000, 3001), make_book(119s + 999ms, 4200, 4300)}) {
    maker.apply(book);
  }
  const auto candles = maker.ended_by(Timestamp{122s});
  REQUIRE(candles.size() == 1);
  CHECK(candles[0]
        == Candle{.market = MarketId{1},
                  .venue = Venue::polymarket,
                  .start = Timestamp{60s},
                  .open = Money{405'000},
                  .high = Money{455'000},
                  .low = Money{300'050}, // half a unit of a price is not lost
                  .close = Money{425'000},
                  .close_bid = Price{4200},
                  .close_ask = Price{4300},
                  .updates = 4});
  CHECK(maker.ended_by(Timestamp{200s}).empty());
  CHECK(maker.counters().counted == 4);
}

TEST_CASE("A candle ends two seconds after its minute, and minutes without books have none") {
  CandleMaker maker;
  maker.apply(make_book(30s, 4000, 4100));
  maker.apply(make_book(5min, 4000, 4100));
  CHECK(maker.ended_by(Timestamp{61s + 999ms}).empty());
  const auto first = maker.ended_by(Timestamp{62s});
  REQUIRE(first.size() == 1);
  CHECK(first[0].start == Timestamp{0s});
  CHECK(maker.open() == 1);
  const auto later = maker.ended_by(Timestamp{10min});
  REQUIRE(later.size() == 1);
  CHECK(later[0].start == Timestamp{5min});
}

TEST_CASE("Books count when they were received, in whatever order they come") {
  CandleMaker maker;
  for (const auto& book : {make_book(70s, 4000, 4100), make_book(61s, 5000, 5100),
                           make_book(121s, 6000, 6100), make_book(69s, 3000, 3100)}) {
    maker.apply(book);
  }
  const auto candles = maker.ended_by(Timestamp{10min});
  REQUIRE(candles.size() == 2);
  CHECK(candles[0].open == Money{505'000});
  CHECK(candles[0].close == Money{405'000});
  CHECK(candles[0].low == Money{305'000});
  CHECK(candles[0].updates == 3);
  CHECK(candles[1].open == Money{605'000});

  maker.apply(make_book(71s, 9000, 9100));
  CHECK(maker.counters().too_late == 1);
  CHECK(maker.ended_by(Timestamp{20min}).empty());
}

TEST_CASE("Of two books of the same moment the later word closes the minute") {
  CandleMaker maker;
  maker.apply(make_book(70s, 4000, 4100));
  maker.apply(make_book(70s, 5000, 5100));
  const auto candles = maker.ended_by(Timestamp{10min});
  REQUIRE(candles.size() == 1);
  CHECK(candles[0].open == Money{405'000});
  CHECK(candles[0].close == Money{505'000});
}

TEST_CASE("Books that are stale, closed or one-sided make no candle") {
  CandleMaker maker;
  for (const auto status : {BookStatus::stale, BookStatus::closed}) {
    auto book = make_book(70s, 4000, 4100);
    book.status = status;
    maker.apply(book);
  }
  auto one_sided = make_book(71s, 4000, 4100);
  one_sided.asks = {};
  maker.apply(one_sided);
  CHECK(maker.ended_by(Timestamp{10min}).empty());
  CHECK(maker.counters().not_whole == 2);
  CHECK(maker.counters().one_sided == 1);
}

TEST_CASE("Markets have candles of their own, told by minute and market") {
  CandleMaker maker;
  for (const auto& book : {make_book(130s, 4000, 4100, 1), make_book(70s, 4000, 4100, 7),
                           make_book(71s, 5000, 5100, 2)}) {
    maker.apply(book);
  }
  const auto candles = maker.ended_by(Timestamp{10min});
  REQUIRE(candles.size() == 3);
  CHECK(candles[0].market == MarketId{2});
  CHECK(candles[1].market == MarketId{7});
  CHECK(candles[2].market == MarketId{1});
}
