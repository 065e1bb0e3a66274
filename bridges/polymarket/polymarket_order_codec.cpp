#include "bridges/polymarket/polymarket_order_codec.hpp"

#include "bridges/net/answer_fields.hpp"

namespace arbees {

namespace {

/// The venue refuses orders that would end sooner (venues/polymarket.md 3.3).
constexpr std::int64_t min_life_ms = 180'000;

caf::error refuse(const std::string& why) {
  return caf::make_error(Errc::bad_frame, "Polymarket order: " + why);
}

boost::json::string_view view(std::string_view text) {
  return {text.data(), text.size()};
}

std::string_view order_type(const PolymarketPostOptions& options) {
  switch (options.time_in_force) {
    case TimeInForce::immediate_or_cancel:
      return "FAK";
    case TimeInForce::fill_or_kill:
      return "FOK";
    case TimeInForce::good_till_cancelled:
      break;
  }
  return options.expires_at ? "GTD" : "GTC";
}

std::string
objection(const SignedPolymarketOrder& signed_order, const PolymarketPostOptions& options) {
  const auto rests = options.time_in_force == TimeInForce::good_till_cancelled;
  if (options.owner.empty()) {
    return "no owner";
  }
  if (options.post_only && !rests) {
    return "post-only of an order that does not rest";
  }
  if (options.expires_at && !rests) {
    return "expiration of an order that does not rest";
  }
  if (options.expires_at
      && to_ms(*options.expires_at) < signed_order.order.timestamp_ms + min_life_ms) {
    return "expires in less than 180 s";
  }
  return {};
}

/// Appends a query parameter unless it is empty. Values of ours are hexadecimal, decimal or base64.
void add_parameter(std::string& target, std::string_view name, std::string_view value) {
  if (value.empty()) {
    return;
  }
  target += target.find('?') == std::string::npos ? '?' : '&';
  target.append(name).append("=");
  for (const char c : value) {
    const auto plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                       || c == '-' || c == '_' || c == '.' || c == '~';
    target += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
}

} // namespace

caf::expected<std::string> encode_polymarket_order(const SignedPolymarketOrder& signed_order,
                                                   const PolymarketPostOptions& options) {
  if (const auto why = objection(signed_order, options); !why.empty()) {
    return refuse(why);
  }
  const auto& order = signed_order.order;
  const auto maker = to_string(order.maker);
  const auto expiration = options.expires_at ? to_ms(*options.expires_at) / 1000 : 0;
  return boost::json::serialize(boost::json::object{
    {"deferExec", false},
    {"postOnly", options.post_only},
    {"order",
     {{"salt", order.salt},
      {"maker", maker},
      {"signer", order.signer == order.maker ? maker : to_string(order.signer)},
      {"tokenId", order.token_id},
      {"makerAmount", std::to_string(order.amounts.maker)},
      {"takerAmount", std::to_string(order.amounts.taker)},
      {"side", order.side == Action::buy ? "BUY" : "SELL"},
      {"signatureType", static_cast<std::int64_t>(order.signature_type)},
      {"timestamp", std::to_string(order.timestamp_ms)},
      {"expiration", std::to_string(expiration)},
      {"metadata", to_hex(order.metadata)},
      {"builder", to_hex(order.builder)},
      {"signature", signed_order.signature}}},
    {"owner", options.owner},
    {"orderType", view(order_type(options))},
  });
}

std::string encode_polymarket_cancel(std::string_view order_id) {
  return boost::json::serialize(boost::json::object{{"orderID", view(order_id)}});
}

std::string encode_polymarket_heartbeat(std::string_view id) {
  return boost::json::serialize(boost::json::object{{"heartbeat_id", view(id)}});
}

std::string encode_polymarket_cancel_market(std::string_view condition, std::string_view token) {
  return boost::json::serialize(
    boost::json::object{{"market", view(condition)}, {"asset_id", view(token)}});
}

std::string polymarket_orders_target(std::string_view condition, std::string_view cursor) {
  std::string target = "/data/orders";
  add_parameter(target, "market", condition);
  add_parameter(target, "next_cursor", cursor);
  return target;
}

std::string polymarket_lookup_target(std::string_view order_id) {
  return "/data/order/" + std::string{order_id};
}

std::string
polymarket_trades_target(std::string_view condition, std::string_view cursor, Timestamp since) {
  std::string target = "/data/trades";
  add_parameter(target, "market", condition);
  if (since > Timestamp{}) {
    add_parameter(target, "after", std::to_string(to_ms(since) / 1000));
  }
  add_parameter(target, "next_cursor", cursor);
  return target;
}

std::string polymarket_trade_target(std::string_view trade_id) {
  std::string target = "/data/trades";
  add_parameter(target, "id", trade_id);
  return target;
}

std::string
polymarket_balance_target(std::string_view token, SignatureType type, ExchangeVersion exchange) {
  std::string target = "/balance-allowance";
  const auto* const conditional =
    exchange == ExchangeVersion::v3 ? "CONDITIONAL-V2" : "CONDITIONAL";
  add_parameter(target, "asset_type", token.empty() ? "COLLATERAL" : conditional);
  add_parameter(target, "token_id", token);
  add_parameter(target, "signature_type", std::to_string(static_cast<int>(type)));
  return target;
}

std::string polymarket_balance_update_target(std::string_view token, SignatureType type,
                                             ExchangeVersion exchange) {
  const auto target = polymarket_balance_target(token, type, exchange);
  return "/balance-allowance/update" + target.substr(target.find('?'));
}

} // namespace arbees
