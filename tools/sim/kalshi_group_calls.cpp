#include "tools/sim/kalshi_json.hpp"
#include "tools/sim/kalshi_private.hpp"
#include "tools/sim/kalshi_rest.hpp"

// Order groups over REST (fact sheet kalshi, section 5.8). The codes and statuses of their errors
// are not documented.

namespace arbees::sim {

namespace json = boost::json;

namespace {

constexpr Quantity largest_limit{1'000'000 * quantity_per_contract};
constexpr std::string_view groups_path = "/portfolio/order_groups";

HttpReply group_not_found() {
  return kalshi_error(404, "order_group_not_found", "order group not found");
}

HttpReply bad_limit(std::string_view what) {
  return flat_error(400, "invalid_parameters", "invalid parameters", what);
}

/// Whole contracts by number, by text, or by both if they agree.
std::variant<HttpReply, Quantity> read_limit(const json::object& body) {
  const auto* const number = body.if_contains("contracts_limit");
  const auto* const text = body.if_contains("contracts_limit_fp");
  std::optional<Quantity> limit;
  if (number != nullptr) {
    if (!number->is_int64() || number->get_int64() < 1 || number->get_int64() > 1'000'000) {
      return bad_limit("contracts_limit is 1 to 1000000");
    }
    limit = Quantity{number->get_int64() * quantity_per_contract};
  }
  if (text != nullptr) {
    const auto parsed = text->is_string() ? parse_quantity(text->get_string()) : std::nullopt;
    if (!parsed || *parsed < Quantity{quantity_per_contract} || *parsed > largest_limit
        || parsed->value() % quantity_per_contract != 0) {
      return bad_limit("contracts_limit_fp is whole contracts, 1.00 to 1000000.00");
    }
    if (limit && *limit != *parsed) {
      return bad_limit("contracts_limit and contracts_limit_fp differ");
    }
    limit = parsed;
  }
  if (!limit) {
    return bad_limit("contracts_limit or contracts_limit_fp is required");
  }
  return *limit;
}

json::object group_json(const KalshiOrderGroup& group) {
  return {{"contracts_limit_fp", to_string(group.limit)},
          {"is_auto_cancel_enabled", group.triggered},
          {"exchange_index", group.shard}};
}

} // namespace

std::optional<HttpReply> KalshiPrivate::read_groups(int account, std::string_view path) const {
  if (path == groups_path) {
    json::array rows;
    for (const auto* const group : accounts_.groups().of(account)) {
      auto row = group_json(*group);
      row["id"] = group->id;
      rows.push_back(std::move(row));
    }
    return reply(json::object{{"order_groups", std::move(rows)}});
  }
  const auto id = after(path, "/portfolio/order_groups/");
  if (!id) {
    return std::nullopt;
  }
  const auto* const group = accounts_.groups().find(account, *id);
  if (group == nullptr) {
    return group_not_found();
  }
  json::array orders;
  for (const auto order : group->orders) {
    if (accounts_.order(order).resting > Quantity{0}) {
      orders.push_back(json::value(accounts_.order(order).uuid));
    }
  }
  auto body = group_json(*group);
  body["orders"] = std::move(orders);
  return reply(body);
}

HttpReply KalshiPrivate::create_group(int account, const json::object& body) {
  const auto limit = read_limit(body);
  if (const auto* const refusal = std::get_if<HttpReply>(&limit)) {
    return *refusal;
  }
  const auto shard = named_shard(body).value_or(0);
  if (shard >= kalshi_shards) {
    return bad_limit("exchange_index");
  }
  if (!accounts_.at(account).cash.contains(shard)) {
    return kalshi_error(404, "user_not_found", "user not found");
  }
  const auto& group = accounts_.create_group(account, shard, std::get<Quantity>(limit));
  return reply(
    json::object{{"order_group_id", group.id}, {"subaccount", 0}, {"exchange_index", shard}}, 201);
}

/// PUT …/{id}/reset, /trigger and /limit, and DELETE …/{id}. Without its shard a call goes to 0.
HttpReply KalshiPrivate::change_group(int account, const HttpRequest& request,
                                      std::string_view target, const json::object* body) {
  const auto slash = std::min(target.find('/'), target.size());
  const auto verb = target.substr(slash);
  const auto shard = request.number("exchange_index", 0);
  const auto* const group = accounts_.groups().find(account, target.substr(0, slash));
  if (group == nullptr || !shard || group->shard != *shard) {
    return group_not_found();
  }
  const auto deletes = request.method == "DELETE" && verb.empty();
  const auto puts = request.method == "PUT";
  const auto id = group->id;
  if (deletes) {
    accounts_.delete_group(account, id);
  } else if (puts && verb == "/reset") {
    accounts_.reset_group(account, id);
  } else if (puts && verb == "/trigger") {
    accounts_.trigger_group(account, id);
  } else if (puts && verb == "/limit") {
    const auto limit = body != nullptr ? read_limit(*body) : bad_limit("body is no JSON object");
    if (const auto* const refusal = std::get_if<HttpReply>(&limit)) {
      return *refusal;
    }
    accounts_.limit_group(account, id, std::get<Quantity>(limit));
  } else {
    return kalshi_error(404, "not_found", "not found");
  }
  return reply(json::object{});
}

} // namespace arbees::sim
