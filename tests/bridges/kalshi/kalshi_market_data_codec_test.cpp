#include "bridges/kalshi/kalshi_market_data_codec.hpp"

#include <catch2/catch.hpp>

using namespace arbees;

namespace {

const Timestamp now = from_ms(1'795'226'400'123);

caf::expected<KalshiFrame>
decode(std::string_view text, KalshiPrices prices = KalshiPrices::yes_leg) {
  JsonScratch scratch;
  return decode_kalshi_frame(scratch, text, now, prices);
}

template <class T>
T decoded(std::string_view text, KalshiPrices prices = KalshiPrices::yes_leg) {
  const auto frame = decode(text, prices);
  REQUIRE(frame);
  REQUIRE(std::holds_alternative<T>(*frame));
  return std::get<T>(*frame);
}

Level level(std::int32_t price, std::int64_t hundredths) {
  return {Price{price}, Quantity{hundredths * quantity_per_contract / 100}};
}

// venues/kalshi.md 3.4, with use_yes_price: NO levels at the YES price.
constexpr auto snapshot =
  R"({"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"KXT-A",)"
  R"("market_id":"11111111-1111-4111-8111-111111111111",)"
  R"("yes_dollars_fp":[["0.4100","250.00"],["0.4200","13.50"]],)"
  R"("no_dollars_fp":[["0.4500","80.00"],["0.4400","17.00"]]}})";
constexpr auto delta =
  R"({"type":"orderbook_delta","sid":1,"seq":2,"msg":{"market_ticker":"KXT-A","market_id":"1111",)"
  R"("price_dollars":"0.4200","delta_fp":"-3.50","side":"yes","ts":"2026-11-21T02:00:00Z",)"
  R"("ts_ms":1795226400000}})";

} // namespace

TEST_CASE("Kalshi's snapshot is decoded") {
  const auto book = decoded<KalshiSnapshot>(snapshot);
  CHECK(book.market == market_id(Venue::kalshi, "KXT-A"));
  CHECK(book.position.sid == 1);
  CHECK(book.position.seq == 1);
  CHECK(book.bids == std::vector{level(4100, 25000), level(4200, 1350)});
  CHECK(book.asks == std::vector{level(4500, 8000), level(4400, 1700)});
  CHECK(book.received_at == now);
}

TEST_CASE("both price conventions give the same book") {
  constexpr auto no_leg =
    R"({"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"KXT-A",)"
    R"("yes_dollars_fp":[["0.4100","250.00"],["0.4200","13.50"]],)"
    R"("no_dollars_fp":[["0.5500","80.00"],["0.5600","17.00"]]}})";
  const auto one = decoded<KalshiSnapshot>(snapshot);
  const auto other = decoded<KalshiSnapshot>(no_leg, KalshiPrices::no_leg);
  CHECK(one.bids == other.bids);
  CHECK(one.asks == other.asks);
  constexpr auto yes = R"({"type":"orderbook_delta","sid":1,"seq":2,"msg":{"market_ticker":"A",)"
                       R"("price_dollars":"0.4400","delta_fp":"1","side":"no"}})";
  constexpr auto no = R"({"type":"orderbook_delta","sid":1,"seq":2,"msg":{"market_ticker":"A",)"
                      R"("price_dollars":"0.5600","delta_fp":"1","side":"no"}})";
  CHECK(decoded<KalshiDelta>(yes).price == Price{4400});
  CHECK(decoded<KalshiDelta>(no, KalshiPrices::no_leg).price == Price{4400});
  CHECK(decoded<KalshiDelta>(yes).side == BookSide::ask);
}

TEST_CASE("a side that the snapshot leaves out is empty") {
  const auto book = decoded<KalshiSnapshot>(
    R"({"type":"orderbook_snapshot","sid":1,"seq":9,"msg":{"market_ticker":"A","no_dollars_fp":[["0.0001","1"]]}})");
  CHECK(book.bids.empty());
  CHECK(book.asks == std::vector{level(1, 100)});
  CHECK(decoded<KalshiSnapshot>(
          R"({"type":"orderbook_snapshot","sid":1,"seq":9,"msg":{"market_ticker":"A"}})")
          .asks.empty());
}

TEST_CASE("Kalshi's delta is decoded") {
  const auto change = decoded<KalshiDelta>(delta);
  CHECK(change.position.seq == 2);
  CHECK(change.side == BookSide::bid);
  CHECK(change.price == Price{4200});
  CHECK(change.change == Quantity{-3'500'000});
  CHECK(change.exchange_time == from_ms(1'795'226'400'000));
  CHECK(change.received_at == now);
}

TEST_CASE("digits vary, numbers do not") {
  const auto* const price = GENERATE("0.960", "0.9600", "0.96", "0.960000");
  const auto text = std::string{R"({"type":"orderbook_delta","sid":1,"seq":2,"msg":{)"}
                    + R"("market_ticker":"A","price_dollars":")" + price
                    + R"(","delta_fp":"10","side":"no"}})";
  const auto change = decoded<KalshiDelta>(text);
  CHECK(change.price == Price{9600});
  CHECK(change.change == Quantity{10'000'000});
  CHECK(change.exchange_time == now); // no stamp: as young as its arrival
}

TEST_CASE("commands' answers are decoded") {
  const auto subscribed = decoded<KalshiSubscribed>(
    R"({"id":1,"type":"subscribed","msg":{"channel":"orderbook_delta","sid":4}})");
  CHECK(subscribed.sid == 4);
  CHECK(subscribed.command_id == 1);
  CHECK(subscribed.channel == "orderbook_delta");
  const auto ok = decoded<KalshiAck>(
    R"({"id":3,"sid":1,"seq":41,"type":"ok","msg":{"market_tickers":["A","B"]}})");
  CHECK(ok.position.seq == 41);
  CHECK(ok.command_id == 3);
  CHECK(decoded<KalshiAck>(R"({"id":6,"sid":1,"seq":97,"type":"unsubscribed"})").position.seq
        == 97);
  const auto failed = decoded<KalshiCommandFailed>(
    R"({"id":9,"type":"error","msg":{"code":8,"msg":"Unknown channel name","market_ticker":"X"}})");
  CHECK(failed.code == 8);
  CHECK(failed.command_id == 9);
  CHECK(failed.text == "Unknown channel name");
}

TEST_CASE("what is not for us is ignored") {
  const auto* const text =
    GENERATE(R"({"id":7,"type":"ok","msg":[{"channel":"orderbook_delta","sid":1}]})",
             R"({"type":"ticker","sid":2,"msg":{"market_ticker":"A","price_dollars":"0.43"}})",
             R"({"type":"something_new","msg":null})");
  decoded<KalshiIgnored>(text);
}

TEST_CASE("bad frames are refused by a stable reason") {
  const auto [text, reason] = GENERATE(table<std::string, std::string>({
    {"", "not_json"},
    {"{", "not_json"},
    {R"({"type":"ok"} x)", "not_json"},
    {std::string(1000, '['), "not_json"},
    {"[]", "not_an_object"},
    {"{}", "no_type"},
    {R"({"type":7})", "no_type"},
    {R"({"type":"orderbook_delta","sid":1,"msg":{}})", "delta_position"},
    {R"({"type":"orderbook_delta","sid":1,"seq":-1,"msg":{}})", "delta_position"},
    {R"({"type":"orderbook_delta","sid":1,"seq":1.5,"msg":{}})", "delta_position"},
    {R"({"type":"orderbook_delta","sid":1,"seq":1})", "delta_msg"},
    {R"({"type":"orderbook_delta","sid":1,"seq":1,"msg":{"market_ticker":"A","price":42,"delta":-3,"side":"yes"}})",
     "legacy_form"},
    {R"({"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"A","yes":[[42,13]],"no":[[56,17]]}})",
     "legacy_form"},
    {R"({"type":"orderbook_delta","sid":1,"seq":1,"msg":{"price_dollars":"0.4","delta_fp":"1","side":"yes"}})",
     "delta_ticker"},
    {R"({"type":"orderbook_delta","sid":1,"seq":1,"msg":{"market_ticker":"A","price_dollars":"0.4","delta_fp":"1","side":"buy"}})",
     "delta_side"},
    {R"({"type":"orderbook_delta","sid":1,"seq":1,"msg":{"market_ticker":"A","price_dollars":0.4,"delta_fp":"1","side":"yes"}})",
     "delta_price"},
    {R"({"type":"orderbook_delta","sid":1,"seq":1,"msg":{"market_ticker":"A","price_dollars":"0.00001","delta_fp":"1","side":"yes"}})",
     "delta_price"},
    {R"({"type":"orderbook_delta","sid":1,"seq":1,"msg":{"market_ticker":"A","price_dollars":"1.01","delta_fp":"1","side":"yes"}})",
     "delta_price"},
    {R"({"type":"orderbook_delta","sid":1,"seq":1,"msg":{"market_ticker":"A","price_dollars":"0.4","delta_fp":"1e3","side":"yes"}})",
     "delta_change"},
    {R"({"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"A","yes_dollars_fp":[["0.4"]]}})",
     "snapshot_levels"},
    {R"({"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"A","yes_dollars_fp":{}}})",
     "snapshot_levels"},
    {R"({"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"yes_dollars_fp":[]}})",
     "snapshot_ticker"},
    {R"({"type":"market_lifecycle_v2","sid":7})", "lifecycle_msg"},
    {R"({"type":"market_lifecycle_v2","sid":7,"msg":{"event_type":"deactivated"}})",
     "lifecycle_ticker"},
    {R"({"type":"market_lifecycle_v2","sid":7,"msg":{"event_type":"created","market_ticker":7}})",
     "lifecycle_ticker"},
    {R"({"type":"market_lifecycle_v2","sid":7,"msg":{"market_ticker":"A"}})", "lifecycle_type"},
    {R"({"type":"market_lifecycle_v2","sid":7,"msg":{"market_ticker":"A","event_type":"new"}})",
     "lifecycle_type"},
    {R"({"type":"market_lifecycle_v2","sid":7,"msg":{"market_ticker":"A","event_type":"close_date_updated"}})",
     "lifecycle_close_ts"},
    {R"({"type":"market_lifecycle_v2","sid":7,"msg":{"market_ticker":"A","event_type":"close_date_updated","close_ts":"soon"}})",
     "lifecycle_close_ts"},
    {R"({"type":"market_lifecycle_v2","sid":7,"msg":{"market_ticker":"A","event_type":"close_date_updated","close_ts":18446744073709551615}})",
     "lifecycle_close_ts"},
    {R"({"type":"error","msg":{"code":"8"}})", "error_code"},
    {R"({"type":"subscribed","msg":{}})", "subscribed_sid"},
  }));
  CAPTURE(text);
  const auto frame = decode(text);
  REQUIRE_FALSE(frame);
  CHECK(frame.error() == Errc::bad_frame);
  CHECK(describe(frame.error()) == "bad_frame: " + reason);
}

TEST_CASE("a market's life is told by its event types") {
  const auto event = [](const std::string& type, const std::string& more = "") {
    return decoded<KalshiMarketEvent>(
      R"({"type":"market_lifecycle_v2","sid":7,"msg":{"market_ticker":"KXT-A","event_type":")"
      + type + "\"" + more + "}}");
  };
  using Change = KalshiMarketChange;
  CHECK(event("deactivated", R"(,"is_deactivated":true)").change == Change::deactivated);
  CHECK(event("activated").change == Change::activated);
  CHECK(event("determined", R"(,"result":"yes","settlement_value":"1.0000")").change
        == Change::ended);
  CHECK(event("settled", R"(,"settled_ts":1795230000)").change == Change::ended);
  CHECK(event("closed").change == Change::ended);
  const auto moved = event("close_date_updated", R"(,"close_ts":1795230000)");
  CHECK(moved.change == Change::close_moved);
  CHECK(moved.closes_at == from_ms(1'795'230'000'000));
  CHECK(moved.market == market_id(Venue::kalshi, "KXT-A"));
  CHECK(moved.received_at == now);
}

TEST_CASE("what only the catalogue needs of a market's life is passed over") {
  for (const auto* const type : {"created", "metadata_updated", "price_level_structure_updated"}) {
    decoded<KalshiIgnored>(
      R"({"type":"market_lifecycle_v2","sid":7,"msg":{"market_ticker":"KXT-A","event_type":")"
      + std::string{type} + R"(","price_ranges":[]}})");
  }
  decoded<KalshiIgnored>(
    R"({"type":"event_fee_update","sid":7,"msg":{"event_ticker":"KXT","fee_type_override":null}})");
}

TEST_CASE("every truncation of a frame is refused, and the scratch lives on") {
  JsonScratch scratch;
  for (const std::string_view whole : {snapshot, delta}) {
    for (std::size_t length = 0; length < whole.size(); ++length) {
      CHECK_FALSE(decode_kalshi_frame(scratch, whole.substr(0, length), now));
    }
    CHECK(decode_kalshi_frame(scratch, whole, now));
  }
}

TEST_CASE("a snapshot larger than the scratch memory is decoded") {
  std::string levels;
  for (int i = 1; i <= 9999; ++i) {
    levels += (i > 1 ? "," : "") + std::string{"[\""} + to_string(Price{i}) + R"(","1.00"])";
  }
  const auto book = decoded<KalshiSnapshot>(
    R"({"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"A","yes_dollars_fp":[)"
    + levels + "]}}");
  CHECK(book.bids.size() == 9999);
}

TEST_CASE("commands are what the venue documents") {
  const std::vector<std::string> tickers{"A", "B"};
  CHECK(
    kalshi_subscribe(1, tickers)
    == R"({"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta"],"market_tickers":["A","B"],"use_yes_price":true}})");
  CHECK(
    kalshi_update(5, 1, KalshiUpdate::get_snapshot, tickers)
    == R"({"id":5,"cmd":"update_subscription","params":{"sids":[1],"action":"get_snapshot","market_tickers":["A","B"]}})");
}
