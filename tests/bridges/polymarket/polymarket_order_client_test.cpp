#include "bridges/polymarket/polymarket_order_client.hpp"

#include <catch2/catch.hpp>

#include "bridges/net/json_fields.hpp"
#include "bridges/polymarket/polymarket_login.hpp"

using namespace arbees;
using namespace std::chrono_literals;

TEST_CASE("the venue's clock tells seconds: within them there is no offset") {
  constexpr Timestamp noon{1'780'000'000s};
  // It said second 0 of noon; we asked and were answered at these times of ours.
  CHECK(clock_offset(1'780'000'000, noon + 100ms, noon + 150ms) == 0s);
  CHECK(clock_offset(1'780'000'000, noon + 950ms, noon + 1050ms) == 0s);
  CHECK(clock_offset(1'780'000'000, noon - 60ms, noon - 10ms) == 10ms);
  CHECK(clock_offset(1'780'000'000, noon - 5s, noon - 4900ms) == 4900ms);
  CHECK(clock_offset(1'780'000'000, noon + 3s, noon + 3100ms) == -2s);
}

TEST_CASE("what a market's terms and the time must be") {
  const auto terms =
    decode_polymarket_market_terms(R"({"c":"0xc","mts":0.001,"mos":5,"nr":true,"fd":{"r":0.05}})");
  REQUIRE(terms);
  CHECK(terms->tick == Price{10});
  CHECK(terms->negative_risk);
  CHECK_FALSE(decode_polymarket_market_terms(R"({"mts":0.01})")->negative_risk);
  for (const auto* const body :
       {"", "[]", "{}", R"({"mts":0.02})", R"({"mts":"x"})", R"({"mts":0.01,"nr":"yes"})"}) {
    CHECK_FALSE(decode_polymarket_market_terms(body));
  }
  CHECK(*decode_polymarket_time("1780000000") == 1'780'000'000);
  CHECK(*decode_polymarket_time("\"1780000000\"") == 1'780'000'000);
  for (const auto* const body : {"", "0", "-1", "1e99", "1780000000123", "null", "{}"}) {
    CHECK_FALSE(decode_polymarket_time(body));
  }
}

TEST_CASE("a market's terms tell its fee, and when its book is cleared") {
  const auto terms = decode_polymarket_market_terms(
    R"({"mts":0.01,"fd":{"r":0.05,"e":1,"to":true},"cbos":true,"gst":"2026-11-21T20:00:00Z"})");
  REQUIRE(terms);
  CHECK(terms->taker_ppm == 50'000);
  CHECK(terms->fee_exponent == 1);
  CHECK(terms->cleared_at == parse_utc("2026-11-21T20:00:00Z"));
  const auto kept = decode_polymarket_market_terms(R"({"mts":0.01,"gst":"2026-11-21T20:00:00Z"})");
  REQUIRE(kept);
  CHECK_FALSE(kept->cleared_at);
  CHECK_FALSE(kept->taker_ppm);
  CHECK_FALSE(decode_polymarket_market_terms(R"({"mts":0.01,"fd":{"r":-1}})"));
}

TEST_CASE("a heartbeat is answered with the id of the next, also one that did not fit") {
  const auto taken = decode_polymarket_heartbeat(200, R"({"heartbeat_id":"b"})");
  REQUIRE(taken);
  CHECK(taken->taken);
  CHECK(taken->next_id == "b");
  const auto other =
    decode_polymarket_heartbeat(400, R"({"error":"Invalid Heartbeat ID","heartbeat_id":""})");
  REQUIRE(other);
  CHECK_FALSE(other->taken);
  CHECK(other->next_id.empty());
  CHECK_FALSE(decode_polymarket_heartbeat(400, R"({"error":"Unauthorized"})"));
  CHECK_FALSE(decode_polymarket_heartbeat(200, "{}"));
  CHECK_FALSE(decode_polymarket_heartbeat(200, "rubbish"));
}

TEST_CASE("every exchange must be allowed to spend what the account holds") {
  PolymarketBalance balance{.balance = 12'500'000, .allowances = {}};
  CHECK_THAT(describe(check_allowances(balance)),
             Catch::Contains("0xE111180000d2663C0091e4f400237545B87B996B may spend 0.00 of 12.50"));
  balance.allowances = {{"0xe111180000d2663c0091e4f400237545b87b996b", 12'500'000},
                        {"0xE2222d279d744050d28e00520010520000310F59", 12'499'999}};
  CHECK_THAT(describe(check_allowances(balance)),
             Catch::Contains("0xe2222d279d744050d28e00520010520000310F59 may spend 12.499999"));
  balance.allowances[1].amount = std::numeric_limits<std::int64_t>::max();
  CHECK(check_allowances(balance) == caf::none);
  balance.balance = 0; // an empty account is no error, one that could never trade is
  CHECK(check_allowances(balance) == caf::none);
  balance.allowances[0].amount = 0;
  CHECK(check_allowances(balance) == Errc::bad_configuration);
}

TEST_CASE("a text of the venue cannot write lines of its own into the log") {
  CHECK(printable("too many\n[error] \"x\"\x7f\xff") == "too many?[error] ?x???");
  CHECK(printable(std::string(1000, 'x')).size() == 200);
}
