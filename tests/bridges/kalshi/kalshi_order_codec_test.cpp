#include "bridges/kalshi/kalshi_order_codec.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

using namespace arbees;

// Conformance cases 10 to 13 of venues/kalshi.md section 10.

namespace {

OrderIntent intent() {
  OrderIntent order;
  order.client_order_id = "a0f3c-01";
  order.ref.native_id = "KXNBAGAME-26NOV22LALBOS-BOS";
  order.exchange_index = 3;
  order.limit = Price{5600};
  order.quantity = Quantity{10'000'000};
  return order;
}

std::string created(const std::string& fields) {
  return R"({"order_id":"33","client_order_id":"a0f3c-01",)" + fields
         + R"("ts_ms":1795226400123,"something_new":[1]})";
}

OrderAnswer answer(unsigned status, const std::string& body) {
  return decode_kalshi_create(status, body, intent());
}

} // namespace

TEST_CASE("an order is written as the venue wants it, on its shard") {
  const auto body = encode_kalshi_create(intent());
  REQUIRE(body);
  CHECK(*body
        == R"({"ticker":"KXNBAGAME-26NOV22LALBOS-BOS","client_order_id":"a0f3c-01","side":"bid",)"
           R"("count":"10.00","price":"0.5600","time_in_force":"immediate_or_cancel",)"
           R"("self_trade_prevention_type":"taker_at_cross","exchange_index":3})");
}

TEST_CASE("the four ways to trade are bids and asks of YES") {
  struct Case {
    Side side;
    Action action;
    std::int32_t price;
    std::string wire_side;
    std::string wire_price;
  };
  const auto c = GENERATE(values<Case>({
    {Side::yes, Action::buy, 3700, "bid", "0.3700"},
    {Side::yes, Action::sell, 3700, "ask", "0.3700"},
    {Side::no, Action::buy, 3700, "ask", "0.6300"},
    {Side::no, Action::sell, 3700, "bid", "0.6300"},
    {Side::yes, Action::buy, 1, "bid", "0.0001"},
    {Side::no, Action::buy, 1, "ask", "0.9999"},
    {Side::no, Action::sell, 9999, "bid", "0.0001"},
    {Side::no, Action::buy, 9100, "ask", "0.0900"},
  }));
  auto order = intent();
  order.side = c.side;
  order.action = c.action;
  order.limit = Price{c.price};
  const auto body = encode_kalshi_create(order);
  REQUIRE(body);
  const auto json = boost::json::parse(*body);
  CHECK(json.at("side").as_string() == c.wire_side);
  CHECK(json.at("price").as_string() == c.wire_price);
}

TEST_CASE("counts have two decimals however they were written") {
  for (const auto* const text : {"10", "10.0", "10.00", "10.000000"}) {
    auto order = intent();
    order.quantity = *parse_quantity(text);
    CHECK(encode_kalshi_create(order) == encode_kalshi_create(intent()));
  }
  auto order = intent();
  order.quantity = *parse_quantity("0.37");
  const auto body = encode_kalshi_create(order);
  REQUIRE(body);
  CHECK(boost::json::parse(*body).at("count").as_string() == "0.37");
}

TEST_CASE("orders that the venue would refuse are not written") {
  auto order = intent();
  SECTION("a dot in the client order id") {
    order.client_order_id = "a.1";
  }
  SECTION("no client order id") {
    order.client_order_id.clear();
  }
  SECTION("65 characters") {
    order.client_order_id = std::string(65, 'a');
  }
  SECTION("a quote in the client order id") {
    order.client_order_id = "a\"1";
  }
  SECTION("a price of 0") {
    order.limit = Price{0};
  }
  SECTION("a price of 1") {
    order.limit = Price{10'000};
  }
  SECTION("nothing") {
    order.quantity = Quantity{0};
  }
  SECTION("less than nothing") {
    order.quantity = Quantity{-1'000'000};
  }
  SECTION("finer than 0.01") {
    order.quantity = Quantity{1'005'000};
  }
  SECTION("no ticker") {
    order.ref.native_id.clear();
  }
  SECTION("another venue") {
    order.ref.venue = Venue::polymarket;
  }
  SECTION("no shard") {
    order.exchange_index = -1;
  }
  const auto body = encode_kalshi_create(order);
  REQUIRE_FALSE(body);
  CHECK(body.error() == Errc::bad_frame);
}

TEST_CASE("64 characters of the allowed ones make a client order id") {
  auto order = intent();
  order.client_order_id = "ABCXYZabcxyz0189_-" + std::string(46, 'q');
  CHECK(encode_kalshi_create(order));
}

TEST_CASE("options are written only where they may stand") {
  auto order = intent();
  const Timestamp expiry = from_ms(1'795'226'400'999);
  CHECK_FALSE(encode_kalshi_create(order, {.post_only = true}));
  CHECK_FALSE(encode_kalshi_create(order, {.expires_at = expiry}));
  const auto reduce = encode_kalshi_create(order, {.reduce_only = true});
  REQUIRE(reduce);
  CHECK(boost::json::parse(*reduce).at("reduce_only").as_bool());

  order.time_in_force = TimeInForce::fill_or_kill;
  CHECK_FALSE(encode_kalshi_create(order, {.reduce_only = true}));
  const auto kill = encode_kalshi_create(order);
  REQUIRE(kill);
  CHECK(boost::json::parse(*kill).at("time_in_force").as_string() == "fill_or_kill");

  order.time_in_force = TimeInForce::good_till_cancelled;
  const auto rest = encode_kalshi_create(order, {.self_trade = KalshiSelfTrade::maker,
                                                 .post_only = true,
                                                 .cancel_order_on_pause = true,
                                                 .expires_at = expiry});
  REQUIRE(rest);
  const auto json = boost::json::parse(*rest);
  CHECK(json.at("time_in_force").as_string() == "good_till_canceled");
  CHECK(json.at("self_trade_prevention_type").as_string() == "maker");
  CHECK(json.at("post_only").as_bool());
  CHECK(json.at("cancel_order_on_pause").as_bool());
  CHECK(json.at("expiration_time").as_int64() == 1'795'226'400);
}

TEST_CASE("a cancel names the order and its shard") {
  CHECK(kalshi_cancel_target("33-44", 3) == "/portfolio/events/orders/33-44?exchange_index=3");
  CHECK(kalshi_cancel_target("a/../b?c", 0)
        == "/portfolio/events/orders/a%2F..%2Fb%3Fc?exchange_index=0");
  CHECK(kalshi_cancel_all_target(0) == "/portfolio/events/orders?subaccount=0");
}

TEST_CASE("an amend states the total of what is filled and what is to rest") {
  CHECK(kalshi_amend_target("33") == "/portfolio/events/orders/33/amend");
  auto order = intent();
  order.side = Side::no;
  const auto body = encode_kalshi_amend(order, {.order_id = "33",
                                                .updated_client_order_id = "a0f3c-02",
                                                .limit = Price{4000},
                                                .total = Quantity{7'500'000}});
  REQUIRE(body);
  CHECK(*body
        == R"({"ticker":"KXNBAGAME-26NOV22LALBOS-BOS","side":"ask","price":"0.6000",)"
           R"("count":"7.50","client_order_id":"a0f3c-01","updated_client_order_id":"a0f3c-02",)"
           R"("exchange_index":3})");
  CHECK_FALSE(encode_kalshi_amend(
    order, {.updated_client_order_id = "a.b", .limit = Price{4000}, .total = Quantity{7'500'000}}));
}

TEST_CASE("an immediate order is filled, filled in part, or not at all") {
  struct Case {
    std::string fields;
    OrderStatus status;
    std::int64_t filled;
    std::int64_t notional;
    std::int64_t fee;
  };
  const auto c = GENERATE(values<Case>({
    {R"("fill_count":"0.00","remaining_count":"0.00",)", OrderStatus::unfilled, 0, 0, 0},
    {R"("fill_count":"6.00","remaining_count":"0.00","average_fill_price":"0.5583",)"
     R"("average_fee_paid":"0.0173",)",
     OrderStatus::partial, 6'000'000, 3'349'800, 103'800},
    {R"("fill_count":"10.00","remaining_count":"0.00","average_fill_price":"0.5600",)"
     R"("average_fee_paid":"0.0173",)",
     OrderStatus::filled, 10'000'000, 5'600'000, 173'000},
    {R"("fill_count":"0.37","remaining_count":"0.00","average_fill_price":"0.555555",)"
     R"("average_fee_paid":"0",)",
     OrderStatus::partial, 370'000, 205'555, 0},
  }));
  CAPTURE(c.fields);
  const auto got = answer(201, created(c.fields));
  CHECK(got.verdict == Verdict::taken);
  CHECK(got.status == c.status);
  CHECK(got.venue_order_id == "33");
  CHECK(got.filled == Quantity{c.filled});
  CHECK(got.notional == Money{c.notional});
  CHECK(got.fee == Money{c.fee});
}

TEST_CASE("the average of a NO order is of the YES leg") {
  auto order = intent();
  order.side = Side::no;
  order.limit = Price{3700}; // an ask at 0.63
  const auto body = created(R"("fill_count":"10.00","remaining_count":"0.00",)"
                            R"("average_fill_price":"0.6400","average_fee_paid":"0.0100",)");
  const auto got = decode_kalshi_create(201, body, order);
  CHECK(got.status == OrderStatus::filled);
  CHECK(got.notional == Money{3'600'000});
}

TEST_CASE("what rests is accepted") {
  auto order = intent();
  order.time_in_force = TimeInForce::good_till_cancelled;
  const auto got = decode_kalshi_create(
    201,
    created(R"("fill_count":"4.00","remaining_count":"6.00","average_fill_price":"0.55",)"
            R"("average_fee_paid":"0.01",)"),
    order);
  CHECK(got.verdict == Verdict::taken);
  CHECK(got.status == OrderStatus::accepted);
  CHECK(got.filled == Quantity{4'000'000});
  CHECK(got.resting == Quantity{6'000'000});
}

TEST_CASE("a success of Kalshi's that makes no sense is unknown, never failed") {
  const auto body = GENERATE(
    as<std::string>{}, "", "OK", "[]", "null", "<html>", "{}", R"({"order_id":"33"})",
    R"({"order_id":33,"fill_count":"0.00","remaining_count":"0.00"})",
    created(R"("fill_count":"11.00","remaining_count":"0.00","average_fill_price":"0.5",)"
            R"("average_fee_paid":"0",)"),
    created(R"("fill_count":"-1.00","remaining_count":"0.00",)"),
    created(R"("fill_count":"x","remaining_count":"0.00",)"),
    created(R"("fill_count":"1.00","remaining_count":"0.00",)"),
    // Worse than the limit: the average is not what we take it for.
    created(R"("fill_count":"1.00","remaining_count":"0.00","average_fill_price":"0.5601",)"
            R"("average_fee_paid":"0",)"),
    created(R"("fill_count":"99999999999999999999","remaining_count":"0.00",)"),
    R"({"order_id":"33","client_order_id":"other","fill_count":"0.00","remaining_count":"0.00"})");
  CAPTURE(body);
  const auto got = answer(201, body);
  CHECK(got.verdict == Verdict::unknown);
  CHECK(got.status == OrderStatus::unknown);
  CHECK_FALSE(got.reason.empty());
}

TEST_CASE("errors are known by their code in all three shapes") {
  struct Case {
    unsigned status;
    std::string code;
    Verdict verdict;
  };
  const auto c = GENERATE(values<Case>({
    {409, "fill_or_kill_insufficient_resting_volume", Verdict::no_fill},
    {409, "order_already_exists", Verdict::duplicate},
    {409, "trading_is_paused", Verdict::paused},
    {409, "exchange_is_paused", Verdict::paused},
    {503, "exchange_is_paused", Verdict::paused},
    {409, "MARKET_INACTIVE", Verdict::rejected},
    {409, "some_new_conflict", Verdict::unknown},
    {400, "invalid_parameters", Verdict::rejected},
    {400, "insufficient_balance", Verdict::rejected},
    {409, "available_balance_too_low", Verdict::rejected},
    {400, "some_new_code", Verdict::rejected},
    {404, "user_not_found", Verdict::rejected},
    {401, "authentication_error", Verdict::fatal},
    {401, "header_timestamp_expired", Verdict::fatal},
    {403, "some_scope", Verdict::fatal},
    {410, "deprecated_v1_order_endpoint", Verdict::fatal},
    {200, "deprecated_v1_order_endpoint", Verdict::fatal},
    {201, "invalid_order", Verdict::rejected},
    {201, "some_new_code", Verdict::unknown},
    {500, "internal_server_error", Verdict::unknown},
    {500, "invalid_order", Verdict::unknown},
    {504, "timeout", Verdict::unknown},
    {429, "too many requests", Verdict::retry_later},
  }));
  CAPTURE(c.status, c.code);
  const auto flat = answer(c.status, R"({"code":")" + c.code + R"(","message":"m","details":"d"})");
  const auto nested =
    answer(c.status, R"({"error":{"code":")" + c.code + R"(","message":"m","details":{"a":1}}})");
  const auto text = answer(c.status, R"({"error":")" + c.code + R"("})");
  for (const auto& got : {flat, nested, text}) {
    CHECK(got.verdict == c.verdict);
    CHECK(got.status == status_of(c.verdict));
    CHECK_FALSE(got.reason.empty());
    CHECK(got.filled == Quantity{0});
  }
}

TEST_CASE("a killed order is an outcome and a duplicate is looked up") {
  CHECK(status_of(Verdict::no_fill) == OrderStatus::unfilled);
  CHECK(status_of(Verdict::duplicate) == OrderStatus::unknown);
  CHECK(status_of(Verdict::unknown) == OrderStatus::unknown);
}

TEST_CASE("errors without a body are judged by their status") {
  struct Case {
    unsigned status;
    Verdict verdict;
  };
  const auto c = GENERATE(values<Case>({{400, Verdict::rejected},
                                        {401, Verdict::fatal},
                                        {403, Verdict::fatal},
                                        {404, Verdict::rejected},
                                        {408, Verdict::unknown},
                                        {409, Verdict::unknown},
                                        {410, Verdict::fatal},
                                        {429, Verdict::retry_later},
                                        {302, Verdict::unknown},
                                        {500, Verdict::unknown},
                                        {502, Verdict::unknown},
                                        {503, Verdict::unknown},
                                        {504, Verdict::unknown}}));
  CAPTURE(c.status);
  for (const auto* const body : {"", "<html>gateway</html>", "{}", "[1]", R"({"error":null})"}) {
    CHECK(answer(c.status, body).verdict == c.verdict);
  }
}

TEST_CASE("a pause at Kalshi says what is still allowed") {
  CHECK(answer(409, R"({"code":"trading_is_paused"})").mode == VenueMode::cancel_only);
  CHECK(answer(409, R"({"code":"exchange_is_paused"})").mode == VenueMode::closed);
  CHECK_FALSE(answer(409, R"({"code":"order_already_exists"})").mode);
}

TEST_CASE("a post-only order that would cross is rejected by that name") {
  const auto got = answer(400, R"({"error":{"code":"invalid order","details":"post only cross"}})");
  CHECK(got.verdict == Verdict::rejected);
  CHECK(got.reason == "post_only_cross");
}

TEST_CASE("a cancel at Kalshi is done, refused or to be asked about") {
  const auto cancel = [](unsigned status, std::string_view body) {
    return decode_kalshi_cancel(status, body, "33");
  };
  const auto done = cancel(200, R"({"order_id":"33","reduced_by":"4.00","ts_ms":1})");
  CHECK(done.verdict == Verdict::taken);
  CHECK(done.reduced_by == Quantity{4'000'000});
  // Filled, cancelled, on another shard, or unknown to the venue.
  CHECK(cancel(404, R"({"error":{"code":"not_found"}})").verdict == Verdict::unknown);
  CHECK(cancel(404, "").verdict == Verdict::unknown);
  const auto closed = cancel(409, R"({"code":"MARKET_INACTIVE","message":"closed"})");
  CHECK(closed.verdict == Verdict::rejected);
  CHECK(closed.reason == "market_inactive: closed");
  CHECK(cancel(409, R"({"code":"exchange_is_paused"})").verdict == Verdict::paused);
  CHECK(cancel(429, R"({"error":"too many requests"})").verdict == Verdict::retry_later);
  CHECK(cancel(500, "").verdict == Verdict::unknown);
  CHECK(cancel(200, R"({"order_id":"34","reduced_by":"4.00"})").verdict == Verdict::unknown);
  CHECK(cancel(200, "").verdict == Verdict::unknown);
  CHECK(cancel(200, R"({"error":{"code":"authentication_error"}})").verdict == Verdict::fatal);
}

TEST_CASE("a cancel of everything is done, refused or to be asked again") {
  CHECK(decode_kalshi_cancel_all(200, "").verdict == Verdict::taken);
  CHECK(decode_kalshi_cancel_all(204, "").verdict == Verdict::taken);
  CHECK(decode_kalshi_cancel_all(200, R"({"orders":[]})").verdict == Verdict::taken);
  CHECK(decode_kalshi_cancel_all(200, "rubbish").verdict == Verdict::taken);
  // A success that holds an error is none (venues/kalshi.md 10, case 11).
  CHECK(decode_kalshi_cancel_all(200, R"({"error":{"code":"authentication_error"}})").verdict
        == Verdict::fatal);
  CHECK(decode_kalshi_cancel_all(429, R"({"error":"too many requests"})").verdict
        == Verdict::retry_later);
  CHECK(decode_kalshi_cancel_all(500, "").verdict == Verdict::unknown);
  CHECK(decode_kalshi_cancel_all(503, "\xff").verdict == Verdict::unknown);
  const auto paused = decode_kalshi_cancel_all(409, R"({"code":"exchange_is_paused"})");
  CHECK(paused.verdict == Verdict::paused);
  CHECK_FALSE(paused.reason.empty());
}

TEST_CASE("an order that rests is guarded by its group and ends with a pause") {
  auto order = intent();
  order.time_in_force = TimeInForce::good_till_cancelled;
  order.post_only = true;
  order.expires_at = from_ms(1'795'226'400'000);
  const auto options = to_kalshi_options(order, "group-1", std::nullopt);
  CHECK(options.order_group_id == "group-1");
  CHECK(options.cancel_order_on_pause);
  CHECK(options.post_only);
  CHECK(options.expires_at == order.expires_at);
  CHECK_FALSE(options.reduce_only);
  CHECK(encode_kalshi_create(order, options));
}

TEST_CASE("an order that does not rest names no group") {
  auto order = intent();
  order.time_in_force = GENERATE(TimeInForce::immediate_or_cancel, TimeInForce::fill_or_kill);
  const auto options = to_kalshi_options(order, "group-1", Quantity{10'000'000});
  CHECK(options.order_group_id.empty());
  CHECK_FALSE(options.cancel_order_on_pause);
  CHECK_FALSE(options.reduce_only); // it buys
  CHECK(encode_kalshi_create(order, options));
}

TEST_CASE("an immediate sell of no more than what is held may only reduce it") {
  auto order = intent(); // of 10 contracts
  order.action = Action::sell;
  order.time_in_force = TimeInForce::immediate_or_cancel;
  const auto reduces = [&](std::optional<Quantity> net) {
    const auto options = to_kalshi_options(order, "group-1", net);
    CHECK(encode_kalshi_create(order, options));
    return options.reduce_only;
  };
  CHECK(reduces(Quantity{10'000'000}));
  CHECK_FALSE(reduces(Quantity{9'990'000})); // the other side of another pair is netted
  CHECK_FALSE(reduces(Quantity{-10'000'000}));
  CHECK_FALSE(reduces(std::nullopt));
  order.side = Side::no;
  order.limit = Price{4400};
  CHECK(reduces(Quantity{-10'000'000}));
  CHECK_FALSE(reduces(Quantity{-9'990'000}));
  CHECK_FALSE(reduces(Quantity{10'000'000}));
  order.time_in_force = TimeInForce::fill_or_kill;
  CHECK_FALSE(reduces(Quantity{-10'000'000}));
  order.time_in_force = TimeInForce::good_till_cancelled;
  CHECK_FALSE(reduces(Quantity{-10'000'000}));
}
