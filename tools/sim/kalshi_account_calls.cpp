#include "tools/sim/kalshi_json.hpp"
#include "tools/sim/kalshi_private.hpp"
#include "tools/sim/kalshi_rest.hpp"

// What an account is told over REST, and its transfers between shards (fact sheet kalshi, sections
// 5.5 to 5.7).

namespace arbees::sim {

namespace json = boost::json;

namespace {

constexpr std::int64_t money_per_centicent = money_per_dollar / 10'000;

/// A page of rows that pass, newest first, under `key`.
HttpReply
rows_reply(const HttpRequest& request, std::string_view key, std::vector<json::object> rows) {
  const auto limit = request.number("limit", 100);
  if (!limit || *limit < 1 || *limit > 1000) {
    return kalshi_error(400, "invalid_parameters", "limit is 1 to 1000");
  }
  const auto part =
    page(rows.size(), static_cast<std::size_t>(*limit), request.parameter("cursor"));
  if (!part) {
    return kalshi_error(400, "invalid_parameters", "invalid cursor");
  }
  json::array shown;
  for (auto i = part->begin; i < part->end; ++i) {
    shown.push_back(std::move(rows[i]));
  }
  return reply(json::object{{key, std::move(shown)}, {"cursor", part->next}});
}

/// Whether a row agrees with the filters on market and shard.
bool listed(const HttpRequest& request, const json::object& row) {
  const auto ticker = request.parameter("ticker");
  const auto event = request.parameter("event_ticker");
  const auto name = std::string_view{row.at("ticker").as_string()};
  const auto shard = request.parameter("exchange_index");
  return (ticker.empty() || name == ticker)
         && (event.empty()
             || (name.starts_with(event) && name.substr(event.size()).starts_with('-')))
         && (shard.empty() || shard == std::to_string(row.at("exchange_index").as_int64()));
}

/// Whether it happened between the seconds that the query names.
bool in_time(const HttpRequest& request, UnixMillis at_ms) {
  const auto since = request.number("min_ts", 0).value_or(0);
  const auto until = request.number("max_ts", 0).value_or(0);
  const auto at = at_ms / 1000;
  return at >= since && (until == 0 || at <= until);
}

} // namespace

HttpReply KalshiPrivate::transfer(int account, const json::object& body) {
  const auto number = [&](const char* key) -> std::int64_t {
    const auto* const value = body.if_contains(key);
    return value != nullptr && value->is_int64() ? value->get_int64() : -1;
  };
  const auto amount = number("amount");
  const auto from = number("source_exchange_shard");
  const auto to = number("destination_exchange_shard");
  if (amount <= 0 || amount > 1'000'000'000'000 || from < 0 || from >= kalshi_shards || to < 0
      || to >= kalshi_shards || from == to) {
    return flat_error(400, "invalid_parameters", "invalid parameters");
  }
  if (!accounts_.transfer(account, static_cast<int>(from), static_cast<int>(to),
                          Money{amount * money_per_centicent})) {
    return kalshi_error(400, "insufficient_balance", "insufficient balance");
  }
  Random random{++transfers_ * 15'485'863};
  return reply(json::object{{"transfer_id", make_uuid(random)}});
}

std::optional<HttpReply>
KalshiPrivate::read(int account, const HttpRequest& request, std::string_view path) const {
  if (const auto id = after(path, "/portfolio/orders/")) {
    const auto* const order = accounts_.find(*id);
    return order == nullptr || order->account != account
             ? order_not_found()
             : reply(json::object{{"order", order_row(accounts_, *order)}});
  }
  if (auto groups = read_groups(account, path)) {
    return groups;
  }
  if (path == "/exchange/user_data_timestamp") {
    return reply(json::object{{"as_of_time", iso_seconds(engine_->now())}});
  }
  return path == "/portfolio/orders"        ? std::optional{list_orders(account, request)}
         : path == "/portfolio/fills"       ? std::optional{list_fills(account, request)}
         : path == "/portfolio/positions"   ? std::optional{list_positions(account, request)}
         : path == "/portfolio/settlements" ? std::optional{list_settlements(account, request)}
         : path == "/portfolio/balance"     ? std::optional{balance(account, request)}
         : path == "/account/limits"        ? std::optional{limits(account)}
         : path == "/api_keys"              ? std::optional{api_keys(account)}
                                            : std::nullopt;
}

HttpReply KalshiPrivate::limits(int account) const {
  const auto& read = buckets_.at(account).read;
  return reply(json::object{
    {"usage_tier", "advanced"},
    {"read", json::object{{"refill_rate", static_cast<std::int64_t>(read.per_second())},
                          {"bucket_capacity", static_cast<std::int64_t>(read.capacity())}}},
    {"write",
     json::object{{"refill_rate", static_cast<std::int64_t>(Buckets::write_per_second)},
                  {"bucket_capacity", static_cast<std::int64_t>(Buckets::write_capacity)}}},
    {"grants", json::array{}}});
}

HttpReply KalshiPrivate::api_keys(int account) const {
  const json::object key{{"api_key_id", accounts_.at(account).key},
                         {"name", "simulated"},
                         {"scopes", json::array{"read", "write"}}};
  json::object body{{"api_keys", json::array{key}}};
  if (attested_until_) { // absent if it was never made
    body["api_key_region_expiration_ts"] = *attested_until_;
  }
  return reply(body);
}

HttpReply KalshiPrivate::list_orders(int account, const HttpRequest& request) const {
  const auto status = request.parameter("status");
  const auto& ids = accounts_.at(account).orders;
  std::vector<json::object> rows;
  for (auto id = ids.rbegin(); id != ids.rend(); ++id) {
    const auto& order = accounts_.order(*id);
    auto row = order_row(accounts_, order);
    if (listed(request, row) && (status.empty() || row.at("status") == json::value(status))
        && in_time(request, order.created_ms)) {
      rows.push_back(std::move(row));
    }
  }
  return rows_reply(request, "orders", std::move(rows));
}

HttpReply KalshiPrivate::list_fills(int account, const HttpRequest& request) const {
  const auto wanted = request.parameter("order_id");
  const auto& fills = accounts_.at(account).fills;
  std::vector<json::object> rows;
  for (auto fill = fills.rbegin(); fill != fills.rend(); ++fill) {
    auto row = fill_row(accounts_, *fill);
    if (listed(request, row) && (wanted.empty() || row.at("order_id") == json::value(wanted))
        && in_time(request, fill->at_ms)) {
      rows.push_back(std::move(row));
    }
  }
  return rows_reply(request, "fills", std::move(rows));
}

HttpReply KalshiPrivate::list_positions(int account, const HttpRequest& request) const {
  const auto open_only = request.parameter("count_filter") == "position";
  json::array rows;
  for (const auto& [index, position] : accounts_.at(account).positions) {
    auto row = position_row(accounts_, index, position);
    const auto settled = kalshi_status(*engine_, kalshi_market_at(*engine_, index)) == "finalized";
    if (!settled && listed(request, row) && (!open_only || position.contracts != Quantity{0})) {
      rows.push_back(std::move(row));
    }
  }
  return reply(
    json::object{{"market_positions", rows}, {"event_positions", json::array{}}, {"cursor", ""}});
}

HttpReply KalshiPrivate::list_settlements(int account, const HttpRequest& request) const {
  const auto& all = accounts_.at(account).settlements;
  std::vector<json::object> rows;
  for (auto settlement = all.rbegin(); settlement != all.rend(); ++settlement) {
    auto row = settlement_row(accounts_, *settlement);
    if (listed(request, row) && in_time(request, settlement->at_ms)) {
      rows.push_back(std::move(row));
    }
  }
  return rows_reply(request, "settlements", std::move(rows));
}

HttpReply KalshiPrivate::balance(int index, const HttpRequest& request) const {
  const auto asked = request.parameter("exchange_index");
  const auto& account = accounts_.at(index);
  auto sum = Money{0};
  auto value = Money{0};
  json::array breakdown;
  for (const auto& [shard, cash] : account.cash) {
    if (asked.empty() || asked == std::to_string(shard)) {
      const auto free = accounts_.free(account, shard);
      sum += free;
      breakdown.push_back(json::object{{"exchange_index", shard}, {"balance", dollars(free)}});
    }
  }
  for (const auto& [market, position] : account.positions) {
    if (asked.empty() || asked == std::to_string(shard_of(*engine_, market))) {
      value += position.cost;
    }
  }
  return reply(json::object{{"balance", sum.value() / 10'000},
                            {"balance_dollars", dollars(sum)},
                            {"portfolio_value", value.value() / 10'000},
                            {"updated_ts", engine_->now()},
                            {"balance_breakdown", std::move(breakdown)}});
}

} // namespace arbees::sim
