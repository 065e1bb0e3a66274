#include "bridges/polymarket/polymarket_order_codec.hpp"

#include <catch2/catch.hpp>

#include "bridges/polymarket/polymarket_auth.hpp"
#include "bridges/polymarket/polymarket_limits.hpp"
#include "tests/bridges/polymarket/polymarket_vectors.hpp"

using namespace arbees;
using namespace std::chrono_literals;

namespace {

constexpr auto ioc = TimeInForce::immediate_or_cancel;
constexpr auto fok = TimeInForce::fill_or_kill;
constexpr auto gtc = TimeInForce::good_till_cancelled;

/// An order whose id is "0xab": 100 shares at 0.52, a buy for 52 dollars.
SignedPolymarketOrder sent(Action side = Action::buy) {
  SignedPolymarketOrder made;
  made.order.token_id = "11";
  made.order.side = side;
  made.order.amounts = side == Action::buy ? OrderAmounts{52'000'000, 100'000'000}
                                           : OrderAmounts{100'000'000, 52'000'000};
  made.order.timestamp_ms = 1'780'000'000'000;
  made.order_id = "0xab";
  made.signature = "0x00";
  return made;
}

OrderAnswer
posted(const std::string& body, TimeInForce time_in_force = ioc, Action side = Action::buy) {
  return decode_polymarket_post(200, body, "", sent(side), time_in_force);
}

OrderAnswer refused(unsigned status, const std::string& text, std::string_view retry_after = "") {
  return decode_polymarket_post(status, R"({"error":")" + text + "\"}", retry_after, sent(), ioc);
}

std::string matched(const std::string& making, const std::string& taking) {
  return R"({"success":true,"errorMsg":"","orderID":"0xab","status":"matched","makingAmount":")"
         + making + R"(","takingAmount":")" + taking
         + R"(","tradeIDs":["t1","t2"],"transactionsHashes":[]})";
}

} // namespace

TEST_CASE("bodies of orders are the official client's, byte for byte") {
  const auto& vectors = polymarket_vectors().at("orders").as_array();
  for (const auto& vector : vectors) {
    CAPTURE(text_at(vector, "/name"));
    const auto& input = vector.at("input");
    const auto type = text_at(input, "/order_type");
    const auto expiration = std::stoll(text_at(input, "/expiration_s"));
    PolymarketPostOptions options{.owner = text_at(input, "/owner_api_key"),
                                  .time_in_force = type == "FAK"   ? ioc
                                                   : type == "FOK" ? fok
                                                                   : gtc,
                                  .post_only = input.at("post_only").as_bool()};
    if (expiration != 0) {
      options.expires_at = from_ms(expiration * 1000);
    }
    const auto body = encode_polymarket_order(sign_vector(input).made, options);
    REQUIRE(body);
    CHECK(*body == text_at(vector, "/expected/post_body"));
  }
}

TEST_CASE("cancels are the official client's, byte for byte") {
  const auto& vector = polymarket_vectors().at("hmac_l2").as_array().at(2);
  const auto body = text_at(vector, "/input/body");
  const auto id = text_at(boost::json::parse(body), "/orderID");
  CHECK(encode_polymarket_cancel(id) == body);
  CHECK(encode_polymarket_cancel_market("0xc", "12") == R"({"market":"0xc","asset_id":"12"})");
}

TEST_CASE("orders that the venue would refuse for their options are not written") {
  const auto order = sent();
  PolymarketPostOptions options{.owner = "k"};
  CHECK(encode_polymarket_order(order, options));
  options.post_only = true;
  CHECK_FALSE(encode_polymarket_order(order, options));
  options.time_in_force = gtc;
  CHECK(encode_polymarket_order(order, options));
  options.expires_at = from_ms(1'780'000'000'000 + 179'999);
  CHECK_FALSE(encode_polymarket_order(order, options));
  options.expires_at = from_ms(1'780'000'000'000 + 180'000);
  CHECK(encode_polymarket_order(order, options));
  options.post_only = false;
  options.time_in_force = fok;
  CHECK_FALSE(encode_polymarket_order(order, options));
  CHECK_FALSE(encode_polymarket_order(order, {}));
}

TEST_CASE("targets carry what is asked for") {
  CHECK(polymarket_orders_target("", "") == "/data/orders");
  CHECK(polymarket_orders_target("0xc", "MA==") == "/data/orders?market=0xc&next_cursor=MA%3D%3D");
  CHECK(polymarket_lookup_target("0xab") == "/data/order/0xab");
  CHECK(polymarket_trades_target("0xc", "") == "/data/trades?market=0xc");
  CHECK(polymarket_trades_target("0xc", "pos1", from_ms(1'780'000'000'999))
        == "/data/trades?market=0xc&after=1780000000&next_cursor=pos1");
  CHECK(polymarket_trade_target("t1") == "/data/trades?id=t1");
  CHECK(polymarket_balance_target("", SignatureType::deposit_wallet)
        == "/balance-allowance?asset_type=COLLATERAL&signature_type=3");
  CHECK(polymarket_balance_target("12", SignatureType::eoa)
        == "/balance-allowance?asset_type=CONDITIONAL&token_id=12&signature_type=0");
  CHECK(polymarket_balance_target("12", SignatureType::eoa, ExchangeVersion::v3)
        == "/balance-allowance?asset_type=CONDITIONAL-V2&token_id=12&signature_type=0");
}

TEST_CASE("a match says what was given and taken") {
  struct Case {
    std::string making;
    std::string taking;
    TimeInForce time_in_force;
    Action side;
    OrderStatus status;
    std::int64_t filled;
    std::int64_t notional;
    std::int64_t resting;
  };
  const auto c = GENERATE(values<Case>({
    {"52", "100", ioc, Action::buy, OrderStatus::filled, 100'000'000, 52'000'000, 0},
    {"5.2", "10", ioc, Action::buy, OrderStatus::partial, 10'000'000, 5'200'000, 0},
    {"5.2", "10", gtc, Action::buy, OrderStatus::accepted, 10'000'000, 5'200'000, 90'000'000},
    // Better prices: all dollars spent, more shares than asked for.
    {"52", "110.5", ioc, Action::buy, OrderStatus::filled, 110'500'000, 52'000'000, 0},
    // Better prices: all shares, fewer dollars.
    {"48", "100", gtc, Action::buy, OrderStatus::filled, 100'000'000, 48'000'000, 0},
    // Sizes are cut to 0.01 share.
    {"51.996", "99.991", ioc, Action::buy, OrderStatus::filled, 99'991'000, 51'996'000, 0},
    {"51.98", "99.96", ioc, Action::buy, OrderStatus::partial, 99'960'000, 51'980'000, 0},
    {"100", "52", ioc, Action::sell, OrderStatus::filled, 100'000'000, 52'000'000, 0},
    {"100", "60.25", fok, Action::sell, OrderStatus::filled, 100'000'000, 60'250'000, 0},
    {"25", "13", ioc, Action::sell, OrderStatus::partial, 25'000'000, 13'000'000, 0},
    // In base units, as the documents say.
    {"52000000", "100000000", ioc, Action::buy, OrderStatus::filled, 100'000'000, 52'000'000, 0},
    {"5200000", "10000000", ioc, Action::buy, OrderStatus::partial, 10'000'000, 5'200'000, 0},
  }));
  CAPTURE(c.making, c.taking);
  const auto got = posted(matched(c.making, c.taking), c.time_in_force, c.side);
  CHECK(got.verdict == Verdict::taken);
  CHECK(got.status == c.status);
  CHECK(got.venue_order_id == "0xab");
  CHECK(got.filled == Quantity{c.filled});
  CHECK(got.notional == Money{c.notional});
  CHECK(got.resting == Quantity{c.resting});
  CHECK(got.trades == std::vector<std::string>{"t1", "t2"});
}

TEST_CASE("a match that says too little or is worse than the limit is unknown") {
  struct Case {
    std::string making;
    std::string taking;
    Action side;
  };
  const auto c = GENERATE(values<Case>({
    {"", "", Action::buy},
    {"52", "", Action::buy},
    {"0", "0", Action::buy},
    {"-1", "10", Action::buy},
    {"x", "10", Action::buy},
    {"5.3", "10", Action::buy},                 // 0.53 a share
    {"53", "110", Action::buy},                 // more dollars than offered
    {"10", "5.1", Action::sell},                // 0.51 a share
    {"101", "60", Action::sell},                // more shares than offered
    {"99999999999999999999", "1", Action::buy}, // no 64-bit number
    {"9000000000000", "9000000000000", Action::buy},
  }));
  CAPTURE(c.making, c.taking);
  const auto got = posted(matched(c.making, c.taking), ioc, c.side);
  CHECK(got.verdict == Verdict::unknown);
  CHECK(got.status == OrderStatus::unknown);
  CHECK(got.filled == Quantity{0});
}

TEST_CASE("every status of an accepted order has its meaning") {
  struct Case {
    std::string status;
    TimeInForce time_in_force;
    Verdict verdict;
    OrderStatus order;
  };
  const auto c = GENERATE(values<Case>({
    {"live", gtc, Verdict::taken, OrderStatus::accepted},
    {"LIVE", gtc, Verdict::taken, OrderStatus::accepted},
    {"ORDER_STATUS_LIVE", gtc, Verdict::taken, OrderStatus::accepted},
    {"delayed", ioc, Verdict::taken, OrderStatus::accepted},
    {"delayed", gtc, Verdict::taken, OrderStatus::accepted},
    {"unmatched", gtc, Verdict::taken, OrderStatus::accepted},
    {"unmatched", ioc, Verdict::no_fill, OrderStatus::unfilled},
    {"unmatched", fok, Verdict::no_fill, OrderStatus::unfilled},
    {"something new", gtc, Verdict::unknown, OrderStatus::unknown},
    {"", ioc, Verdict::unknown, OrderStatus::unknown},
  }));
  CAPTURE(c.status);
  const auto got = posted(R"({"success":true,"errorMsg":"","orderID":"0xAB","status":")" + c.status
                            + R"(","makingAmount":"","takingAmount":""})",
                          c.time_in_force);
  CHECK(got.verdict == c.verdict);
  CHECK(got.status == c.order);
  CHECK(got.venue_order_id == "0xab");
}

TEST_CASE("success without an order is a rejection") {
  const auto got = posted(
    R"({"success":true,"errorMsg":"not enough balance / allowance","orderID":"","status":""})");
  CHECK(got.verdict == Verdict::rejected);
  CHECK(got.reason == "insufficient_balance");
  CHECK(posted(R"({"success":true,"errorMsg":"some new reason","orderID":""})").verdict
        == Verdict::rejected);
  CHECK(
    posted(R"({"error":"order couldn't be fully filled. FOK orders are fully filled or killed"})")
      .verdict
    == Verdict::no_fill);
}

TEST_CASE("an answer with an order and an error is looked up") {
  CHECK(posted(R"({"success":false,"errorMsg":"strange","orderID":"0xab"})").verdict
        == Verdict::unknown);
  const auto killed = posted(
    R"({"success":false,"errorMsg":"no orders found to match with FAK order","orderID":"0xab"})");
  CHECK(killed.verdict == Verdict::no_fill);
}

TEST_CASE("a success of Polymarket's that makes no sense is unknown, never failed") {
  const auto* const body =
    GENERATE("", "OK", "[]", "null", "{}", "<html>", R"({"success":true})",
             R"({"success":true,"errorMsg":"","orderID":"","status":"live"})",
             R"({"success":true,"orderID":"0xcd","status":"live"})", R"({"orderID":7})",
             R"({"orderID":"0xab","status":["live"]})",
             R"({"orderID":"0xab","status":"live","tradeIDs":"t1"})");
  CAPTURE(body);
  const auto got = posted(body, gtc);
  CHECK(got.verdict == Verdict::unknown);
  CHECK(got.status == OrderStatus::unknown);
}

TEST_CASE("error texts have their meaning") {
  struct Case {
    unsigned status;
    std::string text;
    Verdict verdict;
  };
  const auto c = GENERATE(values<Case>({
    {401, "Unauthorized/Invalid api key", Verdict::fatal},
    {401, "Invalid L1 Request headers", Verdict::fatal},
    {400, "invalid signature", Verdict::fatal},
    {400, "Invalid order payload", Verdict::fatal},
    {400, "the order owner has to be the owner of the API KEY", Verdict::fatal},
    {400, "the order signer address has to be the address of the API KEY", Verdict::fatal},
    {400, "maker address not allowed, please use the deposit wallet flow", Verdict::fatal},
    {400, "address banned", Verdict::fatal},
    {400, "address in closed only mode", Verdict::fatal},
    {403, "Trading restricted in your region", Verdict::fatal},
    {400, "order breaks minimum tick size rule: 0.01", Verdict::rejected},
    {400, "Size (1) lower than the minimum: 5", Verdict::rejected},
    {400, "invalid expiration", Verdict::rejected},
    {400, "invalid amounts, max accuracy of 2 decimals", Verdict::rejected},
    {400, "invalid post-only order: order crosses book", Verdict::rejected},
    {400, "not enough balance / allowance", Verdict::rejected},
    {400, "order_version_mismatch", Verdict::rejected},
    {400, "some new reason", Verdict::rejected},
    {404, "No orderbook exists: not found", Verdict::rejected},
    {400, "order 0xab is invalid. Duplicated.", Verdict::duplicate},
    {400, "order couldn't be fully filled. FOK orders are fully filled or killed.",
     Verdict::no_fill},
    {400, "no orders found to match with FAK order. FAK orders are partially filled or killed.",
     Verdict::no_fill},
    {400, "the market is not yet ready to process new orders", Verdict::retry_later},
    {429, "Too Many Requests", Verdict::retry_later},
    {429, "", Verdict::retry_later},
    {403, "error code: 1015", Verdict::retry_later},
    {400, "order match delayed due to market conditions", Verdict::unknown},
    {400, "context canceled", Verdict::unknown},
    {425, "service not ready", Verdict::unknown},
    {408, "", Verdict::unknown},
    {500, "could not insert order", Verdict::unknown},
    {500, "could not run the execution", Verdict::unknown},
    {500, "order timed out", Verdict::unknown},
    {500, "the trade contains rounding issues", Verdict::unknown},
    {500, "there are no matching orders", Verdict::unknown},
    {500, "price discrepancy vs worst maker", Verdict::unknown},
    {500, "not enough balance / allowance", Verdict::unknown},
    {500, "order couldn't be fully filled", Verdict::unknown},
    {502, "", Verdict::unknown},
    {503, "", Verdict::unknown},
    {503, "Trading is currently disabled. Check polymarket.com for updates", Verdict::paused},
    {503, "Trading is currently cancel-only. New orders are not accepted", Verdict::paused},
  }));
  CAPTURE(c.status, c.text);
  const auto got = refused(c.status, c.text);
  CHECK(got.verdict == c.verdict);
  CHECK(got.status == status_of(c.verdict));
  CHECK_FALSE(got.reason.empty());
}

TEST_CASE("a pause says what is still allowed and for how long") {
  CHECK(refused(503, "Trading is currently disabled").mode == VenueMode::closed);
  CHECK(refused(503, "trading is cancel-only").mode == VenueMode::cancel_only);
  const auto post_only =
    decode_polymarket_post(503, R"({"code":"post_only_mode","retry_after_seconds":120})", "",
                           sent(), ioc);
  CHECK(post_only.verdict == Verdict::paused);
  CHECK(post_only.mode == VenueMode::post_only);
  CHECK(post_only.retry_after == Duration{120s});
  const auto restart = refused(425, "x", "2");
  CHECK(restart.mode == VenueMode::restarting);
  CHECK(restart.retry_after == Duration{2s});
  CHECK_FALSE(refused(400, "invalid signature").mode);
}

TEST_CASE("Cloudflare's answers are no JSON") {
  const auto got = decode_polymarket_post(429, "error code: 1015", "0", sent(), ioc);
  CHECK(got.verdict == Verdict::retry_later);
  CHECK(got.reason == "rate_limited");
  CHECK(got.retry_after == Duration::zero());
  CHECK(decode_polymarket_post(502, "<html>bad gateway</html>", "", sent(), ioc).verdict
        == Verdict::unknown);
}

TEST_CASE("a Retry-After counts only as a sane number of seconds") {
  CHECK(parse_retry_after("30") == Duration{30s});
  CHECK(parse_retry_after("0") == Duration::zero());
  for (const auto* const text :
       {"", "-1", "3601", "1.5", "x", "99999999999999999999", "Wed, 21 Oct 2026 07:28:00 GMT"}) {
    CHECK_FALSE(parse_retry_after(text));
  }
}

TEST_CASE("a cancel at Polymarket is done, refused or to be asked about") {
  const auto cancel = [](unsigned status, std::string_view body) {
    return decode_polymarket_cancel(status, body, "0xab");
  };
  CHECK(cancel(200, R"({"canceled":["0xcd","0xAB"],"not_canceled":{}})").verdict == Verdict::taken);
  const auto late =
    cancel(200, R"({"canceled":[],"not_canceled":{"0xab":"matched orders can't be canceled"}})");
  CHECK(late.verdict == Verdict::unknown);
  CHECK(late.reason == "matched orders can't be canceled");
  CHECK(cancel(200, R"({"canceled":["0xcd"],"not_canceled":{}})").verdict == Verdict::unknown);
  CHECK(cancel(200, R"({"canceled":[7],"not_canceled":[]})").verdict == Verdict::unknown);
  CHECK(cancel(200, R"({"canceled":[],"not_canceled":{"0xab":{}}})").verdict == Verdict::unknown);
  CHECK(cancel(200, "").verdict == Verdict::unknown);
  CHECK(cancel(404, R"({"error":"order not found"})").verdict == Verdict::unknown);
  CHECK(cancel(401, R"({"error":"Unauthorized"})").verdict == Verdict::fatal);
  CHECK(cancel(429, "").verdict == Verdict::retry_later);
  CHECK(cancel(500, "").verdict == Verdict::unknown);
}

TEST_CASE("a Standard signer sends 60 orders at once, of which 15 are kept for hedges") {
  const Timestamp start{1'000s};
  TokenBucket bucket{polymarket_order_bucket, start};
  for (auto i = 0; i < 45; ++i) {
    CHECK(bucket.take(1, Urgency::normal, start));
  }
  CHECK(bucket.wait_for(1, Urgency::normal, start) == Duration{25ms});
  CHECK(bucket.take(15, Urgency::urgent, start));
  CHECK(bucket.wait_for(1, Urgency::urgent, start) == Duration{25ms});
}

TEST_CASE("damaged answers to orders never crash and never invent a fill") {
  const auto body = matched("5.2", "10");
  for (std::size_t i = 0; i < body.size(); ++i) {
    posted(body.substr(0, i));
    for (const char c : {'\0', '"', '}', '9', '-', '\xff'}) {
      auto damaged = body;
      damaged[i] = c;
      const auto got = posted(damaged);
      CHECK(got.notional <= Money{52'010'000});
    }
  }
}
