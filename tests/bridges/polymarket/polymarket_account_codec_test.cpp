#include <catch2/catch.hpp>
#include <limits>

#include "bridges/polymarket/polymarket_order_codec.hpp"
#include "tests/bridges/damaged_bytes.hpp"

using namespace arbees;
using arbees::test::survive_damage;

namespace {

constexpr auto ioc = TimeInForce::immediate_or_cancel;
constexpr auto gtc = TimeInForce::good_till_cancelled;

SignedPolymarketOrder sent(Action side = Action::buy) {
  SignedPolymarketOrder made;
  made.order.token_id = "11";
  made.order.side = side;
  made.order.amounts = side == Action::buy ? OrderAmounts{52'000'000, 100'000'000}
                                           : OrderAmounts{100'000'000, 52'000'000};
  made.order_id = "0xab";
  return made;
}

std::string
listed(const std::string& status, const std::string& original, const std::string& matched) {
  return R"({"id":"0xab","status":")" + status
         + R"(","owner":"k","maker_address":"0x1","market":"0xc","asset_id":"11","side":"BUY",)"
           R"("original_size":")"
         + original + R"(","size_matched":")" + matched
         + R"(","price":"0.52","outcome":"Lakers","expiration":"0","order_type":"FAK",)"
           R"("associate_trades":["t1"],"created_at":1780000000,"new_key":{}})";
}

PolymarketOpenOrder
open_order(const std::string& status, const std::string& original, const std::string& matched) {
  const auto order = decode_polymarket_lookup(listed(status, original, matched));
  REQUIRE(order);
  REQUIRE(order->has_value());
  return **order;
}

std::string trade_text(const std::string& id, const std::string& status, const std::string& size) {
  return R"({"id":")" + id + R"(","taker_order_id":"0xab","market":"0xc","asset_id":"11",)"
         + R"("side":"BUY","size":")" + size + R"(","price":"0.5","fee_rate_bps":"","status":")"
         + status
         + R"(","match_time":"1780000001","last_update":"1780000002","outcome":"Lakers",)"
           R"("transaction_hash":"","bucket_index":0,"trader_side":"TAKER","maker_orders":[)"
           R"({"order_id":"0xm1","owner":"o","maker_address":"0x2","matched_amount":"4",)"
           R"("price":"0.5","fee_rate_bps":"0","asset_id":"22","outcome":"Celtics","side":"BUY"}]})";
}

std::vector<PolymarketTrade> trades(const std::string& items) {
  const auto page = decode_polymarket_trades("[" + items + "]");
  REQUIRE(page);
  return page->items;
}

} // namespace

TEST_CASE("open orders come as pages or as a bare list") {
  const auto one = listed("LIVE", "100", "25.5");
  const auto page = decode_polymarket_orders(
    R"({"limit":500,"count":1,"next_cursor":"MjA=","data":[)" + one + "]}");
  REQUIRE(page);
  REQUIRE(page->items.size() == 1);
  CHECK(page->cursor == "MjA=");
  const auto& order = page->items[0];
  CHECK(order.id == "0xab");
  CHECK(order.state == PolymarketOrderState::live);
  CHECK(order.token == "11");
  CHECK(order.price == Price{5200});
  CHECK(order.original == Quantity{100'000'000});
  CHECK(order.matched == Quantity{25'500'000});
  CHECK(order.trades == std::vector<std::string>{"t1"});

  const auto last = decode_polymarket_orders(R"({"next_cursor":"LTE=","data":[]})");
  REQUIRE(last);
  CHECK(last->cursor.empty());
  const auto bare = decode_polymarket_orders("[" + one + "]");
  REQUIRE(bare);
  CHECK(bare->items.size() == 1);
}

TEST_CASE("states of orders are known with and without prefix, killed ones by their beginning") {
  struct Case {
    std::string status;
    PolymarketOrderState state;
  };
  const auto c = GENERATE(values<Case>({
    {"LIVE", PolymarketOrderState::live},
    {"ORDER_STATUS_LIVE", PolymarketOrderState::live},
    {"matched", PolymarketOrderState::matched},
    {"DELAYED", PolymarketOrderState::delayed},
    {"UNMATCHED", PolymarketOrderState::unmatched},
    {"INVALID", PolymarketOrderState::invalid},
    {"CANCELED", PolymarketOrderState::canceled},
    {"CANCELED_MARKET_RESOLVED", PolymarketOrderState::canceled},
    {"CANCELED_order couldn't be fully filled", PolymarketOrderState::canceled},
  }));
  CHECK(open_order(c.status, "100", "").state == c.state);
  CHECK_FALSE(decode_polymarket_lookup(listed("LOST", "100", "0")));
}

TEST_CASE("an order that the venue does not know is nothing") {
  for (const auto* const body : {"", "null", "{}"}) {
    const auto order = decode_polymarket_lookup(body);
    REQUIRE(order);
    CHECK_FALSE(order->has_value());
  }
  CHECK_FALSE(decode_polymarket_lookup("[]"));
  CHECK_FALSE(decode_polymarket_lookup("<html>"));
}

TEST_CASE("a looked-up order is what it says, once its trades agree") {
  struct Case {
    std::string status;
    std::string matched;
    TimeInForce time_in_force;
    OrderStatus expected;
  };
  const auto c = GENERATE(values<Case>({
    {"MATCHED", "100", ioc, OrderStatus::filled},
    {"MATCHED", "40", ioc, OrderStatus::partial},
    {"CANCELED", "40", ioc, OrderStatus::partial},
    {"CANCELED", "0", ioc, OrderStatus::unfilled},
    {"CANCELED_killed", "", ioc, OrderStatus::unfilled},
    {"UNMATCHED", "0", ioc, OrderStatus::unfilled},
    {"UNMATCHED", "0", gtc, OrderStatus::accepted},
    {"LIVE", "40", gtc, OrderStatus::accepted},
    {"DELAYED", "0", ioc, OrderStatus::accepted},
    {"INVALID", "0", ioc, OrderStatus::rejected},
  }));
  CAPTURE(c.status, c.matched);
  const auto none = c.matched.empty() || c.matched == "0";
  const auto all =
    none ? std::vector<PolymarketTrade>{} : trades(trade_text("t1", "MATCHED", c.matched));
  const auto got = answer_of(open_order(c.status, "100", c.matched), all, sent(), c.time_in_force);
  CHECK(got.verdict == Verdict::taken);
  CHECK(got.status == c.expected);
  CHECK(got.filled == (none ? Quantity{0} : *parse_quantity(c.matched)));
  CHECK(got.notional.value() == got.filled.value() / 2);
}

TEST_CASE("sizes in base units are known by the size that was asked for") {
  const auto order = open_order("MATCHED", "100000000", "40000000");
  const auto got = answer_of(order, trades(trade_text("t1", "MINED", "40")), sent(), ioc);
  CHECK(got.status == OrderStatus::partial);
  CHECK(got.filled == Quantity{40'000'000});
  CHECK(answer_of(open_order("MATCHED", "99", "40"), trades(trade_text("t1", "MINED", "40")),
                  sent(), ioc)
          .status
        == OrderStatus::unknown);
}

TEST_CASE("each trade counts once and by its last state") {
  const auto order = open_order("MATCHED", "100", "40");
  const auto twice =
    trades(trade_text("t1", "MATCHED", "40") + "," + trade_text("t1", "CONFIRMED", "40"));
  CHECK(answer_of(order, twice, sent(), ioc).filled == Quantity{40'000'000});

  const auto failed =
    trades(trade_text("t1", "MATCHED", "30") + "," + trade_text("t2", "MATCHED", "10") + ","
           + trade_text("t1", "FAILED", "30"));
  const auto got = answer_of(order, failed, sent(), ioc);
  CHECK(got.status == OrderStatus::partial);
  CHECK(got.filled == Quantity{10'000'000});
  CHECK(got.notional == Money{5'000'000});
  CHECK(got.trades == std::vector<std::string>{"t2"});
  CHECK(got.reason == "trade_failed");
}

TEST_CASE("as long as trades and order do not agree the order is unknown") {
  const auto order = open_order("MATCHED", "100", "40");
  CHECK(answer_of(order, {}, sent(), ioc).status == OrderStatus::unknown);
  CHECK(answer_of(order, trades(trade_text("t1", "MATCHED", "30")), sent(), ioc).status
        == OrderStatus::unknown);
  CHECK(answer_of(order, trades(trade_text("t1", "MATCHED", "50")), sent(), ioc).status
        == OrderStatus::unknown);
  // Less than 0.01 share is dust.
  CHECK(answer_of(order, trades(trade_text("t1", "MATCHED", "40.009")), sent(), ioc).status
        == OrderStatus::partial);
  CHECK(answer_of(order, trades(trade_text("t1", "MATCHED", "40.01")), sent(), ioc).status
        == OrderStatus::unknown);
}

TEST_CASE("another order is not taken for ours") {
  const auto order = open_order("CANCELED", "100", "0");
  CHECK(answer_of(order, {}, sent(), ioc).status == OrderStatus::unfilled);
  CHECK(answer_of(order, {}, sent(Action::sell), ioc).status == OrderStatus::unknown);
  auto other = sent();
  other.order_id = "0xcd";
  CHECK(answer_of(order, {}, other, ioc).status == OrderStatus::unknown);
  other = sent();
  other.order.token_id = "12";
  CHECK(answer_of(order, {}, other, ioc).status == OrderStatus::unknown);
}

TEST_CASE("our part of a trade is in our own order's terms") {
  const auto trade = trades(trade_text("t1", "TRADE_STATUS_MINED", "4")).at(0);
  CHECK(trade.state == PolymarketTradeState::mined);
  CHECK(trade.matched_at == from_ms(1'780'000'001'000));
  const auto taken = own_fills(trade, "0xab");
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].taker);
  CHECK(taken[0].token == "11");
  // The taker bought YES from our bid for NO.
  const auto made = own_fills(trade, "0xm1");
  REQUIRE(made.size() == 1);
  CHECK_FALSE(made[0].taker);
  CHECK(made[0].token == "22");
  CHECK(made[0].side == Action::buy);
  CHECK(made[0].size == Quantity{4'000'000});
  CHECK(own_fills(trade, "0xzz").empty());
}

TEST_CASE("a fill's price is rounded against us where it is finer than ours") {
  OrderIntent order;
  order.client_order_id = "a-1";
  auto trade = trades(trade_text("t1", "MATCHED", "4")).at(0);
  auto own = own_fills(trade, "0xab").at(0);
  own.price = Money{500'010};
  CHECK(to_fill(trade, own, order).price == Price{5001});
  order.action = Action::sell;
  const auto fill = to_fill(trade, own, order);
  CHECK(fill.price == Price{5000});
  CHECK(fill.fill_id == "t1");
  CHECK(fill.quantity == Quantity{4'000'000});
  CHECK(fill.at == from_ms(1'780'000'001'000));
}

TEST_CASE("balances are base units, unlimited allowances are the largest number") {
  const auto balance = decode_polymarket_balance(
    R"({"balance":"1000000","allowances":{"0xe1":"0","0xe2":
"115792089237316195423570985008687907853269984665640564039457584007913129639935"}})");
  REQUIRE(balance);
  CHECK(balance->balance == 1'000'000);
  REQUIRE(balance->allowances.size() == 2);
  CHECK(balance->allowances[0].amount == 0);
  CHECK(balance->allowances[1].spender == "0xe2");
  CHECK(balance->allowances[1].amount == std::numeric_limits<std::int64_t>::max());
  CHECK(decode_polymarket_balance(R"({"balance":"000000000000000000000000007"})")->balance == 7);
  CHECK(decode_polymarket_balance(R"({"balance":5})")->balance == 5);
  for (const auto* const body :
       {"", "{}", R"({"balance":"-1"})", R"({"balance":"1.5"})", R"({"balance":""})",
        R"({"balance":"1","allowances":[]})", R"({"balance":"1","allowances":{"a":"x"}})"}) {
    CAPTURE(body);
    CHECK_FALSE(decode_polymarket_balance(body));
  }
}

TEST_CASE("a trade with something missing or impossible is refused by name") {
  struct Case {
    std::string from;
    std::string to;
    std::string field;
  };
  const auto c = GENERATE(values<Case>({
    {R"("status":"MATCHED")", R"("status":"LOST")", "status"},
    {R"("side":"BUY","size")", R"("side":"HOLD","size")", "side"},
    {R"("size":"4")", R"("size":"-4")", "size"},
    {R"("price":"0.5","fee_rate_bps":"",)", R"("price":"1.5",)", "price"},
    {R"("matched_amount":"4")", R"("matched_amount":null)", "matched_amount"},
    {R"("match_time":"1780000001")", R"("match_time":"-1")", "match_time"},
  }));
  auto text = trade_text("t1", "MATCHED", "4");
  const auto at = text.find(c.from);
  REQUIRE(at != std::string::npos);
  text.replace(at, c.from.size(), c.to);
  const auto page = decode_polymarket_trades("[" + text + "]");
  REQUIRE_FALSE(page);
  CHECK(describe(page.error()) == "bad_frame: field " + c.field);
}

TEST_CASE("damaged reads of the account never crash") {
  survive_damage(listed("LIVE", "100", "40"), [](std::string_view body) {
    const auto order = decode_polymarket_lookup(body);
    if (order && *order) {
      answer_of(**order, {}, sent(), ioc);
    }
  });
  survive_damage("[" + trade_text("t1", "MATCHED", "40") + "]", [](std::string_view body) {
    if (const auto page = decode_polymarket_trades(body)) {
      answer_of(open_order("MATCHED", "100", "40"), page->items, sent(), ioc);
    }
  });
}
