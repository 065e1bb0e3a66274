#include "bridges/envelope/payload_codec.hpp"

#include <caf/all.hpp>
#include <catch2/catch.hpp>

#include "bridges/envelope/json_text.hpp"
#include "bridges/envelope/market_directory.hpp"
#include "tests/bridges/envelope/sample_messages.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

MarketDirectory known() {
  MarketDirectory directory;
  directory.add(sample_match());
  return directory;
}

template <class T, class... Rest>
std::string encoded(const T& message, const Rest&... rest) {
  std::string out;
  encode_payload(out, message, rest...);
  REQUIRE(JsonDocument::parse(out));
  return out;
}

template <class T, class... Rest>
void check_round_trip(const T& message, const Rest&... rest) {
  const auto text = encoded(message, rest...);
  CAPTURE(text);
  const auto copy = decode_payload<T>(text);
  REQUIRE(copy);
  CHECK(shown(*copy) == shown(message));
}

std::string prices_of(const BookUpdate& update) {
  std::string out;
  encode_prices(out, update, *known().find(update.market));
  return out;
}

std::string orderbook_of(const BookUpdate& update) {
  std::string out;
  encode_orderbook(out, update, *known().find(update.market));
  return out;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

} // namespace

TEST_CASE("prices carry the keys of the architecture") {
  CHECK(prices_of(sample_book())
        == R"({"market_id":"KXNBAGAME-26NOV21LACLAL-LAL","platform":"kalshi",)"
           R"("game_id":"nba:401990102","contract_team":"LAL",)"
           R"("yes_bid":0.42,"yes_bid_size":12.5,"yes_ask":0.44,"yes_ask_size":3.010001,)"
           R"("mid_price":0.43,"liquidity":598.5744,)"
           R"("exchange_ts_ms":1795226400123,"received_ts_us":1795226400130456,)"
           R"("status":"ok","reason":"none","epoch":2,"version":41})");
}

TEST_CASE("a missing side is null") {
  auto update = sample_book();
  update.asks = {};
  const auto text = prices_of(update);
  CHECK(text.find(R"("yes_ask":null,"yes_ask_size":null,"mid_price":null)") != std::string::npos);
  const auto copy = decode_prices(text);
  REQUIRE(copy);
  CHECK(copy->asks.empty());
  CHECK(copy->bids.best().price == Price{4200});
}

TEST_CASE("a book that is not whole shows no price") {
  auto update = sample_book();
  update.status = BookStatus::stale;
  update.reason = StaleReason::sequence_gap;
  const auto text = prices_of(update);
  CHECK(text.find(R"("yes_bid":null)") != std::string::npos);
  CHECK(orderbook_of(update).find(R"("bids":[],"asks":[])") != std::string::npos);
  const auto copy = decode_prices(text);
  REQUIRE(copy);
  CHECK(copy->status == BookStatus::stale);
  CHECK(copy->reason == StaleReason::sequence_gap);
  CHECK(copy->bids.empty());
}

TEST_CASE("a book comes back level by level") {
  const auto update = sample_book();
  const auto copy = decode_orderbook(orderbook_of(update));
  REQUIRE(copy);
  CHECK(shown(*copy) == shown(update));
}

TEST_CASE("every price survives the way over the bus, the mid with half a tick") {
  for (auto bid = 0; bid < 10'000; ++bid) {
    BookUpdate update{.market = poly_market, .venue = Venue::polymarket, .status = BookStatus::ok};
    update.bids.push_back({Price{bid}, Quantity{1 + bid}});
    update.asks.push_back({Price{bid + 1}, Quantity{1'000'000'000'000 + bid}});
    const auto text = prices_of(update);
    const auto copy = decode_prices(text);
    REQUIRE(copy);
    REQUIRE(copy->bids == update.bids);
    REQUIRE(copy->asks == update.asks);
    const auto document = JsonDocument::parse(text);
    REQUIRE(parse_decimal(*document->root()["mid_price"].number(), 5) == 10 * bid + 5);
  }
}

TEST_CASE("books that no monitor publishes are refused") {
  const auto text = orderbook_of(sample_book());
  CHECK(decode_orderbook(text));
  CHECK_FALSE(decode_orderbook(replaced(text, "[0.44,", "[0.42,")));      // crossed
  CHECK_FALSE(decode_orderbook(replaced(text, "[0.44,", "[1.01,")));      // above a dollar
  CHECK_FALSE(decode_orderbook(replaced(text, "[0.44,", "[0.44001,")));   // finer than the unit
  CHECK_FALSE(decode_orderbook(replaced(text, "[0.44,", "[\"0.44\",")));  // text
  CHECK_FALSE(decode_orderbook(replaced(text, ",12.5]", ",-12.5]")));     // negative size
  CHECK_FALSE(decode_orderbook(replaced(text, "[0.41,", "[0.43,")));      // not best first
  CHECK_FALSE(decode_orderbook(replaced(text, "[0.41,1000]", "[0.41]"))); // half a level
  CHECK_FALSE(decode_orderbook(replaced(text, "\"ok\"", "\"stale\"")));   // stale with levels
  CHECK_FALSE(decode_orderbook(replaced(text, "\"ok\"", "\"fine\"")));    // unknown word
  CHECK_FALSE(decode_orderbook(replaced(text, "kalshi", "somewhere")));
  CHECK_FALSE(decode_orderbook(replaced(text, "\"version\":41", "\"version\":-1")));
  CHECK_FALSE(decode_orderbook("[]"));
  CHECK_FALSE(decode_orderbook(""));
}

TEST_CASE("every other message comes back as it was") {
  const auto directory = known();
  GameState state{.id = sample_game().id,
                  .phase = Phase::live,
                  .away_score = 88,
                  .home_score = 91,
                  .period = 3,
                  .clock = std::chrono::seconds{252},
                  .detail = "4:12 - 3rd Quarter",
                  .fetched_at = from_us(123)};
  check_round_trip(GameDiscovered{sample_game(), state});
  check_round_trip(GameUpdate{sample_game(), state});
  state.clock.reset();
  check_round_trip(GameEnded{sample_game(), state});
  check_round_trip(sample_match());
  MatchRejected rejected{.venue = Venue::polymarket,
                         .listing = "nba-lac-lal",
                         .gate = "start_time",
                         .detail = "2 h apart",
                         .at = from_us(9)};
  check_round_trip(rejected);
  rejected.candidate = sample_game();
  check_round_trip(rejected);
  check_round_trip(sample_signal(), directory);
  check_round_trip(sample_request(), directory);
  check_round_trip(SignalRejected{sample_signal(), "freshness", "age 900 ms", "500 ms", from_us(4)},
                   directory);
  check_round_trip(sample_report(), directory);
  check_round_trip(OrderReport{.status = OrderStatus::unknown}, directory);
  check_round_trip(Fill{"f-1", "a-1", PairId{9}, poly_market, Side::no, Action::sell, Price{5100},
                        Quantity{3'333'333}, Money{-12}, from_us(6)},
                   directory);
  check_round_trip(sample_pair(), directory);
  check_round_trip(BalanceUpdate{Venue::polymarket, Money{123'456'789}, from_us(8)});
  check_round_trip(FeedStatus{Venue::kalshi, true, "connected", 12, from_us(3)});
  check_round_trip(Metrics{"executor", {{"sent", 3}, {"rejected:\"odd\" name", -1}}});
}

TEST_CASE("ids survive when no match named the market") {
  const MarketDirectory empty;
  CHECK(encoded(sample_signal(), empty).find(R"("game_id":null,"game_hash":")")
        != std::string::npos);
  check_round_trip(sample_signal(), empty);
  check_round_trip(sample_report(), empty);
  check_round_trip(sample_pair(), empty);
}

TEST_CASE("a signal shows its edge, and how old each leg's book was") {
  const auto text = encoded(sample_signal(), known());
  CAPTURE(text);
  const auto document = JsonDocument::parse(text);
  const auto root = document->root();
  CHECK(root["edge_cents"].raw() == "3.127");
  // 0.3127 earned on 9.5 paid for contracts and 0.1873 for fees: 3.2279 %.
  CHECK(root["edge_pct"].raw() == "3.2279");
  CHECK(root["expires_at_ms"].raw() == "1795226401130");
  const auto legs = root["legs"].children();
  REQUIRE(legs.size() == 2);
  CHECK(legs[0]["price"].raw() == "0.44");
  CHECK(legs[0]["age_us"].raw() == "0");
  CHECK(legs[1]["age_us"].raw() == "20456");
  CHECK(legs[1]["fee"].raw() == "0.01482");
}

TEST_CASE("an order report shows mean price and latency") {
  const auto text = encoded(sample_report(), known());
  const auto document = JsonDocument::parse(text);
  CHECK(document->root()["avg_price"].raw() == "0.333333");
  CHECK(document->root()["latency"]["venue_us"].raw() == "1500000");
  CHECK(document->root()["market_id"].text() == "0xabc123");
}

TEST_CASE("a decoder names the field that is wrong") {
  const auto text = encoded(sample_signal(), known());
  const auto missing = decode_payload<Signal>(replaced(text, "\"fee\":0.01482", "\"fi\":0.01482"));
  REQUIRE_FALSE(missing);
  CHECK(describe(missing.error()) == "bad_frame: field legs.fee");
  CHECK_FALSE(decode_payload<Signal>(replaced(text, "\"legs\":[", "\"legs\":[{},")));
  CHECK_FALSE(decode_payload<Signal>(replaced(text, "\"signal_id\":\"ab", "\"signal_id\":\"zz")));
}

TEST_CASE("a candle comes back as it was, to half a unit of a price") {
  const Candle candle{.market = kalshi_market,
                      .venue = Venue::kalshi,
                      .start = from_us(1'795'226'400'000'000),
                      .open = Money{405'000},
                      .high = Money{455'050},
                      .low = Money{300'050},
                      .close = Money{425'000},
                      .close_bid = Price{4200},
                      .close_ask = Price{4300},
                      .updates = 4};
  const auto text = encoded(candle, *known().find(kalshi_market));
  CHECK(text
        == R"({"market_id":"KXNBAGAME-26NOV21LACLAL-LAL","platform":"kalshi",)"
           R"("game_id":"nba:401990102","contract_team":"LAL","start_ts_us":1795226400000000,)"
           R"("open":0.405,"high":0.45505,"low":0.30005,"close":0.425,)"
           R"("close_bid":0.42,"close_ask":0.43,"updates":4})");
  const auto copy = decode_payload<Candle>(text);
  REQUIRE(copy);
  CHECK(*copy == candle);
  for (const auto& [from, to] : {std::pair{R"("low":0.30005)", R"("low":0.41)"},
                                 {R"("high":0.45505)", R"("high":0.42)"},
                                 {R"("updates":4)", R"("updates":0)"},
                                 {R"("close_ask":0.43)", R"("close_ask":1.5)"}}) {
    CAPTURE(to);
    CHECK_FALSE(decode_payload<Candle>(replaced(text, from, to)));
  }
}
