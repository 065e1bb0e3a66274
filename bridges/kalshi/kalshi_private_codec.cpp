#include "bridges/kalshi/kalshi_private_codec.hpp"

#include "bridges/net/answer_fields.hpp"

namespace arbees {

namespace {

caf::error bad(const std::string& reason) {
  return caf::make_error(Errc::bad_frame, reason);
}

/// `value`, or the failed field under the name of the frame's type.
caf::expected<KalshiPrivateFrame>
finish(const AnswerFields& fields, const char* type, KalshiPrivateFrame value) {
  if (!fields.ok()) {
    return bad(std::string{type} + ": " + fields.error().context().get_as<std::string>(0));
  }
  return value;
}

Quantity count(AnswerFields& fields, std::string_view key) {
  const auto value = fields.quantity(key);
  if (value < Quantity{0}) {
    fields.fail(key);
  }
  return value;
}

caf::expected<KalshiPrivateFrame> decode_fill(const boost::json::value& msg) {
  AnswerFields fields{msg};
  FillEvent fill{.fill_id = fields.text("trade_id"),
                 .client_order_id = fields.text_or_empty("client_order_id"),
                 .venue_order_id = fields.text("order_id"),
                 .price_of = Side::yes, // also of fills of the NO side
                 .price = fields.price("yes_price_dollars"),
                 .quantity = count(fields, "count_fp"),
                 .fee = fields.money("fee_cost")};
  const auto ms = fields.integer_if_any("ts_ms").value_or(0);
  constexpr std::int64_t year_2200_ms = 7'258'118'400'000;
  if (ms < 0 || ms > year_2200_ms) {
    fields.fail("ts_ms");
  } else {
    fill.at = from_ms(ms);
  }
  return finish(fields, "fill", std::move(fill));
}

caf::expected<KalshiPrivateFrame> decode_order(const boost::json::value& msg) {
  AnswerFields fields{msg};
  const auto status = fields.text("status");
  if (status != "resting" && status != "canceled" && status != "executed") {
    fields.fail("status");
  }
  const OrderEvent order{.client_order_id = fields.text_or_empty("client_order_id"),
                         .venue_order_id = fields.text("order_id"),
                         .ended = status != "resting",
                         .filled = count(fields, "fill_count_fp"),
                         .reason = status == "canceled" ? "canceled" : ""};
  return finish(fields, "user_order", order);
}

caf::expected<KalshiPrivateFrame> decode_position(const boost::json::value& msg) {
  AnswerFields fields{msg};
  const KalshiPositionEvent position{.ticker = fields.text("market_ticker"),
                                     .position = fields.quantity("position_fp")};
  return finish(fields, "market_position", position);
}

caf::expected<KalshiPrivateFrame> decode_failure(const boost::json::value& msg) {
  AnswerFields fields{msg};
  const KalshiPrivateFailed failure{.code = fields.integer("code"),
                                    .text = fields.text_or_empty("msg")};
  return finish(fields, "error", failure);
}

caf::expected<KalshiPrivateFrame> decode_subscribed(const boost::json::value& msg) {
  AnswerFields fields{msg};
  const KalshiPrivateSubscribed subscribed{fields.text("channel")};
  return finish(fields, "subscribed", subscribed);
}

} // namespace

caf::expected<KalshiPrivateFrame> decode_kalshi_private(std::string_view text) {
  const auto json = parse_json(text);
  if (!json) {
    return bad("not_json");
  }
  const auto* const frame = json->if_object();
  if (frame == nullptr) {
    return bad("not_an_object");
  }
  const auto type = text_field(*frame, "type");
  if (type.empty()) {
    return bad("no_type");
  }
  static const boost::json::value nothing;
  const auto* const found = frame->if_contains("msg");
  const auto& msg = found != nullptr ? *found : nothing;
  if (type == "fill") {
    return decode_fill(msg);
  }
  if (type == "user_order") {
    return decode_order(msg);
  }
  if (type == "market_position") {
    return decode_position(msg);
  }
  if (type == "error") {
    return decode_failure(msg);
  }
  if (type == "subscribed") {
    return decode_subscribed(msg);
  }
  return KalshiPrivateIgnored{};
}

std::string kalshi_subscribe_private(std::uint64_t id) {
  return boost::json::serialize(boost::json::object{
    {"id", id},
    {"cmd", "subscribe"},
    {"params", boost::json::object{{"channels", boost::json::array{"fill", "user_orders",
                                                                   "market_positions"}}}},
  });
}

OrderEvent to_order_event(const KalshiOrder& order) {
  return {.client_order_id = order.client_order_id,
          .venue_order_id = order.order_id,
          .ended = order.state != KalshiOrderState::resting,
          .filled = order.filled,
          .reason = order.state == KalshiOrderState::canceled ? "canceled" : ""};
}

FillEvent to_fill_event(const KalshiFill& fill) {
  return {.fill_id = fill.fill_id,
          .venue_order_id = fill.order_id,
          .price_of = Side::yes,
          .price = fill.yes_price,
          .quantity = fill.count,
          .fee = fill.fee,
          .at = fill.at};
}

} // namespace arbees
