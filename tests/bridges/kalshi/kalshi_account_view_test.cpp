#include "bridges/kalshi/kalshi_account_view.hpp"

#include <catch2/catch.hpp>

using namespace arbees;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp at = Timestamp{1'795'226'400s};

Quantity contracts(std::int64_t count) {
  return Quantity{count * quantity_per_contract};
}

KalshiSettlement paid(const std::string& ticker, std::int64_t yes, std::int64_t no,
                      KalshiSettlement::Result result, Money revenue, Timestamp when = at) {
  return {ticker, result, contracts(yes), contracts(no), revenue, when};
}

using Result = KalshiSettlement::Result;

} // namespace

TEST_CASE("a balance is told with its shards in order") {
  const auto update =
    to_balance_update({.total = Money{7}, .shards = {{3, Money{5}}, {0, Money{2}}}}, at);
  CHECK(update.venue == Venue::kalshi);
  CHECK(update.available == Money{7});
  CHECK(update.at == at);
  CHECK(update.shards == std::vector<ShardBalance>{{0, Money{2}}, {3, Money{5}}});
}

TEST_CASE("the account holds one side of each market and what rests") {
  const auto view = to_account_view(
    {{.ticker = "B", .position = contracts(-3)},
     {.ticker = "A", .position = contracts(2)},
     {.ticker = "C"},
     {.ticker = "A", .position = contracts(5)}},
    {{.order_id = "o2", .client_order_id = "c2", .ticker = "A", .filled = contracts(1)},
     {.order_id = "o1", .ticker = "B", .state = KalshiOrderState::executed},
     {.order_id = "o2", .client_order_id = "c2", .ticker = "A", .filled = contracts(2)}},
    {.total = Money{7}, .shards = {}}, at - 1s, at);
  CHECK(view.venue == Venue::kalshi);
  REQUIRE(view.holdings.size() == 2);
  CHECK(view.holdings[0].native_id == "A");
  CHECK(view.holdings[0].market == market_id(Venue::kalshi, "A"));
  CHECK(view.holdings[0].side == Side::yes);
  CHECK(view.holdings[0].quantity == contracts(5));
  CHECK(view.holdings[1].side == Side::no);
  CHECK(view.holdings[1].quantity == contracts(3));
  REQUIRE(view.working.size() == 1);
  CHECK(view.working[0].client_order_id == "c2");
  CHECK(view.working[0].venue_order_id == "o2");
  CHECK(view.working[0].filled == contracts(2));
  CHECK(view.available == Money{7});
  CHECK(view.asked_at == at - 1s);
  CHECK(view.at == at);
}

TEST_CASE("a settlement pays the side that was held") {
  struct Row {
    std::int64_t yes;
    std::int64_t no;
    Result result;
    std::int64_t revenue;
    std::int64_t for_yes;
    std::int64_t for_no;
  };
  const auto row = GENERATE(Row{3, 0, Result::yes, 3, 3, 0}, Row{3, 0, Result::no, 0, 0, 0},
                            Row{0, 4, Result::no, 4, 0, 4}, Row{0, 4, Result::scalar, 2, 0, 2},
                            Row{4, 0, Result::scalar, 2, 2, 0}, Row{3, 2, Result::yes, 3, 3, 0},
                            Row{3, 2, Result::no, 2, 0, 2});
  const auto told =
    to_settlements(paid("A", row.yes, row.no, row.result, Money{row.revenue * money_per_dollar}));
  Money yes;
  Money no;
  for (const auto& one : told) {
    CHECK(one.quantity == contracts(one.side == Side::yes ? row.yes : row.no));
    CHECK(one.fee == Money{});
    CHECK(one.at == at);
    (one.side == Side::yes ? yes : no) += one.payout;
  }
  CHECK(told.size() == static_cast<std::size_t>((row.yes > 0 ? 1 : 0) + (row.no > 0 ? 1 : 0)));
  CHECK(yes == Money{row.for_yes * money_per_dollar});
  CHECK(no == Money{row.for_no * money_per_dollar});
}

TEST_CASE("a settlement is told once, and again if the decision is reversed") {
  SettlementNews news;
  const auto won = paid("A", 3, 0, Result::yes, Money{3'000'000});
  CHECK(news.take({won, won}).size() == 1);
  CHECK(news.take({won}).empty());
  CHECK(news.latest() == at);
  const auto lost = paid("A", 3, 0, Result::no, Money{}, at + 1h);
  const auto reversed = news.take({lost, won});
  REQUIRE(reversed.size() == 1);
  CHECK(reversed[0].payout == Money{});
  CHECK(news.take({won}).empty()); // an older page does not bring it back
  CHECK(news.told().size() == 1);
  CHECK(news.take({lost}).empty());
  // One after the other is no old page: the venue's clock was ahead when it told the last.
  CHECK(news.take({won}).empty());
  const auto back = news.take({won});
  REQUIRE(back.size() == 1);
  CHECK(back[0].payout == Money{3'000'000});
  CHECK(news.take({won}).empty());
  news.forget_before(at + 2h);
  CHECK(news.told().empty());
}
