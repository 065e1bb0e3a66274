#include "bridges/polymarket/polymarket_data_codec.hpp"

#include <catch2/catch.hpp>

#include "bridges/polymarket/polymarket_settlement_book.hpp"

using namespace arbees;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp noon{1'795'226'400s};

constexpr Quantity shares(std::int64_t count) {
  return Quantity{count * quantity_per_contract};
}

PolymarketActivity trade(Side side, Action action, std::int64_t count) {
  return {.kind = PolymarketActivityKind::trade,
          .condition = "0xc",
          .side = side,
          .action = action,
          .size = shares(count),
          .cash = Money{1},
          .at = noon};
}

PolymarketActivity redeem(std::int64_t dollars) {
  return {.kind = PolymarketActivityKind::redeem,
          .condition = "0xc",
          .size = shares(dollars),
          .cash = Money{dollars * money_per_dollar},
          .at = noon + 1h};
}

PolymarketMarketResult won_by(Side side) {
  PolymarketMarketResult result{.closed = true, .price = {price_zero, price_zero}};
  result.winner[static_cast<std::size_t>(side)] = true;
  result.price[static_cast<std::size_t>(side)] = price_one;
  return result;
}

constexpr Price half{5000};
const PolymarketMarketResult tie{.closed = true, .price = {half, half}};

Settlement paid(Side side, std::int64_t count, std::int64_t dollars) {
  return {.venue = Venue::polymarket,
          .side = side,
          .quantity = shares(count),
          .payout = Money{dollars * money_per_dollar}};
}

} // namespace

TEST_CASE("positions are read with all their digits, and page by page") {
  const auto page = decode_polymarket_positions(
    R"({"data":[{"condition_id":"0xc","outcome_index":1,"current_size":12.34,"current_price":0.415,
        "redeemable":false,"title":"x"},
       {"condition_id":"0xd","outcome_index":0,"current_size":"7","current_price":0,
        "redeemable":true}],
       "pagination":{"has_more":true,"next_cursor":"2"}})");
  REQUIRE(page);
  CHECK(page->cursor == "2");
  REQUIRE(page->items.size() == 2);
  CHECK(page->items[0].condition == "0xc");
  CHECK(page->items[0].side == Side::no);
  CHECK(page->items[0].size == Quantity{12'340'000});
  CHECK(page->items[0].price == Price{4150});
  const auto holdings = polymarket_holdings(page->items);
  REQUIRE(holdings.size() == 1); // of the other no money will come
  CHECK(holdings[0].native_id == "0xc");
  CHECK(holdings[0].market == market_id(Venue::polymarket, "0xc"));
  CHECK(
    decode_polymarket_positions(R"({"data":[],"pagination":{"has_more":false}})")->cursor.empty());
  for (const auto* const body :
       {"", "[]", "{}", R"({"data":{}})", R"({"data":[{}]})",
        R"({"data":[{"condition_id":"0xc","outcome_index":2,"current_size":1,"current_price":0}]})",
        R"({"data":[{"condition_id":"0xc","outcome_index":0,"current_size":1e30,
            "current_price":0}]})",
        R"({"data":[],"pagination":{"has_more":true}})"}) {
    CHECK_FALSE(decode_polymarket_positions(body));
  }
}

TEST_CASE("activity of other kinds has no tokens of a market") {
  const auto page = decode_polymarket_activity(
    R"({"data":[{"type":"TRADE","condition_id":"0xc","outcome_index":0,"size":5,"usdc_size":2.5,
        "side":"SELL","timestamp":1795226400},
       {"type":"REDEEM","condition_id":"0xc","outcome_index":999,"size":5,"usdc_size":5,"side":"",
        "timestamp":1795230000},
       {"type":"MAKER_REBATE","timestamp":1795230001,"usdc_size":0.1}]})");
  REQUIRE(page);
  REQUIRE(page->items.size() == 3);
  CHECK(page->items[0].action == Action::sell);
  CHECK(page->items[0].at == noon);
  CHECK(page->items[1].kind == PolymarketActivityKind::redeem);
  CHECK(page->items[1].cash == Money{5'000'000});
  CHECK(page->items[2].kind == PolymarketActivityKind::other);
  CHECK_FALSE(decode_polymarket_activity(R"({"data":[{"type":"TRADE","timestamp":1}]})"));
  CHECK_FALSE(decode_polymarket_activity(
    R"({"data":[{"type":"REDEEM","timestamp":-1,"size":1,"usdc_size":1}]})"));
}

TEST_CASE("how a market was decided") {
  const auto result = decode_polymarket_market_result(
    R"({"closed":true,"tokens":[{"token_id":"1","price":1,"winner":true},
        {"token_id":"2","price":0,"winner":false}]})");
  REQUIRE(result);
  CHECK(result->closed);
  CHECK(result->winner[0]);
  CHECK(result->price[1] == price_zero);
  CHECK_FALSE(decode_polymarket_market_result(R"({"closed":true,"tokens":[]})"));
  CHECK_FALSE(decode_polymarket_market_result("rubbish"));
}

TEST_CASE("what is settled of a market is what was held, once its money came") {
  struct Row {
    const char* what;
    PolymarketMarketResult result;
    std::vector<PolymarketActivity> activity;
    std::vector<Settlement> expected;
  };
  const auto buy_yes = trade(Side::yes, Action::buy, 10);
  const auto buy_no = trade(Side::no, Action::buy, 8);
  const auto row = GENERATE_COPY(values<Row>({
    {"open", {}, {buy_yes}, {}},
    {"won", won_by(Side::yes), {buy_yes, redeem(10)}, {paid(Side::yes, 10, 10)}},
    {"won and not yet redeemed", won_by(Side::yes), {buy_yes}, {}},
    {"won, and a part redeemed", won_by(Side::yes), {buy_yes, redeem(4)}, {paid(Side::yes, 4, 4)}},
    {"lost", won_by(Side::no), {buy_yes}, {paid(Side::yes, 10, 0)}},
    {"both sides held",
     won_by(Side::no),
     {buy_yes, buy_no, redeem(8)},
     {paid(Side::yes, 10, 0), paid(Side::no, 8, 8)}},
    {"sold before", won_by(Side::yes), {buy_yes, trade(Side::yes, Action::sell, 10)}, {}},
    {"sold a part of",
     won_by(Side::yes),
     {buy_yes, trade(Side::yes, Action::sell, 4), redeem(6)},
     {paid(Side::yes, 6, 6)}},
    {"tie", tie, {buy_yes, buy_no, redeem(9)}, {paid(Side::yes, 10, 5), paid(Side::no, 8, 4)}},
    {"prices of a tie, and nobody was paid", tie, {buy_yes}, {}},
  }));
  INFO(row.what);
  const auto settled = polymarket_settlements("0xc", row.result, row.activity, {});
  REQUIRE(settled.size() == row.expected.size());
  for (std::size_t i = 0; i < settled.size(); ++i) {
    CHECK(settled[i].side == row.expected[i].side);
    CHECK(settled[i].quantity == row.expected[i].quantity);
    CHECK(settled[i].payout == row.expected[i].payout);
    CHECK(settled[i].market == market_id(Venue::polymarket, "0xc"));
  }
}

TEST_CASE("a settlement is told once, and again when it changes") {
  PolymarketSettlementBook book;
  book.follow("0xc", noon);
  const PolymarketPosition held{.condition = "0xc", .size = shares(10)};
  auto decided = held;
  decided.redeemable = true;
  CHECK(book.questions({held}, noon).empty()); // it trades
  CHECK(book.questions({decided}, noon) == std::vector<std::string>{"0xc"});
  CHECK(book.questions({}, noon) == std::vector<std::string>{"0xc"});
  CHECK(book.learn("0xc", {paid(Side::yes, 10, 10)}, noon).size() == 1);
  CHECK(book.learn("0xc", {paid(Side::yes, 10, 10)}, noon).empty());
  CHECK(book.known().size() == 1);
  SECTION("more was paid") {
    const auto more = book.learn("0xc", {paid(Side::yes, 12, 12)}, noon);
    REQUIRE(more.size() == 1);
    CHECK(more[0].quantity == shares(12));
  }
  SECTION("the decision is reversed") {
    const auto reversed = book.learn("0xc", {}, noon + 1h);
    REQUIRE(reversed.size() == 1);
    CHECK(reversed[0].quantity == Quantity{});
    CHECK(reversed[0].payout == Money{});
    CHECK(book.learn("0xc", {}, noon + 1h).empty());
  }
  SECTION("a day later nobody asks any more") {
    CHECK(book.questions({}, noon + 24h).empty());
    CHECK(book.known().empty());
  }
}
