#include <algorithm>

#include "tools/sim/kalshi_json.hpp"
#include "tools/sim/kalshi_private.hpp"
#include "tools/sim/kalshi_rest.hpp"

// Orders over REST: creates, changes and cancels, one by one and in batches (fact sheet kalshi,
// sections 5.2 to 5.5).

namespace arbees::sim {

namespace json = boost::json;

namespace {

/// One item's answer in a batch: its own, or a flat error.
json::object batch_item(const HttpReply& answer) {
  auto body = json::parse(answer.body).as_object();
  if (answer.status < 300) {
    return body;
  }
  auto* const nested = body.if_contains("error");
  return {{"error", nested != nullptr ? std::move(*nested) : json::value(std::move(body))}};
}

/// What an order is to become.
struct Amendment {
  Price price{};
  Quantity total{};
};

/// Reads the body of an amend, or of a decrease by or to a count.
std::variant<HttpReply, Amendment>
read_amendment(const KalshiOrder& order, const KalshiMarket& market, bool amends,
               const json::object& body) {
  auto price = std::optional{order.price};
  auto total = std::optional<Quantity>{};
  if (amends) {
    const auto side = order.side == BookSide::bid ? "bid" : "ask";
    if (text_of(body, "ticker") != market.ticker || text_of(body, "side") != side) {
      return flat_error(400, "invalid_parameters", "invalid parameters", "ticker and side");
    }
    price = parse_price(text_of(body, "price"));
    total = parse_quantity(text_of(body, "count"));
  } else if (body.contains("reduce_by") != body.contains("reduce_to")) {
    const auto by = parse_quantity(text_of(body, "reduce_by"));
    const auto to = by ? std::optional{order.resting - std::min(*by, order.resting)}
                       : parse_quantity(text_of(body, "reduce_to"));
    total = to && *to <= order.resting ? std::optional{order.filled + *to} : std::nullopt;
  }
  if (!price || !kalshi_grid(market.structure).contains(*price)) {
    return flat_error(400, "invalid_order", "invalid order", "price is not on the market's grid");
  }
  constexpr std::int64_t count_step = quantity_per_contract / 100;
  if (!total || *total < order.filled || *total > largest_count || total->value() % count_step != 0
      || (amends && *total == order.filled)) {
    return flat_error(400, "invalid_order_size", "invalid order size");
  }
  return Amendment{*price, *total};
}

} // namespace

HttpReply KalshiPrivate::create(int account, const json::object& body) {
  auto checked = check_create(*engine_, body);
  if (auto* const refusal = std::get_if<HttpReply>(&checked)) {
    return *refusal;
  }
  auto& draft = std::get<KalshiDraft>(checked);
  if (auto refusal = refuse_unattested()) {
    return *std::move(refusal);
  }
  if (auto refusal = refuse_halted(shard_of(*engine_, draft.market), false)) {
    return *std::move(refusal);
  }
  const auto placed = accounts_.place(account, std::move(draft));
  if (const auto* const refusal = std::get_if<HttpReply>(&placed)) {
    return *refusal;
  }
  return reply(created_json(accounts_, *std::get<const KalshiOrder*>(placed)), 201);
}

/// POST …/{order_id}/amend and …/{order_id}/decrease.
HttpReply KalshiPrivate::change(int account, std::string_view target, const json::object& body) {
  const auto slash = std::min(target.find('/'), target.size());
  const auto verb = target.substr(slash);
  const auto* const order = accounts_.find(target.substr(0, slash));
  if ((verb != "/amend" && verb != "/decrease") || order == nullptr || order->account != account
      || order->resting == Quantity{0}) {
    return order_not_found();
  }
  const auto shard = shard_of(*engine_, order->market);
  const auto routed = !text_of(body, "ticker").empty() || !text_of(body, "market_ticker").empty();
  if (named_shard(body).value_or(routed ? shard : 0) != shard) {
    return order_not_found();
  }
  const auto amends = verb == "/amend";
  if (auto refusal = amends ? refuse_standstill(*engine_, order->market)
                            : refuse_closed(*engine_, order->market)) {
    return *std::move(refusal);
  }
  if (auto refusal = amends ? refuse_unattested() : std::nullopt) {
    return *std::move(refusal);
  }
  if (auto refusal = refuse_halted(shard, !amends)) {
    return *std::move(refusal);
  }
  const auto& market = kalshi_market_at(*engine_, order->market);
  const auto wanted = read_amendment(*order, market, amends, body);
  if (const auto* const refusal = std::get_if<HttpReply>(&wanted)) {
    return *refusal;
  }
  const auto& [price, total] = std::get<Amendment>(wanted);
  if (total == order->filled) {
    accounts_.cancel(order->id);
    return reply(created_json(accounts_, *order));
  }
  const auto updated = text_of(body, "updated_client_order_id");
  if (auto refusal = accounts_.amend(order->id, price, total,
                                     updated.empty() ? order->client_id : std::string{updated})) {
    return *std::move(refusal);
  }
  return reply(created_json(accounts_, *order));
}

HttpReply KalshiPrivate::create_batch(int account, const json::array& bodies) {
  json::array answers;
  for (const auto& body : bodies) {
    answers.push_back(
      batch_item(body.is_object() ? create(account, body.get_object()) : bad_body()));
  }
  return reply(json::object{{"orders", std::move(answers)}}, 201);
}

HttpReply KalshiPrivate::cancel(int account, std::string_view uuid, std::string_view ticker,
                                std::optional<int> shard) {
  const auto* const order = accounts_.find(uuid);
  if (order == nullptr) {
    return order_not_found();
  }
  // Without a hint the call goes to shard 0, where most sports do not live.
  const auto& market = kalshi_market_at(*engine_, order->market);
  const auto its_shard = shard_of(*engine_, order->market);
  const auto routed = !ticker.empty() ? ticker == market.ticker : shard.value_or(0) == its_shard;
  if (order->account != account || !routed) {
    return order_not_found();
  }
  if (auto refusal = refuse_closed(*engine_, order->market)) {
    return *std::move(refusal);
  }
  if (auto refusal = refuse_halted(its_shard, true)) {
    return *std::move(refusal);
  }
  const auto left = accounts_.cancel(order->id);
  if (left == Quantity{0}) {
    return order_not_found();
  }
  return reply(json::object{{"order_id", order->uuid},
                            {"client_order_id", order->client_id},
                            {"reduced_by", to_string(left)},
                            {"ts_ms", order->updated_ms}});
}

HttpReply KalshiPrivate::cancel_batch(int account, const json::array& wanted) {
  json::array answers;
  for (const auto& item : wanted) {
    const auto* const object = item.if_object();
    const auto id = object == nullptr ? std::string_view{} : text_of(*object, "order_id");
    auto answer =
      batch_item(object == nullptr
                   ? bad_body()
                   : cancel(account, id, text_of(*object, "market_ticker"), named_shard(*object)));
    if (answer.contains("error")) { // an item names its order also where nothing was cancelled
      answer["order_id"] = id;
      answer["reduced_by"] = to_string(Quantity{0});
    }
    answers.push_back(std::move(answer));
  }
  return reply(json::object{{"orders", std::move(answers)}});
}

/// On all shards that are not halted.
HttpReply KalshiPrivate::cancel_all(int account) {
  json::array answers;
  const auto orders = accounts_.at(account).orders;
  for (const auto id : orders) {
    const auto& order = accounts_.order(id);
    if (order.resting > Quantity{0}) {
      answers.push_back(
        batch_item(cancel(account, order.uuid, {}, shard_of(*engine_, order.market))));
    }
  }
  return reply(json::object{{"orders", std::move(answers)}});
}

} // namespace arbees::sim
