#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "bridges/kalshi/kalshi_limits.hpp"
#include "bridges/kalshi/kalshi_order_codec.hpp"
#include "bridges/net/json_fields.hpp"
#include "tests/bridges/damaged_bytes.hpp"

using namespace arbees;
using arbees::test::survive_damage;

namespace {

constexpr std::string_view listed_orders = R"({"orders":[
 {"order_id":"32","client_order_id":"other","ticker":"KXT-A","outcome_side":"no","book_side":"ask",
  "status":"resting","yes_price_dollars":"0.6300","no_price_dollars":"0.3700",
  "initial_count_fp":"2.00","fill_count_fp":"0.00","remaining_count_fp":"2.00"},
 {"order_id":"33","client_order_id":"a-1","ticker":"KXT-A","outcome_side":"yes","book_side":"bid",
  "status":"canceled","yes_price_dollars":"0.4400","no_price_dollars":"0.5600",
  "initial_count_fp":"10.00","fill_count_fp":"5.00","remaining_count_fp":"0.00",
  "taker_fill_cost_dollars":"2.1900","maker_fill_cost_dollars":"0.0000",
  "taker_fees_dollars":"0.0863","maker_fees_dollars":"0.0000",
  "created_time":"2026-11-21T02:00:00Z","exchange_index":3,"new_key":{"x":1}}],
 "cursor":"next"})";

constexpr std::string_view listed_fills = R"({"fills":[
 {"fill_id":"f1","order_id":"33","ticker":"KXT-A","outcome_side":"yes","book_side":"bid",
  "count_fp":"3.00","yes_price_dollars":"0.4400","no_price_dollars":"0.5600","is_taker":true,
  "fee_cost":"0.0518","created_time":"2026-11-21T02:00:00Z","ts":1795226400,"exchange_index":3},
 {"fill_id":"f2","order_id":"33","ticker":"KXT-A","outcome_side":"yes",
  "count_fp":"2.00","yes_price_dollars":"0.4350","is_taker":true,"fee_cost":"0.0345"},
 {"fill_id":"f9","order_id":"31","ticker":"KXT-A","book_side":"ask",
  "count_fp":"7.00","yes_price_dollars":"0.5000","fee_cost":"0.1"}],"cursor":""})";

OrderIntent intent() {
  OrderIntent order;
  order.client_order_id = "a-1";
  order.ref.native_id = "KXT-A";
  order.exchange_index = 3;
  order.limit = Price{4400};
  order.quantity = Quantity{10'000'000};
  return order;
}

} // namespace

TEST_CASE("orders are listed with their shard") {
  const auto page = decode_kalshi_orders(listed_orders);
  REQUIRE(page);
  REQUIRE(page->items.size() == 2);
  CHECK(page->cursor == "next");
  const auto& order = page->items[1];
  CHECK(order.order_id == "33");
  CHECK(order.side == KalshiBookSide::bid);
  CHECK(order.state == KalshiOrderState::canceled);
  CHECK(order.yes_price == Price{4400});
  CHECK(order.initial == Quantity{10'000'000});
  CHECK(order.filled == Quantity{5'000'000});
  CHECK(order.fees == Money{86'300});
  CHECK(order.exchange_index == 3);
  CHECK(page->items[0].side == KalshiBookSide::ask);
  CHECK(page->items[0].exchange_index == 0);
}

TEST_CASE("the last page has an empty, a null or no cursor") {
  for (const auto* const body :
       {R"({"orders":[],"cursor":""})", R"({"orders":[],"cursor":null})", R"({"orders":[]})"}) {
    const auto page = decode_kalshi_orders(body);
    REQUIRE(page);
    CHECK(page->cursor.empty());
    CHECK(page->items.empty());
  }
}

TEST_CASE("an order that landed before its answer was lost is found and counted once") {
  // The answer timed out; the same order sent again was refused as a duplicate.
  const auto again =
    decode_kalshi_create(409, R"({"error":{"code":"order_already_exists"}})", intent());
  REQUIRE(again.verdict == Verdict::duplicate);
  const auto orders = decode_kalshi_orders(listed_orders);
  const auto fills = decode_kalshi_fills(listed_fills);
  REQUIRE(orders);
  REQUIRE(fills);
  const auto* const found = find_order(orders->items, intent());
  REQUIRE(found != nullptr);
  // The feed of fills and the list bring the same ones.
  auto all = fills->items;
  all.insert(all.end(), fills->items.begin(), fills->items.end());
  const auto got = answer_of(*found, all, intent());
  CHECK(got.verdict == Verdict::taken);
  CHECK(got.status == OrderStatus::partial);
  CHECK(got.venue_order_id == "33");
  CHECK(got.filled == Quantity{5'000'000});
  CHECK(got.notional == Money{3 * 440'000 + 2 * 435'000});
  CHECK(got.fee == Money{86'300});
  CHECK(got.trades == std::vector<std::string>{"f1", "f2"});
}

TEST_CASE("as long as fills and order do not agree the order is unknown") {
  const auto orders = decode_kalshi_orders(listed_orders);
  const auto fills = decode_kalshi_fills(listed_fills);
  REQUIRE(orders);
  REQUIRE(fills);
  auto listed = orders->items[1];
  CHECK(answer_of(listed, std::span{fills->items}.first(1), intent()).status
        == OrderStatus::unknown);
  CHECK(answer_of(listed, {}, intent()).status == OrderStatus::unknown);
  listed.filled = Quantity{4'000'000};
  CHECK(answer_of(listed, fills->items, intent()).status == OrderStatus::unknown);
}

TEST_CASE("a listed order is unfilled, filled or resting") {
  auto listed = decode_kalshi_orders(listed_orders)->items[1];
  const auto fills = decode_kalshi_fills(listed_fills)->items;
  listed.filled = Quantity{0};
  CHECK(answer_of(listed, {}, intent()).status == OrderStatus::unfilled);
  listed.state = KalshiOrderState::resting;
  listed.remaining = Quantity{10'000'000};
  CHECK(answer_of(listed, {}, intent()).status == OrderStatus::accepted);
  CHECK(answer_of(listed, {}, intent()).resting == Quantity{10'000'000});
  listed.state = KalshiOrderState::executed;
  listed.filled = listed.initial = Quantity{5'000'000};
  CHECK(answer_of(listed, fills, intent()).status == OrderStatus::filled);
}

TEST_CASE("an order of another id, market or direction is not taken for ours") {
  const auto listed = decode_kalshi_orders(listed_orders)->items[1];
  const auto fills = decode_kalshi_fills(listed_fills)->items;
  auto order = intent();
  SECTION("id") {
    order.client_order_id = "a-2";
  }
  SECTION("market") {
    order.ref.native_id = "KXT-B";
  }
  SECTION("direction") {
    order.action = Action::sell;
  }
  CHECK(answer_of(listed, fills, order).status == OrderStatus::unknown);
}

TEST_CASE("fills tell the price of YES, ours is of our side") {
  const auto page = decode_kalshi_fills(listed_fills);
  REQUIRE(page);
  REQUIRE(page->items.size() == 3);
  const auto& fill = page->items[0];
  CHECK(fill.taker);
  CHECK(fill.fee == Money{51'800});
  CHECK(fill.at == from_ms(1'795'226'400'000));
  auto order = intent();
  CHECK(to_fill(fill, order).price == Price{4400});
  order.side = Side::no;
  const auto no = to_fill(fill, order);
  CHECK(no.price == Price{5600});
  CHECK(no.quantity == Quantity{3'000'000});
  CHECK(no.fill_id == "f1");
  CHECK(no.client_order_id == "a-1");
  // Direction comes from outcome_side where book_side is missing.
  CHECK(page->items[1].side == KalshiBookSide::bid);
}

TEST_CASE("positions are signed") {
  const auto page = decode_kalshi_positions(R"({"market_positions":[
    {"ticker":"KXT-A","position_fp":"5.00","market_exposure_dollars":"2.2000",
     "realized_pnl_dollars":"-0.5000","fees_paid_dollars":"0.0863","exchange_index":3},
    {"ticker":"KXT-B","position_fp":"-0.37"}],"event_positions":[],"cursor":null})");
  REQUIRE(page);
  REQUIRE(page->items.size() == 2);
  CHECK(page->items[0].position == Quantity{5'000'000});
  CHECK(page->items[0].realized == Money{-500'000});
  CHECK(page->items[0].exchange_index == 3);
  CHECK(page->items[1].position == Quantity{-370'000});
}

TEST_CASE("a balance says what each shard can spend") {
  const auto balance = decode_kalshi_balance(
    R"({"balance":12345,"balance_dollars":"123.4567","portfolio_value":1,"updated_ts":1,
        "balance_breakdown":[{"exchange_index":0,"balance":"100.0000"},
                             {"exchange_index":3,"balance":23.4567}]})");
  REQUIRE(balance);
  CHECK(balance->total == Money{123'456'700});
  REQUIRE(balance->shards.size() == 2);
  CHECK(balance->shards[0].available == Money{100'000'000});
  CHECK(balance->shards[1].exchange_index == 3);
  CHECK(balance->shards[1].available == Money{23'456'700});
  CHECK(decode_kalshi_balance(R"({"balance":12345})")->total == Money{123'450'000});
  CHECK_FALSE(decode_kalshi_balance("{}"));
  CHECK_FALSE(
    decode_kalshi_balance(R"({"balance_dollars":"1","balance_breakdown":[{"balance":"1"}]})"));
}

TEST_CASE("limits of the account configure the pacer") {
  const auto limits = decode_kalshi_limits(
    R"({"usage_tier":"advanced","read":{"refill_rate":300,"bucket_capacity":900},
        "write":{"refill_rate":300,"bucket_capacity":600},"grants":[]})");
  REQUIRE(limits);
  CHECK(limits->read_capacity == 900);
  CHECK(limits->write_per_second == 300);
  CHECK(limits->write_capacity == 600);
  const auto bucket = kalshi_write_bucket(*limits);
  CHECK(bucket.capacity == 600);
  CHECK(bucket.refill_per_second == 300);
  CHECK(bucket.reserve == 180);
  CHECK(kalshi_write_bucket(kalshi_basic_limits).reserve >= kalshi_order_cost + kalshi_cancel_cost);
  CHECK_FALSE(decode_kalshi_limits(R"({"read_limit":30})"));
  CHECK_FALSE(decode_kalshi_limits(R"({"read":{"refill_rate":300,"bucket_capacity":900},
        "write":{"refill_rate":0,"bucket_capacity":600}})"));
}

TEST_CASE("a listed order with something missing or impossible is refused by name") {
  struct Case {
    std::string from;
    std::string to;
    std::string field;
  };
  const auto c = GENERATE(values<Case>({
    {R"("status":"canceled")", R"("status":"lost")", "status"},
    {R"("fill_count_fp":"5.00")", R"("fill_count_fp":"-5.00")", "fill_count_fp"},
    {R"("fill_count_fp":"5.00")", R"("fill_count":5)", "fill_count_fp"},
    {R"("book_side":"bid")", R"("book_side":"left")", "book_side"},
    {R"("yes_price_dollars":"0.4400")", R"("yes_price_dollars":"1.4400")", "yes_price_dollars"},
    {R"("order_id":"33")", R"("order_id":"")", "order_id"},
    {R"("exchange_index":3)", R"("exchange_index":-3)", "exchange_index"},
  }));
  auto body = std::string{listed_orders};
  const auto at = body.rfind(c.from);
  REQUIRE(at != std::string::npos);
  body.replace(at, c.from.size(), c.to);
  const auto page = decode_kalshi_orders(body);
  REQUIRE_FALSE(page);
  CHECK(describe(page.error()) == "bad_frame: field " + c.field);
}

TEST_CASE("removed keys are not needed and one order comes in a wrapper") {
  const auto order = decode_kalshi_order(
    R"({"order":{"order_id":"1","ticker":"T","outcome_side":"no","status":"executed",
        "yes_price_dollars":"0.5","initial_count_fp":"1","fill_count_fp":"1",
        "remaining_count_fp":"0"}})");
  REQUIRE(order);
  CHECK(order->side == KalshiBookSide::ask);
  CHECK_FALSE(decode_kalshi_order(R"({"order":null})"));
  CHECK_FALSE(decode_kalshi_order(R"({"order":[]})"));
}

TEST_CASE("a settlement tells what was held and what it paid") {
  const auto page = decode_kalshi_settlements(
    R"({"settlements":[{"ticker":"KXT-A","event_ticker":"KXT","exchange_index":3,)"
    R"("market_result":"yes","yes_count_fp":"12.50","yes_total_cost_dollars":"5.5000",)"
    R"("no_count_fp":"0.00","no_total_cost_dollars":"0.0000","revenue":1250,)"
    R"("settled_time":"2026-11-21T06:00:00Z","fee_cost":"0.2135","value":100},)"
    R"({"ticker":"KXT-B","market_result":"scalar","yes_count_fp":"0.00","no_count_fp":"3.00",)"
    R"("revenue":0,"revenue_dollars":"1.5050","settled_time":"2026-11-21T06:00:00.25Z",)"
    R"("value":null}],"cursor":"more"})");
  REQUIRE(page);
  CHECK(page->cursor == "more");
  REQUIRE(page->items.size() == 2);
  const auto& won = page->items[0];
  CHECK(won.ticker == "KXT-A");
  CHECK(won.result == KalshiSettlement::Result::yes);
  CHECK(won.yes == Quantity{12'500'000});
  CHECK(won.no == Quantity{0});
  CHECK(won.revenue == Money{12'500'000});
  CHECK(won.at == *parse_utc("2026-11-21T06:00:00Z"));
  const auto& tied = page->items[1];
  CHECK(tied.result == KalshiSettlement::Result::scalar);
  CHECK(tied.no == Quantity{3'000'000});
  CHECK(tied.revenue == Money{1'505'000}); // the newer name, to the last digit
}

TEST_CASE("a settlement that cannot be is refused by name") {
  const auto settled = [](const std::string& result, const std::string& yes,
                          const std::string& revenue, const std::string& at) {
    return decode_kalshi_settlements(R"({"settlements":[{"ticker":"KXT-A","market_result":")"
                                     + result + R"(","yes_count_fp":)" + yes
                                     + R"(,"no_count_fp":"0.00","revenue":)" + revenue
                                     + R"(,"settled_time":")" + at + R"("}]})");
  };
  const std::string at = "2026-11-21T06:00:00Z";
  REQUIRE(settled("no", R"("10.00")", "0", at));
  REQUIRE(settled("yes", R"("10.00")", "1000", at));
  const auto [got, field] =
    GENERATE_COPY(table<caf::expected<KalshiPage<KalshiSettlement>>, std::string>({
      {settled("maybe", R"("10.00")", "0", at), "market_result"},
      {settled("", R"("10.00")", "0", at), "market_result"},
      {settled("yes", R"("-1.00")", "0", at), "yes_count_fp"},
      {settled("yes", R"("ten")", "0", at), "yes_count_fp"},
      {settled("yes", R"("10.00")", "1001", at), "revenue"}, // more than a dollar each
      {settled("yes", R"("10.00")", "-1", at), "revenue"},
      {settled("yes", R"("10.00")", "9223372036854775807", at), "revenue"},
      {settled("yes", R"("10.00")", "-9223372036854775807", at), "revenue"},
      {settled("yes", R"("10.00")", "null", at), "revenue"},
      {settled("yes", R"("10.00")", "1000", "yesterday"), "settled_time"},
    }));
  REQUIRE_FALSE(got);
  CHECK(got.error() == Errc::bad_frame);
  CHECK(describe(got.error()).find(field) != std::string::npos);
}

TEST_CASE("the time up to which the account's lists are complete is read or not known") {
  CHECK(decode_kalshi_data_timestamp(R"({"as_of_time":"2026-11-21T06:00:00.5Z"})")
        == *parse_utc("2026-11-21T06:00:00.5Z"));
  for (const auto* const body : {"", "[]", "null", "{}", R"({"as_of_time":null})",
                                 R"({"as_of_time":1795226400})", R"({"as_of_time":"now"})"}) {
    CHECK_FALSE(decode_kalshi_data_timestamp(body));
  }
}

TEST_CASE("damaged lists of the account never crash") {
  const auto orders = decode_kalshi_orders(listed_orders)->items;
  survive_damage(listed_orders, [](std::string_view body) { decode_kalshi_orders(body); });
  survive_damage(listed_fills, [&](std::string_view body) {
    if (const auto fills = decode_kalshi_fills(body)) {
      answer_of(orders[1], fills->items, intent());
    }
  });
}
