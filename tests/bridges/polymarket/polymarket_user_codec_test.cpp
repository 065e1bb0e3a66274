#include "bridges/polymarket/polymarket_user_codec.hpp"

#include <catch2/catch.hpp>
#include <random>

using namespace arbees;

namespace {

const std::string trade =
  R"({"event_type":"trade","type":"TRADE","id":"t1","taker_order_id":"0xab","market":"0xc",)"
  R"("asset_id":"11","side":"BUY","size":"40","price":"0.52","fee_rate_bps":"","status":"MATCHED",)"
  R"("match_time":"1780000000","matchtime":"1780000000","last_update":"1780000000",)"
  R"("outcome":"Lakers","owner":"k","trade_owner":"k","maker_address":"0x1",)"
  R"("transaction_hash":"","bucket_index":0,"trader_side":"TAKER","maker_orders":[)"
  R"({"order_id":"0xcd","owner":"m","maker_address":"0x2","matched_amount":"40","price":"0.48",)"
  R"("fee_rate_bps":"","asset_id":"22","outcome":"Clippers","outcome_index":1,"side":"BUY"}],)"
  R"("timestamp":"1780000000123"})";

std::string order(const std::string& type, const std::string& status, const std::string& matched) {
  return R"({"event_type":"order","id":"0xab","owner":"k","market":"0xc","asset_id":"11",)"
         R"("side":"BUY","original_size":"100","size_matched":")"
         + matched + R"(","price":"0.52","outcome":"","type":")" + type + R"(","status":")" + status
         + R"(","order_type":"FAK","associate_trades":["t1"],"created_at":"","expiration":"0",)"
           R"("maker_address":"0x1","timestamp":"1780000000123"})";
}

std::string changed(const std::string& text, const std::string& from, const std::string& to) {
  auto copy = text;
  const auto at = copy.find(from);
  REQUIRE(at != std::string::npos);
  return copy.replace(at, from.size(), to);
}

PolymarketOrderEvent order_of(const std::string& frame) {
  const auto decoded = decode_polymarket_user_frame(frame);
  REQUIRE(decoded.rejected.empty());
  REQUIRE(decoded.events.size() == 1);
  return std::get<PolymarketOrderEvent>(decoded.events[0]);
}

} // namespace

TEST_CASE("a trade of the user channel is a trade as REST tells it") {
  const auto frame = decode_polymarket_user_frame(trade);
  REQUIRE(frame.events.size() == 1);
  const auto& decoded = std::get<PolymarketTrade>(frame.events[0]);
  CHECK(decoded.id == "t1");
  CHECK(decoded.state == PolymarketTradeState::matched);
  CHECK(decoded.taker_order_id == "0xab");
  CHECK(decoded.size == Quantity{40'000'000});
  REQUIRE(decoded.makers.size() == 1);
  CHECK(decoded.makers[0].order_id == "0xcd");
}

TEST_CASE("trades are known by their status, with or without its prefix") {
  struct Case {
    std::string word;
    PolymarketTradeState state;
  };
  const auto c = GENERATE(values<Case>({
    {"MATCHED_NOT_BROADCASTED", PolymarketTradeState::matched},
    {"TRADE_STATUS_MINED", PolymarketTradeState::mined},
    {"CONFIRMED", PolymarketTradeState::confirmed},
    {"RETRYING", PolymarketTradeState::retrying},
    {"TRADE_STATUS_FAILED", PolymarketTradeState::failed},
  }));
  const auto frame =
    decode_polymarket_user_frame(changed(trade, "\"MATCHED\"", '"' + c.word + '"'));
  REQUIRE(frame.events.size() == 1);
  CHECK(std::get<PolymarketTrade>(frame.events[0]).state == c.state);
}

TEST_CASE("an order event keeps what the venue says of a kill") {
  const auto placed = order_of(order("PLACEMENT", "LIVE", "0"));
  CHECK(placed.kind == PolymarketOrderEventKind::placement);
  CHECK(placed.state == PolymarketOrderState::live);
  CHECK(placed.matched == Quantity{});
  CHECK(placed.original == Quantity{100'000'000});
  CHECK(placed.trades == std::vector<std::string>{"t1"});

  const auto killed = order_of(order("CANCELLATION", "CANCELED_FOK order not filled", ""));
  CHECK(killed.kind == PolymarketOrderEventKind::cancellation);
  CHECK(killed.state == PolymarketOrderState::canceled);
  CHECK(killed.text == "CANCELED_FOK order not filled");
  CHECK_FALSE(killed.matched);

  // Without a status the kind has to do.
  CHECK(order_of(order("CANCELLATION", "", "40")).state == PolymarketOrderState::canceled);
  CHECK(order_of(order("UPDATE", "ORDER_STATUS_MATCHED", "40")).state
        == PolymarketOrderState::matched);
}

TEST_CASE("a frame may hold several events, and what is no event is passed over") {
  const auto both =
    decode_polymarket_user_frame("[" + order("UPDATE", "LIVE", "40") + "," + trade + "]");
  CHECK(both.events.size() == 2);
  CHECK(both.rejected.empty());
  for (const auto* const text :
       {"PONG", "", "  ", "INVALID OPERATION", "[]", R"({"event_type":"something_new","id":7})"}) {
    const auto none = decode_polymarket_user_frame(text);
    CHECK(none.events.empty());
    CHECK(none.rejected.empty());
  }
}

TEST_CASE("what cannot be read is told by a stable reason, beside what can") {
  const auto reason = [](const std::string& text) {
    const auto frame = decode_polymarket_user_frame(text);
    CHECK(frame.events.empty());
    REQUIRE(frame.rejected.size() == 1);
    return frame.rejected[0];
  };
  CHECK(reason("{") == "not_json");
  CHECK(reason("[" + std::string(2000, '[')) == "not_json");
  CHECK(reason("[7]") == "not_an_object");
  CHECK(reason("{}") == "no_event_type");
  CHECK(reason(R"({"event_type":7})") == "no_event_type");
  CHECK(reason(changed(trade, "MATCHED", "EXPLODED")) == "trade: bad_frame: field status");
  CHECK(reason(changed(trade, "\"40\"", "\"-40\"")) == "trade: bad_frame: field size");
  CHECK(reason(changed(trade, "0.52", "1.52")) == "trade: bad_frame: field price");
  CHECK(reason(changed(trade, "\"40\"", "\"1e99\"")) == "trade: bad_frame: field size");
  CHECK(reason(changed(trade, "1780000000", "99999999999999")).starts_with("trade: "));
  CHECK(reason(order("PLACED", "LIVE", "0")) == "order: bad_frame: field type");
  CHECK(reason(order("UPDATE", "LOST", "0")) == "order: bad_frame: field status");
  CHECK(reason(order("UPDATE", "LIVE", "-1")) == "order: bad_frame: field size_matched");
  CHECK(reason(changed(order("UPDATE", "LIVE", "0"), "\"0xab\"", "null"))
        == "order: bad_frame: field id");
  std::string many = "[";
  for (int i = 0; i < 1001; ++i) {
    many += "{},";
  }
  many.back() = ']';
  CHECK(reason(many) == "too_many_events");

  const auto mixed = decode_polymarket_user_frame("[{}," + trade + "]");
  CHECK(mixed.events.size() == 1);
  CHECK(mixed.rejected.size() == 1);
}

TEST_CASE("a frame that was cut or garbled anywhere is no crash") {
  const auto whole = "[" + order("UPDATE", "LIVE", "40") + "," + trade + "]";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto frame = decode_polymarket_user_frame(whole.substr(0, size));
    CHECK(frame.events.empty());
  }
  std::mt19937 random{7};
  std::size_t understood = 0;
  for (int i = 0; i < 5000; ++i) {
    auto garbled = whole;
    garbled[random() % garbled.size()] = static_cast<char>(random() % 256);
    understood += decode_polymarket_user_frame(garbled).events.size();
  }
  CHECK(understood > 0);
}
