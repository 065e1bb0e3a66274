#include "actors/executor/paper_venue.hpp"

#include "tests/actors/executor/pair_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

PaperVenue kalshi_venue() {
  PaperVenue venue{
    {.venue = Venue::kalshi, .latency = 60ms, .balance = dollars(100), .share_percent = 100}};
  venue.learn({.markets = {kalshi_market(), poly_market()}});
  return venue;
}

OrderIntent order_of(const std::string& id, Quantity quantity, MarketId market = kalshi_id,
                     Side side = Side::yes) {
  return {.client_order_id = id,
          .market = market,
          .side = side,
          .limit = cents(45),
          .quantity = quantity};
}

template <class T>
std::vector<T> said(const std::vector<PaperOutput>& outputs) {
  std::vector<T> found;
  for (const auto& output : outputs) {
    if (const auto* event = std::get_if<T>(&output.event)) {
      found.push_back(*event);
    }
  }
  return found;
}

BookUpdate ask_at(Timestamp at, Price price, Quantity quantity) {
  return kalshi_book({}, {{price, quantity}}, at);
}

} // namespace

TEST_CASE("an order meets the book at its arrival, not the one that it was decided on") {
  auto venue = kalshi_venue();
  venue.apply(ask_at(start, cents(44), contracts(50)));
  CHECK(venue.place(order_of("a", contracts(50)), 7).empty());
  SECTION("a better price went away in time") {
    venue.apply(ask_at(start + 59ms, cents(45), contracts(20)));
    const auto out = venue.apply(ask_at(start + 90ms, cents(44), contracts(500)));
    const auto reports = said<OrderReport>(out);
    REQUIRE(reports.size() == 1);
    CHECK(out[0].owner == 7);
    CHECK(reports[0].status == OrderStatus::partial);
    CHECK(reports[0].filled == contracts(20));
    CHECK(reports[0].notional == dollars(9));
    CHECK(reports[0].sent_at == start);
    CHECK(reports[0].reported_at == start + 60ms);
    const auto fills = said<Fill>(out);
    REQUIRE(fills.size() == 1);
    CHECK(fills[0].fill_id == "a-0");
    CHECK(fills[0].at == start + 60ms);
    const auto balances = said<BalanceUpdate>(out);
    REQUIRE(balances.size() == 1);
    CHECK(balances[0].available == dollars(91) - reports[0].fee);
  }
  SECTION("a change at the moment of arrival is too late to matter") {
    const auto out = venue.apply(ask_at(start + 60ms, cents(46), contracts(20)));
    CHECK(said<OrderReport>(out)[0].status == OrderStatus::filled);
  }
  SECTION("all went away in time") {
    venue.apply(ask_at(start + 60ms - 1ns, cents(46), contracts(20)));
    const auto out = venue.apply_tick(start + 1s);
    CHECK(said<OrderReport>(out)[0].status == OrderStatus::unfilled);
    CHECK(said<Fill>(out).empty());
    CHECK(said<BalanceUpdate>(out).empty());
  }
}

TEST_CASE("a quiet market is filled by time, a little later") {
  auto venue = kalshi_venue();
  venue.apply(ask_at(start, cents(44), contracts(50)));
  venue.place(order_of("a", contracts(50)), 0);
  CHECK(venue.apply_tick(start + 70ms - 1ns).empty());
  const auto out = venue.apply_tick(start + 70ms);
  REQUIRE(said<OrderReport>(out).size() == 1);
  CHECK(said<OrderReport>(out)[0].reported_at == start + 60ms);
}

TEST_CASE("a delayed market accepts first and matches after its delay") {
  PaperVenue venue{
    {.venue = Venue::polymarket, .latency = 90ms, .balance = dollars(100), .share_percent = 100}};
  venue.learn({.markets = {poly_market(1s)}});
  venue.apply(poly_book({{cents(56), contracts(50)}}, {}));
  venue.place(order_of("a", contracts(50), poly_id, Side::no), 0);
  const auto accepted = said<OrderReport>(venue.apply_tick(start + 100ms));
  REQUIRE(accepted.size() == 1);
  CHECK(accepted[0].status == OrderStatus::accepted);
  CHECK(accepted[0].reason == "delayed");
  CHECK_FALSE(accepted[0].venue_order_id.empty());
  venue.apply(poly_book({{cents(55), contracts(30)}}, {}, start + 500ms)); // a maker pulled
  CHECK(venue.apply_tick(start + 1'099ms).empty());
  const auto ended = said<OrderReport>(venue.apply_tick(start + 1'100ms));
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].filled == contracts(30));
  CHECK(ended[0].notional == dollars(13.5));
  CHECK(ended[0].reported_at == start + 1'090ms);
}

TEST_CASE("orders are filled in the order of their arrival, out of one account") {
  auto venue = kalshi_venue();
  venue.apply(ask_at(start, cents(45), contracts(500)));
  venue.place(order_of("a", contracts(120)), 0);
  venue.place(order_of("b", contracts(120)), 0);
  const auto reports = said<OrderReport>(venue.apply_tick(start + 1s));
  REQUIRE(reports.size() == 2);
  CHECK(reports[0].client_order_id == "a");
  CHECK(reports[0].status == OrderStatus::filled);
  CHECK(reports[1].status == OrderStatus::rejected);
  CHECK(reports[1].reason == "insufficient_balance");
}

TEST_CASE("the same client order id is taken once, and can be looked up") {
  auto venue = kalshi_venue();
  venue.apply(ask_at(start, cents(45), contracts(500)));
  const auto order = order_of("a", contracts(10));
  CHECK(venue.look_up(order).status == OrderStatus::rejected);
  CHECK(venue.look_up(order).reason == "not_found");
  venue.place(order, 0);
  CHECK(venue.look_up(order).status == OrderStatus::accepted);
  CHECK(said<OrderReport>(venue.place(order, 0))[0].status == OrderStatus::accepted);
  CHECK(said<OrderReport>(venue.apply_tick(start + 1s)).size() == 1);
  CHECK(venue.look_up(order).filled == contracts(10));
  CHECK(said<OrderReport>(venue.place(order, 0))[0].filled == contracts(10));
  CHECK(venue.account().positions.at({kalshi_id, Side::yes}) == contracts(10));
  venue.apply_tick(start + 1h);
  CHECK(venue.look_up(order).reason == "not_found"); // forgotten by then
}

TEST_CASE("an order of an unknown market or without a book is told so") {
  auto venue = kalshi_venue();
  venue.place(order_of("a", contracts(10), MarketId{99}), 0);
  venue.place(order_of("b", contracts(10)), 0);
  const auto reports = said<OrderReport>(venue.apply_tick(start));
  REQUIRE(reports.size() == 2);
  CHECK(reports[0].status == OrderStatus::rejected);
  CHECK(reports[0].reason == "unknown_market");
  CHECK(reports[1].status == OrderStatus::unfilled);
  CHECK(reports[1].reason == "no_book");
}

namespace {

PaperVenue poly_venue() {
  PaperVenue venue{{.venue = Venue::polymarket, .latency = 90ms, .balance = dollars(100)}};
  venue.learn({.markets = {poly_market(1s)}});
  venue.apply(poly_book({{cents(55), contracts(200)}}, {{cents(57), contracts(200)}}));
  return venue;
}

/// NO at 44: an offer of YES at 56, below the 57 that is shown.
OrderIntent resting_order(const std::string& id = "r", Quantity quantity = contracts(100)) {
  auto order = order_of(id, quantity, poly_id, Side::no);
  order.limit = cents(44);
  order.time_in_force = TimeInForce::good_till_cancelled;
  order.post_only = true;
  return order;
}

/// The order rests from 90 ms on.
PaperVenue venue_with_rest() {
  auto venue = poly_venue();
  venue.place(resting_order(), 3);
  const auto out = venue.apply_tick(start + 100ms);
  const auto reports = said<OrderReport>(out);
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].status == OrderStatus::accepted);
  CHECK(reports[0].reported_at == start + 90ms); // a maker does not wait for the takers' delay
  return venue;
}

} // namespace

TEST_CASE("a paper order rests at the back of a queue that only trades through it pass") {
  auto venue = venue_with_rest();
  // Others offer at its price as well, and are gone again: perhaps bought, perhaps withdrawn.
  CHECK(
    venue.apply(poly_book({{cents(55), contracts(200)}}, {{cents(56), contracts(500)}}, start + 1s))
      .empty());
  CHECK(
    venue.apply(poly_book({{cents(55), contracts(200)}}, {{cents(57), contracts(9)}}, start + 2s))
      .empty());
  // Somebody bids what it asks: it would have been hit, for as much as is bid.
  const auto out = venue.apply(
    poly_book({{cents(57), contracts(10)}, {cents(56), contracts(20)}, {cents(55), contracts(70)}},
              {{cents(58), contracts(9)}}, start + 3s));
  const auto fills = said<Fill>(out);
  REQUIRE(fills.size() == 2);
  CHECK(fills[0].price == cents(44)); // its own price, not the better one
  CHECK(fills[0].quantity == contracts(10));
  CHECK(fills[0].fee == Money{});
  CHECK(fills[1].price == cents(44));
  CHECK(fills[0].fill_id != fills[1].fill_id);
  const auto reports = said<OrderReport>(out);
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].status == OrderStatus::accepted);
  CHECK(reports[0].filled == contracts(30));
  CHECK(reports[0].notional == dollars(13.2));
  SECTION("the same bids do not fill it twice") {
    CHECK(venue
            .apply(poly_book({{cents(57), contracts(10)}, {cents(56), contracts(20)}},
                             {{cents(58), contracts(9)}}, start + 4s))
            .empty());
  }
  SECTION("more of them do, and end it") {
    const auto more = venue.apply(
      poly_book({{cents(57), contracts(400)}}, {{cents(58), contracts(9)}}, start + 4s));
    REQUIRE(said<OrderReport>(more).size() == 1);
    CHECK(said<OrderReport>(more)[0].status == OrderStatus::filled);
    CHECK(said<OrderReport>(more)[0].filled == contracts(100));
    CHECK(venue.account().available == dollars(56));
  }
}

TEST_CASE("a paper maker that would take is refused") {
  auto venue = poly_venue();
  venue.place(resting_order(), 3);
  venue.apply(poly_book({{cents(56), contracts(1)}}, {{cents(57), contracts(200)}}, start + 50ms));
  const auto reports = said<OrderReport>(venue.apply_tick(start + 100ms));
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].status == OrderStatus::rejected);
  CHECK(reports[0].reason == "post_only_cross");
}

TEST_CASE("a paper order that rests ends by a cancel, its expiry, or its market") {
  SECTION("a cancel takes its way, and fills may come before it") {
    auto venue = venue_with_rest();
    CHECK(venue.cancel(resting_order(), 3).empty());
    venue.apply(
      poly_book({{cents(56), contracts(20)}}, {{cents(58), contracts(9)}}, start + 150ms));
    const auto reports = said<OrderReport>(venue.apply_tick(start + 300ms));
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].status == OrderStatus::partial);
    CHECK(reports[0].filled == contracts(20));
    CHECK(reports[0].reason == "cancelled");
    CHECK(reports[0].reported_at == start + 190ms);
    CHECK(said<OrderReport>(venue.cancel(resting_order(), 3)).size() == 1); // told again
  }
  SECTION("all at once") {
    auto venue = venue_with_rest();
    venue.cancel_all();
    const auto reports = said<OrderReport>(venue.apply_tick(start + 300ms));
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].status == OrderStatus::unfilled);
  }
  SECTION("its expiry") {
    auto venue = poly_venue();
    auto order = resting_order();
    order.expires_at = start + 5s;
    venue.place(order, 3);
    CHECK(said<OrderReport>(venue.apply_tick(start + 4s)).size() == 1);
    const auto reports = said<OrderReport>(venue.apply_tick(start + 6s));
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].reason == "expired");
  }
  SECTION("its market") {
    auto venue = venue_with_rest();
    auto closed = poly_book({}, {}, start + 1s);
    closed.status = BookStatus::closed;
    const auto reports = said<OrderReport>(venue.apply(closed));
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].reason == "book_closed");
  }
  SECTION("a cancel of an order that never came says so") {
    auto venue = poly_venue();
    const auto reports = said<OrderReport>(venue.cancel(resting_order("x"), 3));
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].reason == "not_found");
  }
}

TEST_CASE("size that came while an order was on its way is not filled") {
  auto venue = kalshi_venue();
  venue.apply(ask_at(start, cents(44), contracts(30)));
  venue.place(order_of("a", contracts(50)), 0);
  SECTION("it came") {
    venue.apply(ask_at(start + 20ms, cents(44), contracts(200)));
    const auto reports = said<OrderReport>(venue.apply_tick(start + 1s));
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].filled == contracts(30));
  }
  SECTION("it went and came back") {
    venue.apply(ask_at(start + 20ms, cents(44), contracts(5)));
    venue.apply(ask_at(start + 40ms, cents(44), contracts(50)));
    const auto reports = said<OrderReport>(venue.apply_tick(start + 1s));
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].filled == contracts(5));
  }
}

TEST_CASE("others leave us their share of what is shown") {
  PaperVenue venue{
    {.venue = Venue::kalshi, .latency = 60ms, .balance = dollars(100), .share_percent = 40}};
  venue.learn({.markets = {kalshi_market()}});
  venue.apply(ask_at(start, cents(44), contracts(50)));
  venue.place(order_of("a", contracts(50)), 0);
  const auto reports = said<OrderReport>(venue.apply_tick(start + 1s));
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].filled == contracts(20));
}
