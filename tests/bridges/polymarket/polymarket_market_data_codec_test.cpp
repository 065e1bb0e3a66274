#include "bridges/polymarket/polymarket_market_data_codec.hpp"

#include <catch2/catch.hpp>

using namespace arbees;

namespace {

const Timestamp now = from_ms(1'780'000'000'500);
const auto market = market_id(Venue::polymarket, "0xcond");
const PolymarketAssets assets{{"123", {market, Side::yes}},
                              {"456", {market, Side::no}},
                              {"789", {market_id(Venue::polymarket, "0xother"), Side::yes}}};

PolymarketFrame decode(std::string_view text) {
  JsonScratch scratch;
  return decode_polymarket_frame(scratch, text, now, assets);
}

Level level(std::int32_t price, std::int64_t contracts) {
  return {Price{price}, Quantity{contracts * quantity_per_contract}};
}

// venues/polymarket.md 2.2
const std::string book =
  R"({"event_type":"book","market":"0xcond","asset_id":"123","timestamp":"1780000000000","hash":"ab12",)"
  R"("bids":[{"price":"0.48","size":"30"}],"asks":[{"price":"0.52","size":"25"}],"min_order_size":"5",)"
  R"("tick_size":"0.01","neg_risk":false,"last_trade_price":"0.5"})";
const std::string changes =
  R"({"event_type":"price_change","market":"0xcond","timestamp":"1780000000100","price_changes":[)"
  R"({"asset_id":"123","price":"0.49","size":"200","side":"BUY","hash":"c0ffee","best_bid":"0.49","best_ask":"0.52"},)"
  R"({"asset_id":"456","price":"0.51","size":"200","side":"SELL","hash":"c0ffee","best_bid":"","best_ask":"1"}]})";

} // namespace

TEST_CASE("Polymarket's book is decoded") {
  const auto frame = decode(book);
  REQUIRE(frame.events.size() == 1);
  CHECK(frame.rejected.empty());
  const auto& event = std::get<PolymarketBook>(frame.events[0]);
  CHECK(event.market == market);
  CHECK(event.token == Side::yes);
  CHECK(event.bids == std::vector{level(4800, 30)});
  CHECK(event.asks == std::vector{level(5200, 25)});
  CHECK(event.tick == Price{100});
  CHECK_FALSE(event.from_rest);
  CHECK(event.exchange_time == from_ms(1'780'000'000'000));
  CHECK(event.received_at == now);
}

TEST_CASE("Polymarket's changes are decoded, an empty side's best price is absent") {
  const auto frame = decode(changes);
  REQUIRE(frame.events.size() == 1);
  const auto& event = std::get<PolymarketChanges>(frame.events[0]);
  CHECK(event.market == market);
  REQUIRE(event.changes.size() == 2);
  CHECK(event.changes[0].side == BookSide::bid);
  CHECK(event.changes[0].level == level(4900, 200));
  CHECK(event.changes[0].best_bid == Price{4900});
  CHECK(event.changes[1].token == Side::no);
  CHECK(event.changes[1].side == BookSide::ask);
  CHECK_FALSE(event.changes[1].best_bid);
  CHECK_FALSE(event.changes[1].best_ask);
}

TEST_CASE("a frame may be an array, whose bad elements do not take the others with them") {
  const auto frame = decode(
    "[" + book + R"(,{"event_type":"book","market":"0xcond","asset_id":"456"},)" + changes + "]");
  CHECK(frame.events.size() == 2);
  REQUIRE(frame.rejected.size() == 1);
  CHECK(frame.rejected[0].reason == "book_timestamp");
  CHECK(frame.rejected[0].market == market);
  CHECK(decode("[]").events.empty());
}

TEST_CASE("tick changes and resolutions are decoded") {
  const auto tick = decode(
    R"({"event_type":"tick_size_change","market":"0xcond","asset_id":"123","old_tick_size":"0.01","new_tick_size":"0.001","timestamp":"1780000000000"})");
  CHECK(std::get<PolymarketTickChange>(tick.events.at(0)).new_tick == Price{10});
  const auto resolved = decode(
    R"({"event_type":"market_resolved","market":"0xcond","winning_asset_id":"123","timestamp":"1780000000000"})");
  CHECK(std::get<MarketClosed>(resolved.events.at(0)).market == market);
}

TEST_CASE("plain words, other tokens and unknown events are left out") {
  const auto text = GENERATE(
    std::string{"PONG"}, std::string{"NO NEW ASSETS"}, std::string{},
    std::string{R"({"event_type":"something_new"})"},
    std::string{
      R"({"event_type":"book","market":"0x","asset_id":"999","timestamp":"1","bids":[],"asks":[]})"});
  const auto frame = decode(text);
  CHECK(frame.events.empty());
  CHECK(frame.rejected.empty());
}

TEST_CASE("what cannot be read is refused by a stable reason") {
  const auto change = [](const std::string& fields) {
    return R"({"event_type":"price_change","market":"0xcond","timestamp":"1","price_changes":[)"
           + fields + "]}";
  };
  const auto [text, reason] = GENERATE_COPY(table<std::string, std::string>({
    {"{", "not_json"},
    {"{}", "no_event_type"},
    {"[7]", "no_event_type"},
    {"INVALID OPERATION", "invalid_operation"},
    {R"({"event_type":"book","asset_id":"123","timestamp":"1","bids":[{"price":0.48,"size":"1"}],"asks":[]})",
     "book_levels"},
    {R"({"event_type":"book","asset_id":"123","timestamp":"1","bids":[]})", "book_levels"},
    {R"({"event_type":"book","asset_id":"123","timestamp":"x","bids":[],"asks":[]})",
     "book_timestamp"},
    {R"({"event_type":"book","asset_id":"123","timestamp":"99999999999999999","bids":[],"asks":[]})",
     "book_timestamp"},
    {R"({"event_type":"book","timestamp":"1","bids":[],"asks":[]})", "no_asset_id"},
    {R"({"event_type":"price_change","market":"0xcond","timestamp":"1","changes":[]})",
     "legacy_form"},
    {R"({"event_type":"price_change","market":"0xcond","timestamp":"1"})", "changes_array"},
    {R"({"event_type":"price_change","market":"0xcond","price_changes":[]})", "changes_timestamp"},
    {change("7"), "change_object"},
    {change(R"({"asset_id":"123","price":"0.49","size":"200","side":"HOLD"})"), "change_fields"},
    {change(R"({"asset_id":"123","price":"1.49","size":"200","side":"BUY"})"), "change_fields"},
    {change(R"({"asset_id":"123","price":"0.49","size":"","side":"BUY"})"), "change_fields"},
    {change(R"({"asset_id":"123","price":"0.49","size":"1","side":"BUY"},)"
            R"({"asset_id":"789","price":"0.49","size":"1","side":"BUY"})"),
     "changes_of_two_markets"},
  }));
  CAPTURE(text);
  const auto frame = decode(text);
  CHECK(frame.events.empty());
  REQUIRE(frame.rejected.size() == 1);
  CHECK(frame.rejected[0].reason == reason);
}

TEST_CASE("every truncation of a Polymarket frame is refused") {
  for (const auto& whole : {book, changes}) {
    for (std::size_t length = 1; length < whole.size(); ++length) {
      CHECK(decode(whole.substr(0, length)).rejected.size() == 1);
    }
  }
}

TEST_CASE("REST's book is marked as such") {
  JsonScratch scratch;
  const auto frame = decode_polymarket_rest_book(
    scratch,
    R"({"market":"0xcond","asset_id":"123","timestamp":"1780000000000","bids":[],"asks":[{"price":"0.5","size":"1"}],"tick_size":"0.01"})",
    now, assets);
  CHECK(std::get<PolymarketBook>(frame.events.at(0)).from_rest);
  CHECK(decode_polymarket_rest_book(scratch, "[]", now, assets).rejected.at(0).reason
        == "rest_not_json");
}

TEST_CASE("what the client says is what the venue documents") {
  CHECK(polymarket_first_message({"1", "2"})
        == R"({"type":"market","assets_ids":["1","2"],"custom_feature_enabled":true})");
  CHECK(polymarket_operation(PolymarketOperation::subscribe, {"1"})
        == R"({"operation":"subscribe","assets_ids":["1"],"custom_feature_enabled":true})");
  CHECK(polymarket_operation(PolymarketOperation::unsubscribe, {"1"})
        == R"({"operation":"unsubscribe","assets_ids":["1"]})");
}
