#include "bridges/kalshi/kalshi_private_codec.hpp"

#include <catch2/catch.hpp>

using namespace arbees;

namespace {

// The samples of venues/kalshi.md 3.4.
const std::string fill_frame =
  R"({"type":"fill","sid":4,"msg":{"trade_id":"2222...","order_id":"3333...","client_order_id":"c-1","market_ticker":"KXT-A","exchange_index":3,
 "is_taker":true,"side":"yes","action":"buy","purchased_side":"yes","outcome_side":"yes","book_side":"bid","yes_price_dollars":"0.4400",
 "count_fp":"5.00","fee_cost":"0.0863","post_position_fp":"5.00","subaccount":0,"ts":1795226400,"ts_ms":1795226400000}})";
const std::string order_frame =
  R"({"type":"user_order","sid":5,"msg":{"order_id":"3333...","user_id":"u","ticker":"KXT-A","status":"executed","side":"yes","is_yes":true,
 "outcome_side":"yes","book_side":"bid","yes_price_dollars":"0.4400","initial_count_fp":"5.00","fill_count_fp":"5.00","remaining_count_fp":"0.00",
 "taker_fill_cost_dollars":"2.2000","maker_fill_cost_dollars":"0.0000","taker_fees_dollars":"0.0863","maker_fees_dollars":"0.0000",
 "client_order_id":"c-1","created_ts_ms":1795226400000,"last_updated_ts_ms":1795226400000,"subaccount_number":0,"exchange_index":3}})";
const std::string position_frame =
  R"({"type":"market_position","sid":6,"msg":{"user_id":"u","market_ticker":"KXT-A","position_fp":"-5.00","position_cost_dollars":"2.2000",
 "realized_pnl_dollars":"0.0000","fees_paid_dollars":"0.0863","position_fee_cost_dollars":"0.0863","volume_fp":"5.00","subaccount":0}})";

template <class T>
T decoded(const std::string& text) {
  const auto frame = decode_kalshi_private(text);
  REQUIRE(frame);
  REQUIRE(std::holds_alternative<T>(*frame));
  return std::get<T>(*frame);
}

std::string reason(const std::string& text) {
  const auto frame = decode_kalshi_private(text);
  REQUIRE_FALSE(frame);
  CHECK(frame.error() == Errc::bad_frame);
  return frame.error().context().get_as<std::string>(0);
}

/// `text` without `"key":value,`, or with another value.
std::string with(std::string text, const std::string& key, const std::string& value) {
  const auto at = text.find("\"" + key + "\":");
  REQUIRE(at != std::string::npos);
  const auto begin = at + key.size() + 3;
  const auto end = text.find_first_of(",}", begin);
  if (value.empty()) {
    const auto comma = text[end] == ',' ? end + 1 : end;
    return text.erase(at, comma - at);
  }
  return text.replace(begin, end - begin, value);
}

} // namespace

TEST_CASE("a fill on Kalshi's stream is decoded") {
  const auto fill = decoded<FillEvent>(fill_frame);
  CHECK(fill.fill_id == "2222...");
  CHECK(fill.venue_order_id == "3333...");
  CHECK(fill.client_order_id == "c-1");
  CHECK(fill.price_of == Side::yes);
  CHECK(fill.price == Price{4400});
  CHECK(fill.quantity == Quantity{5'000'000});
  CHECK(fill.fee == Money{86'300});
  CHECK(fill.state == FillState::confirmed);
  CHECK(fill.at == from_ms(1'795'226'400'000));
}

TEST_CASE("an order on Kalshi's stream is decoded, its money is not believed") {
  struct Row {
    const char* status;
    bool ended;
    const char* reason;
  };
  const auto row = GENERATE(Row{"resting", false, ""}, Row{"canceled", true, "canceled"},
                            Row{"executed", true, ""});
  const auto order =
    decoded<OrderEvent>(with(order_frame, "status", '"' + std::string{row.status} + '"'));
  CHECK(order.venue_order_id == "3333...");
  CHECK(order.client_order_id == "c-1");
  CHECK(order.ended == row.ended);
  CHECK(order.reason == row.reason);
  CHECK(order.filled == Quantity{5'000'000});
  CHECK_FALSE(order.notional);
  CHECK_FALSE(order.fee);
}

TEST_CASE("a position on Kalshi's stream is signed") {
  const auto position = decoded<KalshiPositionEvent>(position_frame);
  CHECK(position.ticker == "KXT-A");
  CHECK(position.position == Quantity{-5'000'000});
}

TEST_CASE("conformance 18: removed legacy keys are not missed, new ones not heard") {
  auto fill = fill_frame;
  for (const auto* const key : {"side", "action", "purchased_side", "ts", "client_order_id"}) {
    fill = with(fill, key, "");
  }
  CHECK(decoded<FillEvent>(fill).quantity == Quantity{5'000'000});
  CHECK(decoded<FillEvent>(fill).client_order_id.empty());
  CHECK(decoded<FillEvent>(with(fill_frame, "subaccount", R"({"new":[1]})")).price == Price{4400});
  auto order = order_frame;
  for (const auto* const key : {"side", "is_yes", "client_order_id", "taker_fees_dollars"}) {
    order = with(order, key, "");
  }
  CHECK(decoded<OrderEvent>(order).ended);
}

TEST_CASE("digits vary in fills, and a NO fill tells the price of YES") {
  CHECK(decoded<FillEvent>(with(fill_frame, "yes_price_dollars", R"("0.44")")).price
        == Price{4400});
  CHECK(decoded<FillEvent>(with(fill_frame, "count_fp", R"("0.37")")).quantity
        == Quantity{370'000});
  CHECK(decoded<FillEvent>(with(fill_frame, "outcome_side", R"("no")")).price_of == Side::yes);
}

TEST_CASE("what a fill or order must say is asked for by name") {
  CHECK(reason(with(fill_frame, "trade_id", "")) == "fill: field trade_id");
  CHECK(reason(with(fill_frame, "order_id", "")) == "fill: field order_id");
  CHECK(reason(with(fill_frame, "yes_price_dollars", "")) == "fill: field yes_price_dollars");
  CHECK(reason(with(fill_frame, "yes_price_dollars", R"("1.01")"))
        == "fill: field yes_price_dollars");
  CHECK(reason(with(fill_frame, "count_fp", R"("-5.00")")) == "fill: field count_fp");
  CHECK(reason(with(fill_frame, "count_fp", R"("1e3")")) == "fill: field count_fp");
  CHECK(reason(with(fill_frame, "fee_cost", "")) == "fill: field fee_cost");
  CHECK(reason(with(fill_frame, "ts_ms", "-1")) == "fill: field ts_ms");
  CHECK(reason(with(order_frame, "status", R"("settled")")) == "user_order: field status");
  CHECK(reason(with(order_frame, "fill_count_fp", "")) == "user_order: field fill_count_fp");
  CHECK(reason(with(order_frame, "order_id", "7.5")) == "user_order: field order_id");
  CHECK(reason(with(position_frame, "position_fp", "")) == "market_position: field position_fp");
  CHECK(reason(R"({"type":"fill"})") == "fill: field (object)");
  CHECK(reason("rubbish") == "not_json");
  CHECK(reason("[1]") == "not_an_object");
  CHECK(reason("{}") == "no_type");
}

TEST_CASE("answers to the subscription are decoded, other frames ignored") {
  CHECK(decoded<KalshiPrivateSubscribed>(
          R"({"id":2,"type":"subscribed","msg":{"channel":"fill","sid":4}})")
          .channel
        == "fill");
  const auto failed = decoded<KalshiPrivateFailed>(
    R"({"id":9,"type":"error","msg":{"code":8,"msg":"Unknown channel name"}})");
  CHECK(failed.code == 8);
  CHECK(failed.text == "Unknown channel name");
  decoded<KalshiPrivateIgnored>(R"({"id":7,"type":"ok","msg":[{"channel":"fill","sid":1}]})");
  decoded<KalshiPrivateIgnored>(R"({"type":"ticker","sid":2,"msg":{}})");
}

TEST_CASE("the three channels are asked for at once") {
  CHECK(
    kalshi_subscribe_private(2)
    == R"({"id":2,"cmd":"subscribe","params":{"channels":["fill","user_orders","market_positions"]}})");
}

TEST_CASE("damaged frames of the private stream never crash") {
  for (const auto& frame : {fill_frame, order_frame, position_frame}) {
    for (std::size_t i = 0; i < frame.size(); ++i) {
      CHECK_FALSE(decode_kalshi_private(frame.substr(0, i)));
      for (const char c : {'\0', '"', '}', '9', '-', '\xff'}) {
        auto damaged = frame;
        damaged[i] = c;
        (void)decode_kalshi_private(damaged); // may be valid still
      }
    }
  }
}

TEST_CASE("a frame of a megabyte or a hundred brackets is refused or ignored, not fatal") {
  CHECK(reason(std::string(1'000'000, '[')) == "not_json");
  const auto big = with(fill_frame, "subaccount", '"' + std::string(1'000'000, 'x') + '"');
  CHECK(decoded<FillEvent>(big).fill_id == "2222...");
}

TEST_CASE("listed orders and fills say the same as the stream") {
  const auto order = to_order_event({.order_id = "o",
                                     .client_order_id = "c",
                                     .state = KalshiOrderState::canceled,
                                     .filled = Quantity{5}});
  CHECK(order.venue_order_id == "o");
  CHECK(order.client_order_id == "c");
  CHECK(order.ended);
  CHECK(order.filled == Quantity{5});
  CHECK_FALSE(to_order_event({.state = KalshiOrderState::resting}).ended);
  const auto fill = to_fill_event({.fill_id = "f",
                                   .order_id = "o",
                                   .side = KalshiBookSide::ask,
                                   .yes_price = Price{4400},
                                   .count = Quantity{5},
                                   .fee = Money{6}});
  CHECK(fill.fill_id == "f");
  CHECK(fill.venue_order_id == "o");
  CHECK(fill.price_of == Side::yes);
  CHECK(fill.price == Price{4400});
  CHECK(fill.quantity == Quantity{5});
  CHECK(fill.fee == Money{6});
}
