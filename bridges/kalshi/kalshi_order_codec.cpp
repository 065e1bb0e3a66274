#include "bridges/kalshi/kalshi_order_codec.hpp"

#include <algorithm>
#include <array>

#include "bridges/net/answer_fields.hpp"

namespace arbees {

namespace {

constexpr std::int64_t count_step = quantity_per_contract / 100;
constexpr std::size_t max_client_id = 64;

caf::error refuse(const std::string& why) {
  return caf::make_error(Errc::bad_frame, "Kalshi order: " + why);
}

bool client_id_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'
         || c == '_';
}

/// A '.' was refused by the venue (venues/kalshi.md 5.3).
bool valid_client_id(std::string_view id) {
  return !id.empty() && id.size() <= max_client_id
         && std::all_of(id.begin(), id.end(), client_id_char);
}

bool valid_count(Quantity count) {
  return count > Quantity{0} && count.value() % count_step == 0;
}

std::string_view to_wire(KalshiBookSide side) {
  return side == KalshiBookSide::bid ? "bid" : "ask";
}

std::string_view to_wire(TimeInForce time_in_force) {
  switch (time_in_force) {
    case TimeInForce::immediate_or_cancel:
      return "immediate_or_cancel";
    case TimeInForce::fill_or_kill:
      return "fill_or_kill";
    case TimeInForce::good_till_cancelled:
      return "good_till_canceled";
  }
  return "immediate_or_cancel";
}

std::string_view to_wire(KalshiSelfTrade self_trade) {
  return self_trade == KalshiSelfTrade::maker ? "maker" : "taker_at_cross";
}

std::string wire_count(Quantity count) {
  return format_decimal(count.value(), 6, 2);
}

/// Why the venue would refuse an order of these terms; empty if it would not.
std::string objection(const OrderIntent& order, Price limit, Quantity count) {
  if (order.ref.venue != Venue::kalshi || order.ref.native_id.empty()) {
    return "no Kalshi market";
  }
  if (!valid_client_id(order.client_order_id)) {
    return "client order id '" + order.client_order_id + "' is not 1 to 64 of [A-Za-z0-9_-]";
  }
  if (!tradable(limit)) {
    return "price " + to_string(limit) + " is not between 0 and 1";
  }
  if (!valid_count(count)) {
    return "quantity " + to_string(count) + " is no positive multiple of 0.01";
  }
  if (order.exchange_index < 0) {
    return "no shard"; // -1 would route automatically, slower and at several shards' cost
  }
  return {};
}

std::string objection(const KalshiOrderOptions& options, TimeInForce time_in_force) {
  const auto rests = time_in_force == TimeInForce::good_till_cancelled;
  if (options.post_only && !rests) {
    return "post-only of an order that does not rest";
  }
  if (options.expires_at && !rests) {
    return "expiration of an order that does not rest";
  }
  if (options.reduce_only && time_in_force != TimeInForce::immediate_or_cancel) {
    return "reduce-only of an order that is not immediate-or-cancel";
  }
  return {};
}

boost::json::string_view view(std::string_view text) {
  return {text.data(), text.size()};
}

/// Of a path segment or query value. The venue's ids need none of it, but they come from outside.
std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (client_id_char(c) || c == '.' || c == '~') {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

} // namespace

KalshiOrderOptions
to_kalshi_options(const OrderIntent& order, const std::string& group, std::optional<Quantity> net) {
  const auto rests = order.time_in_force == TimeInForce::good_till_cancelled;
  const auto immediate = order.time_in_force == TimeInForce::immediate_or_cancel;
  const auto held =
    order.side == Side::yes ? net.value_or(Quantity{0}) : Quantity{0} - net.value_or(Quantity{0});
  return {.post_only = order.post_only,
          .reduce_only = immediate && order.action == Action::sell && order.quantity <= held,
          .cancel_order_on_pause = rests,
          .expires_at = order.expires_at,
          .order_group_id = rests ? group : std::string{}};
}

caf::expected<std::string>
encode_kalshi_create(const OrderIntent& order, const KalshiOrderOptions& options) {
  if (const auto why = objection(order, order.limit, order.quantity); !why.empty()) {
    return refuse(why);
  }
  if (const auto why = objection(options, order.time_in_force); !why.empty()) {
    return refuse(why);
  }
  const auto leg = to_kalshi_leg(order.side, order.action, order.limit);
  boost::json::object body{
    {"ticker", order.ref.native_id},
    {"client_order_id", order.client_order_id},
    {"side", view(to_wire(leg.side))},
    {"count", wire_count(order.quantity)},
    {"price", to_string(leg.price)},
    {"time_in_force", view(to_wire(order.time_in_force))},
    {"self_trade_prevention_type", view(to_wire(options.self_trade))},
  };
  if (options.expires_at) {
    body["expiration_time"] = to_ms(*options.expires_at) / 1000;
  }
  if (options.post_only) {
    body["post_only"] = true;
  }
  if (options.reduce_only) {
    body["reduce_only"] = true;
  }
  if (options.cancel_order_on_pause) {
    body["cancel_order_on_pause"] = true;
  }
  if (!options.order_group_id.empty()) {
    body["order_group_id"] = options.order_group_id;
  }
  body["exchange_index"] = order.exchange_index;
  return boost::json::serialize(body);
}

std::string kalshi_cancel_target(std::string_view order_id, std::int32_t exchange_index) {
  return fmt::format("{}/{}?exchange_index={}", kalshi_orders_target, percent_encoded(order_id),
                     exchange_index);
}

std::string kalshi_cancel_all_target(std::int32_t subaccount) {
  return fmt::format("{}?subaccount={}", kalshi_orders_target, subaccount);
}

std::string kalshi_amend_target(std::string_view order_id) {
  return fmt::format("{}/{}/amend", kalshi_orders_target, percent_encoded(order_id));
}

caf::expected<std::string> encode_kalshi_amend(const OrderIntent& order, const KalshiAmend& amend) {
  if (const auto why = objection(order, amend.limit, amend.total); !why.empty()) {
    return refuse(why);
  }
  if (!valid_client_id(amend.updated_client_order_id)) {
    return refuse("the new client order id is not 1 to 64 of [A-Za-z0-9_-]");
  }
  const auto leg = to_kalshi_leg(order.side, order.action, amend.limit);
  return boost::json::serialize(boost::json::object{
    {"ticker", order.ref.native_id},
    {"side", view(to_wire(leg.side))},
    {"price", to_string(leg.price)},
    {"count", wire_count(amend.total)},
    {"client_order_id", order.client_order_id},
    {"updated_client_order_id", amend.updated_client_order_id},
    {"exchange_index", order.exchange_index},
  });
}

} // namespace arbees
