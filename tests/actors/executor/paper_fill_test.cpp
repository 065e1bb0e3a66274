#include "actors/executor/paper_fill.hpp"

#include "tests/actors/executor/pair_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

OrderIntent buy(Side side, Price limit, Quantity quantity, MarketId market = kalshi_id) {
  return {
    .client_order_id = "a", .market = market, .side = side, .limit = limit, .quantity = quantity};
}

/// Stood all the while.
const Quantity plenty = contracts(1'000'000);

} // namespace

TEST_CASE("a paper order sweeps the book to its limit, with the venue's fee for each level") {
  PaperAccount account{.available = dollars(1'000)};
  TakenLiquidity taken;
  const auto book = kalshi_book(
    {}, {{cents(44), contracts(10)}, {cents(45), contracts(20)}, {cents(46), contracts(100)}});
  taken.observe(book);
  const auto order = buy(Side::yes, cents(45), contracts(40));
  const auto result = fill_on_paper(order, kalshi_market(), book, plenty, taken, account);
  CHECK(result.status == OrderStatus::partial);
  CHECK(result.reason == "no_liquidity_at_limit");
  REQUIRE(result.fills.size() == 2);
  CHECK(result.fills[0].price == cents(44));
  CHECK(result.fills[0].fee == dollars(0.1725)); // 0.17248 to the account's grid
  CHECK(result.fills[1].quantity == contracts(20));
  CHECK(result.filled == contracts(30));
  CHECK(result.notional == dollars(13.4));
  CHECK(result.fee == result.fills[0].fee + result.fills[1].fee);
  CHECK(account.available == dollars(1'000) - result.notional - result.fee);
  CHECK(account.positions.at({kalshi_id, Side::yes}) == contracts(30));
}

TEST_CASE("the same displayed size is not filled twice") {
  PaperAccount account{.available = dollars(1'000)};
  TakenLiquidity taken;
  const auto fill = [&](const BookUpdate& book) {
    taken.observe(book);
    return fill_on_paper(buy(Side::yes, cents(45), contracts(30)), kalshi_market(), book, plenty,
                         taken, account)
      .filled;
  };
  const auto shows = [](double quantity) {
    return kalshi_book({}, {{cents(45), contracts(quantity)}});
  };
  CHECK(fill(shows(50)) == contracts(30));
  CHECK(fill(shows(50)) == contracts(20));
  CHECK(fill(shows(50)) == Quantity{});
  CHECK(fill(shows(40)) == Quantity{});   // others took some: nothing new
  CHECK(fill(shows(57)) == contracts(7)); // 7 more than all that was taken
  CHECK(fill(kalshi_book({}, {{cents(46), contracts(9)}})) == Quantity{});
  CHECK(fill(shows(50)) == contracts(30)); // the level was gone and came back
}

TEST_CASE("a level behind the shown part of a deep side is not forgotten") {
  TakenLiquidity taken;
  auto deep = kalshi_book({}, {});
  for (int i = 0; i < static_cast<int>(Depth::capacity); ++i) {
    deep.asks.push_back({cents(40 + i), contracts(5)});
  }
  taken.observe(deep);
  taken.take(Side::yes, cents(60), contracts(4));
  taken.take(Side::yes, cents(39), contracts(4));
  taken.observe(deep);
  CHECK(taken.left(Side::yes, cents(39), contracts(5)) == contracts(5));
  CHECK(taken.left(Side::yes, cents(60), contracts(5)) == contracts(1));
}

TEST_CASE("a new price grid voids what was taken") {
  TakenLiquidity taken;
  auto book = kalshi_book({}, {{cents(45), contracts(50)}});
  taken.observe(book);
  taken.take(Side::yes, cents(45), contracts(50));
  book.epoch = 2;
  taken.observe(book);
  CHECK(taken.left(Side::yes, cents(45), contracts(50)) == contracts(50));
}

TEST_CASE("NO is bought from YES bids, and sold into YES offers") {
  PaperAccount account{.available = dollars(1'000)};
  TakenLiquidity taken;
  const auto book = poly_book({{cents(55), contracts(20)}}, {{cents(57), contracts(8)}});
  taken.observe(book);
  auto order = buy(Side::no, cents(45), contracts(20), poly_id);
  const auto bought = fill_on_paper(order, poly_market(), book, plenty, taken, account);
  CHECK(bought.status == OrderStatus::filled);
  CHECK(bought.notional == dollars(9));
  CHECK(bought.fee == dollars(0.2475)); // 20 * 0.05 * 0.45 * 0.55
  order.action = Action::sell;
  order.limit = cents(43);
  const auto sold = fill_on_paper(order, poly_market(), book, plenty, taken, account);
  CHECK(sold.filled == contracts(8));
  CHECK(sold.notional == dollars(3.44));
  CHECK(account.available == dollars(1'000 - 9 + 3.44) - bought.fee - sold.fee);
  CHECK(account.positions.at({poly_id, Side::no}) == contracts(12));
}

TEST_CASE("without a whole book nothing is filled") {
  PaperAccount account{.available = dollars(1'000)};
  TakenLiquidity taken;
  auto book = kalshi_book({}, {{cents(44), contracts(10)}});
  book.status = GENERATE(BookStatus::stale, BookStatus::closed);
  const auto result = fill_on_paper(buy(Side::yes, cents(45), contracts(10)), kalshi_market(), book,
                                    plenty, taken, account);
  CHECK(result.status == OrderStatus::unfilled);
  CHECK(result.fills.empty());
  CHECK(account.available == dollars(1'000));
}

TEST_CASE("fill or kill is all or nothing") {
  PaperAccount account{.available = dollars(1'000)};
  TakenLiquidity taken;
  const auto book = kalshi_book({}, {{cents(45), contracts(10)}});
  auto order = buy(Side::yes, cents(45), contracts(10.01));
  order.time_in_force = TimeInForce::fill_or_kill;
  CHECK(fill_on_paper(order, kalshi_market(), book, plenty, taken, account).status
        == OrderStatus::unfilled);
  order.quantity = contracts(10);
  CHECK(fill_on_paper(order, kalshi_market(), book, plenty, taken, account).status
        == OrderStatus::filled);
}

TEST_CASE("what the venue would refuse is refused") {
  PaperAccount account{.available = dollars(46.75)};
  auto kalshi = kalshi_market();
  const auto poly = poly_market();
  auto order = buy(Side::yes, cents(45), contracts(100));
  CHECK(paper_refusal(order, kalshi, account).empty()); // 45 + 1.7325 + one unit of the grid
  CHECK(paper_refusal(buy(Side::yes, Price{4'550}, contracts(1)), kalshi, account)
        == "price_off_grid");
  CHECK(paper_refusal(buy(Side::yes, price_one, contracts(1)), kalshi, account)
        == "price_off_grid");
  CHECK(paper_refusal(buy(Side::yes, cents(45), contracts(0.005)), kalshi, account)
        == "invalid_quantity");
  CHECK(paper_refusal(buy(Side::yes, cents(45), Quantity{-1}), kalshi, account)
        == "invalid_quantity");
  CHECK(paper_refusal(buy(Side::no, cents(45), contracts(4.8)), poly, account)
        == "invalid_quantity"); // fewer than 5
  CHECK(paper_refusal(buy(Side::no, cents(10), contracts(9)), poly, account)
        == "invalid_quantity"); // less than a dollar
  CHECK(paper_refusal(buy(Side::no, cents(43), contracts(9.5)), poly, account)
        == "invalid_quantity"); // not whole cents
  account.available = dollars(46.73);
  CHECK(paper_refusal(order, kalshi, account) == "insufficient_balance");
  order.action = Action::sell;
  CHECK(paper_refusal(order, kalshi, account) == "insufficient_position");
  account.positions[{kalshi_id, Side::yes}] = contracts(100);
  CHECK(paper_refusal(order, kalshi, account).empty());
  order.time_in_force = TimeInForce::good_till_cancelled;
  CHECK(paper_refusal(order, kalshi, account) == "resting_orders_not_on_paper");
  kalshi.accepts_orders = false;
  CHECK(paper_refusal(order, kalshi, account) == "market_not_tradable");
}

TEST_CASE("an immediate buy at Polymarket spends its dollars, also on more than it asked for") {
  PaperAccount account{.available = dollars(1'000)};
  TakenLiquidity taken;
  const auto book = poly_book({}, {{cents(40), contracts(100)}});
  taken.observe(book);
  const auto order = buy(Side::yes, cents(45), contracts(10), poly_id);
  const auto bought = fill_on_paper(order, poly_market(), book, plenty, taken, account);
  CHECK(bought.status == OrderStatus::filled);
  CHECK(bought.filled == contracts(11.25)); // $4.50 at 40 cents
  CHECK(bought.notional == dollars(4.5));
}

TEST_CASE("no more is filled than stood since the order was sent") {
  PaperAccount account{.available = dollars(1'000)};
  TakenLiquidity taken;
  const auto book = kalshi_book({}, {{cents(44), contracts(10)}, {cents(45), contracts(20)}});
  taken.observe(book);
  const auto order = buy(Side::yes, cents(45), contracts(30));
  CHECK(shown_on_paper(order, book, taken) == contracts(30));
  const auto bought = fill_on_paper(order, kalshi_market(), book, contracts(12), taken, account);
  CHECK(bought.filled == contracts(12));
  REQUIRE(bought.fills.size() == 2);
  CHECK(bought.fills[1].quantity == contracts(2));
}
