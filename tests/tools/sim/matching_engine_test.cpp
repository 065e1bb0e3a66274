#include <catch2/catch.hpp>

#include "tools/sim/matching_engine.hpp"

namespace arbees::sim {

namespace {

Quantity contracts(int count) {
  return Quantity{count * quantity_per_contract};
}

struct BookFixture {
  MatchingBook book;

  BookFixture() {
    book.set_simulated(BookSide::bid, Price{4800}, contracts(50));
    book.set_simulated(BookSide::ask, Price{5000}, contracts(20));
    book.set_simulated(BookSide::ask, Price{5100}, contracts(30));
  }

  BookReport buy(OrderId id, int limit, int size, bool rest = false, int account = 1) {
    return book.submit({.id = id,
                        .account = account,
                        .side = BookSide::bid,
                        .limit = Price{limit},
                        .size = contracts(size),
                        .may_rest = rest});
  }
};

} // namespace

TEST_CASE_METHOD(BookFixture, "a taker sweeps levels from the best price on", "[sim]") {
  const auto report = buy(1, 5100, 35);
  REQUIRE(report.matches.size() == 2);
  CHECK(report.matches[0].price == Price{5000});
  CHECK(report.matches[0].size == contracts(20));
  CHECK(report.matches[1].price == Price{5100});
  CHECK(report.matches[1].size == contracts(15));
  CHECK(report.filled == contracts(35));
  CHECK(book.best(BookSide::ask) == Price{5100});
  CHECK(book.total(BookSide::ask, Price{5100}) == contracts(15));
}

TEST_CASE_METHOD(BookFixture, "what does not match is cancelled or rests", "[sim]") {
  CHECK(buy(1, 5000, 25).filled == contracts(20));
  CHECK(book.total(BookSide::bid, Price{5000}) == contracts(0));
  const auto resting = buy(2, 5000, 25, true);
  CHECK(resting.resting == contracts(25));
  CHECK(book.best(BookSide::bid) == Price{5000});
}

TEST_CASE_METHOD(BookFixture, "all or nothing leaves no trace if it cannot fill", "[sim]") {
  const auto report = book.submit({.id = 1,
                                   .account = 1,
                                   .side = BookSide::bid,
                                   .limit = Price{5000},
                                   .size = contracts(21),
                                   .all_or_nothing = true});
  CHECK(report.result == SubmitResult::killed);
  CHECK(report.matches.empty());
  CHECK(book.total(BookSide::ask, Price{5000}) == contracts(20));
}

TEST_CASE_METHOD(BookFixture, "a client stands behind the simulated size of its price", "[sim]") {
  buy(1, 4800, 10, true);
  CHECK(book.total(BookSide::bid, Price{4800}) == contracts(60));
  const auto small = book.simulated_taker(BookSide::ask, Price{4800}, contracts(50));
  for (const auto& match : small.matches) {
    CHECK(match.maker == 0);
  }
  book.set_simulated(BookSide::bid, Price{4800}, contracts(5));
  const auto large = book.simulated_taker(BookSide::ask, Price{4800}, contracts(9));
  REQUIRE(large.matches.size() == 2);
  CHECK(large.matches[1].maker == 1);
  CHECK(large.matches[1].size == contracts(4));
}

TEST_CASE_METHOD(BookFixture, "a maker that moves through a client's order trades with it",
                 "[sim]") {
  buy(1, 4900, 10, true);
  buy(2, 4900, 10, true);
  const auto report = book.set_simulated(BookSide::ask, Price{4850}, contracts(12));
  REQUIRE(report.matches.size() == 2);
  CHECK(report.matches[0].maker == 1); // older first
  CHECK(report.matches[0].price == Price{4900});
  CHECK(report.matches[1].maker == 2);
  CHECK(report.matches[1].size == contracts(2));
  CHECK(book.best(BookSide::bid) == Price{4900});
  CHECK_FALSE(book.best(BookSide::ask) == Price{4850});
}

TEST_CASE_METHOD(BookFixture, "an order that meets its own account is cut there", "[sim]") {
  book.submit({.id = 1,
               .account = 7,
               .side = BookSide::ask,
               .limit = Price{4900},
               .size = contracts(5),
               .may_rest = true});
  const auto report = buy(2, 5000, 10, true, 7);
  CHECK(report.self_trade);
  CHECK(report.matches.empty());
  CHECK(report.resting == contracts(0));
  CHECK(buy(3, 5000, 10, true, 8).filled == contracts(10));
}

TEST_CASE_METHOD(BookFixture, "post only never takes", "[sim]") {
  const auto report = book.submit({.id = 1,
                                   .account = 1,
                                   .side = BookSide::bid,
                                   .limit = Price{5000},
                                   .size = contracts(1),
                                   .may_rest = true,
                                   .post_only = true});
  CHECK(report.result == SubmitResult::would_cross);
  CHECK(book.best(BookSide::bid) == Price{4800});
}

TEST_CASE_METHOD(BookFixture, "a cancelled order is gone and a second cancel finds nothing",
                 "[sim]") {
  buy(1, 4900, 10, true);
  CHECK(book.cancel(1).resting == contracts(10));
  CHECK(book.best(BookSide::bid) == Price{4800});
  CHECK(book.cancel(1).resting == contracts(0));
}

} // namespace arbees::sim
