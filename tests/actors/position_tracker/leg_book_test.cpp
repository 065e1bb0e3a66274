#include "actors/position_tracker/leg_book.hpp"

#include "tests/actors/executor/pair_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

PositionLeg no_leg() {
  return {.market = poly_id, .venue = Venue::polymarket, .side = Side::no};
}

Fill fill_of(std::string id, Action action, Price price, Quantity quantity,
             FillState state = FillState::confirmed) {
  return {.fill_id = std::move(id),
          .market = poly_id,
          .side = Side::no,
          .action = action,
          .price = price,
          .quantity = quantity,
          .fee = dollars(0.10),
          .state = state};
}

LegFills bought(Quantity quantity) {
  LegFills fills;
  add(fills, fill_of("b", Action::buy, cents(45), quantity));
  return fills;
}

Settlement paid(Quantity quantity, Money payout, Money fee = {}) {
  return {.venue = Venue::polymarket,
          .market = poly_id,
          .side = Side::no,
          .quantity = quantity,
          .payout = payout,
          .fee = fee};
}

} // namespace

TEST_CASE("a leg holds what was bought less what was sold, at the average cost") {
  LegFills fills;
  CHECK(add(fills, fill_of("1", Action::buy, cents(40), contracts(10))));
  CHECK(add(fills, fill_of("2", Action::buy, cents(50), contracts(10))));
  CHECK(add(fills, fill_of("3", Action::sell, cents(60), contracts(5))));
  CHECK_FALSE(add(fills, fill_of("3", Action::sell, cents(60), contracts(5))));
  const auto book = leg_book(no_leg(), fills, nullptr);
  CHECK(book.leg.quantity == contracts(15));
  CHECK(book.leg.cost == dollars(6.75));
  CHECK(book.entry == dollars(6.75 + 0.15));
  CHECK(book.leg.realised == dollars(3 - 2.25));
  CHECK(book.leg.fees == dollars(0.30));
}

TEST_CASE("an execution that is voided was never there, and a final state stays") {
  LegFills fills;
  add(fills, fill_of("1", Action::buy, cents(40), contracts(10), FillState::provisional));
  CHECK(leg_book(no_leg(), fills, nullptr).leg.quantity == contracts(10));
  CHECK(add(fills, fill_of("1", Action::buy, cents(40), contracts(10), FillState::voided)));
  CHECK_FALSE(add(fills, fill_of("1", Action::buy, cents(40), contracts(10))));
  const auto book = leg_book(no_leg(), fills, nullptr);
  CHECK(book.leg.quantity == Quantity{});
  CHECK(book.leg.cost == Money{});
  CHECK(book.leg.fees == Money{});
}

TEST_CASE("a payment ends what it was for, whatever it pays") {
  const auto fills = bought(contracts(10));
  struct Row {
    const char* what;
    Settlement payment;
    Money realised;
    Money fees;
  };
  for (const auto& row : {
         Row{"won", paid(contracts(10), dollars(10)), dollars(5.50), dollars(0.10)},
         Row{"lost", paid(contracts(10), dollars(0)), dollars(-4.50), dollars(0.10)},
         Row{"a tie pays half", paid(contracts(10), dollars(5)), dollars(0.50), dollars(0.10)},
         Row{"void at a fair price", paid(contracts(10), dollars(4.37)), dollars(-0.13),
             dollars(0.10)},
         Row{"a third of it is ours", paid(contracts(30), dollars(30), dollars(0.03)),
             dollars(5.50), dollars(0.11)},
       }) {
    INFO(row.what);
    const auto book = leg_book(no_leg(), fills, &row.payment);
    CHECK(book.paid);
    CHECK(book.leg.quantity == Quantity{});
    CHECK(book.leg.cost == Money{});
    CHECK(book.entry == Money{});
    CHECK(book.leg.realised == row.realised);
    CHECK(book.leg.fees == row.fees);
  }
}

TEST_CASE("a market that paid for no contract has not paid") {
  const auto nothing = paid(Quantity{}, Money{});
  const auto book = leg_book(no_leg(), bought(contracts(10)), &nothing);
  CHECK_FALSE(book.paid);
  CHECK(book.leg.quantity == contracts(10));
}

TEST_CASE("NO is marked with what NO can be sold for, as deep as the book goes") {
  const auto market = poly_market();
  PositionLeg leg = no_leg();
  leg.quantity = contracts(100);
  // YES asked at 60 and 62: NO is bid at 40 and 38.
  const auto book = poly_book({{cents(55), contracts(500)}},
                              {{cents(60), contracts(70)}, {cents(62), contracts(500)}});
  mark(leg, &market, &book);
  REQUIRE(leg.mark);
  // 70 * 0.40 + 30 * 0.38 = 39.40; fees 5 % * p * (1 - p): 70 * 0.012 + 30 * 0.01178 = 1.1934.
  CHECK(*leg.mark == dollars(39.40 - 1.1934));
  CHECK(leg.sellable == contracts(100));
}

TEST_CASE("what a book does not take counts nothing, and a book that is not whole marks nothing") {
  const auto market = poly_market();
  PositionLeg leg = no_leg();
  leg.quantity = contracts(100);
  auto book = poly_book({}, {{cents(60), contracts(10)}});
  mark(leg, &market, &book);
  REQUIRE(leg.mark);
  CHECK(*leg.mark == dollars(4 - 0.12));
  CHECK(leg.sellable == contracts(10));
  book.status = BookStatus::stale;
  mark(leg, &market, &book);
  CHECK_FALSE(leg.mark);
  CHECK(leg.sellable == Quantity{});
  mark(leg, &market, nullptr);
  CHECK_FALSE(leg.mark);
}
