#include "tools/sim/kalshi_private.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tools/sim/kalshi_exchange.hpp"
#include "tools/sim/kalshi_json.hpp"
#include "tools/sim/kalshi_rest.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

constexpr std::string_view root = "/trade-api/v2";
constexpr int shards = kalshi_shards;
constexpr double write_per_second = 300;
constexpr double write_capacity = 600;
constexpr double default_cost = 10;
constexpr double cancel_cost = 2;
constexpr std::int64_t money_per_centicent = money_per_dollar / 10'000;

HttpReply too_many() {
  return reply(json::object{{"error", "too many requests"}}, 429);
}

HttpReply bad_body() {
  return flat_error(400, "invalid_parameters", "body is not a JSON object");
}

HttpReply order_not_found() {
  return kalshi_error(404, "not_found", "order not found");
}

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

json::object shard_json(int shard, KalshiPause pause) {
  return {{"exchange_index", shard},
          {"description", fmt::format("shard {}", shard)},
          {"exchange_active", pause != KalshiPause::exchange},
          {"trading_active", pause == KalshiPause::none},
          {"intra_exchange_transfers_active", pause != KalshiPause::exchange}};
}

} // namespace

// --- pauses ---

void KalshiPrivate::pause(KalshiPause kind, UnixSeconds seconds, std::optional<int> shard) {
  for (auto i = 0; i < shards; ++i) {
    if (!shard || *shard == i) {
      halts_[i] = {kind, engine_->now_ms() + 1000 * seconds};
      if (seconds > 0) {
        accounts_.on_pause(i);
      }
    }
  }
}

void KalshiPrivate::on_time() {
  accounts_.on_time();
  const auto until = weekly_pause_ ? maintenance_until(engine_->now()) : std::nullopt;
  if (until && !in_maintenance_) {
    pause(KalshiPause::trading, *until - engine_->now(), std::nullopt);
  }
  in_maintenance_ = until.has_value();
}

void KalshiPrivate::activate(int market) {
  accounts_.close(market); // reactivation leaves no resting order
  engine_->activate(kalshi_market_at(*engine_, market).book);
}

void KalshiPrivate::attest(UnixSeconds seconds) {
  attested_until_ = seconds < 0 ? std::nullopt : std::optional{engine_->now() + seconds};
}

/// Sports may be traded by API only with an attestation of the location that still holds. All
/// markets here are sports.
std::optional<HttpReply> KalshiPrivate::refuse_unattested() const {
  if (attested_until_ && engine_->now() < *attested_until_) {
    return std::nullopt;
  }
  return kalshi_error(403, "api_key_region_attestation_expired",
                      "location attestation for API keys has expired",
                      "renew it to trade Sports, Elections and Entertainment");
}

KalshiPause KalshiPrivate::paused(int shard) const {
  const auto found = halts_.find(shard);
  return found != halts_.end() && engine_->now_ms() < found->second.until_ms ? found->second.kind
                                                                             : KalshiPause::none;
}

std::optional<HttpReply> KalshiPrivate::refuse_halted(int shard, bool cancels) const {
  switch (paused(shard)) {
    case KalshiPause::exchange:
      return kalshi_error(409, "exchange_is_paused", "exchange is paused");
    case KalshiPause::trading:
      if (!cancels) {
        return kalshi_error(409, "trading_is_paused", "trading is paused");
      }
      break;
    case KalshiPause::none:
      break;
  }
  return std::nullopt;
}

HttpReply KalshiPrivate::exchange_status() const {
  json::array all;
  auto resumes = UnixMillis{0};
  for (auto shard = 0; shard < shards; ++shard) {
    all.push_back(shard_json(shard, paused(shard)));
    if (paused(shard) != KalshiPause::none) {
      resumes = std::max(resumes, halts_.at(shard).until_ms);
    }
  }
  auto body = shard_json(0, paused(0));
  body.erase("exchange_index");
  body.erase("description");
  if (resumes > 0) {
    body["exchange_estimated_resume_time"] = iso_seconds(resumes / 1000);
  }
  body["exchange_index_statuses"] = std::move(all);
  return reply(body);
}

// --- calls ---

bool KalshiPrivate::is_private(std::string_view path) {
  const auto rest = after(path, root).value_or("");
  return rest.starts_with("/portfolio") || rest == "/account/limits" || rest == "/api_keys"
         || rest == "/exchange/user_data_timestamp";
}

std::optional<HttpReply> KalshiPrivate::answer(const HttpRequest& request, std::string_view key) {
  const auto path = after(request.path, root);
  if (!path || !is_private(request.path)) {
    return std::nullopt;
  }
  const auto account = accounts_.account_of(key);
  if (request.method != "GET") {
    return write(account, request, *path);
  }
  if (!buckets_[account].read.take(default_cost, engine_->now_ms())) {
    return too_many();
  }
  return read(account, request, *path);
}

/// A call that names its shard pays from that shard's bucket; one that is routed by its ticker pays
/// from the unscoped one and from every other.
bool KalshiPrivate::bill(int account, double cost, std::optional<int> shard) {
  auto& buckets = buckets_[account].write;
  std::vector<TokenBucket*> payers;
  for (auto i = 0; i < shards; ++i) {
    auto& bucket = buckets.try_emplace(i, write_per_second, write_capacity).first->second;
    if (!shard || *shard == i) {
      payers.push_back(&bucket);
    }
  }
  const auto now = engine_->now_ms();
  const auto enough = std::ranges::all_of(payers, [&](TokenBucket* bucket) {
    return bucket->take(0, now) && bucket->tokens() >= cost;
  });
  for (auto* const bucket : payers) {
    if (enough) {
      bucket->take(cost, now);
    }
  }
  return enough;
}

std::optional<HttpReply>
KalshiPrivate::write(int account, const HttpRequest& request, std::string_view path) {
  if (path == "/portfolio/orders" || path.starts_with("/portfolio/orders/")) {
    return kalshi_error(410, "deprecated_v1_order_endpoint", "use /portfolio/events/orders");
  }
  const auto posts = request.method == "POST";
  const auto deletes = request.method == "DELETE";
  constexpr std::string_view orders = "/portfolio/events/orders";
  if (deletes && path == orders) {
    return bill(account, cancel_cost, 0) ? cancel_all(account) : too_many();
  }
  const auto batch = path == "/portfolio/events/orders/batched";
  const auto one = after(path, "/portfolio/events/orders/");
  if (deletes && one && !batch) {
    const auto shard = request.number("exchange_index", -1);
    const auto named = shard && *shard >= 0 ? std::optional{*shard} : std::nullopt;
    return bill(account, cancel_cost, named)
             ? cancel(account, *one, request.parameter("market_ticker"), named)
             : too_many();
  }
  json::error_code failure;
  const auto parsed = json::parse(request.body, failure);
  const auto* const body = failure ? nullptr : parsed.if_object();
  if (const auto target = after(path, "/portfolio/order_groups/")) {
    return write_group(account, request, *target, body);
  }
  if (batch && (posts || deletes)) {
    return write_batch(account, body, posts);
  }
  if (posts && (one || path == orders)) {
    if (!bill(account, default_cost, body != nullptr ? named_shard(*body) : 0)) {
      return too_many();
    }
    return body == nullptr ? bad_body()
           : one           ? change(account, *one, *body)
                           : create(account, *body);
  }
  if (posts && path == "/portfolio/intra_exchange_instance_transfer") {
    return body != nullptr ? transfer(account, *body) : bad_body();
  }
  return std::nullopt;
}

HttpReply KalshiPrivate::write_group(int account, const HttpRequest& request,
                                     std::string_view target, const json::object* body) {
  const auto creates = request.method == "POST" && target == "create";
  const auto shard = creates ? (body != nullptr ? named_shard(*body).value_or(0) : 0)
                             : request.number("exchange_index", 0).value_or(0);
  if (!bill(account, default_cost, std::min(shard, shards - 1))) {
    return too_many();
  }
  return !creates          ? change_group(account, request, target, body)
         : body != nullptr ? create_group(account, *body)
                           : bad_body();
}

HttpReply KalshiPrivate::write_batch(int account, const json::object* body, bool creates) {
  const auto* const items = body != nullptr ? body->if_contains("orders") : nullptr;
  if (items == nullptr || !items->is_array() || items->get_array().empty()) {
    return flat_error(400, "invalid_parameters", "orders is a list");
  }
  const auto& all = items->get_array();
  const auto cost = static_cast<double>(all.size()) * (creates ? default_cost : cancel_cost);
  if (!bill(account, cost, 0)) {
    return too_many();
  }
  return creates ? create_batch(account, all) : cancel_batch(account, all);
}

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

} // namespace

namespace {

std::string text_of(const json::object& body, const char* key) {
  const auto* const value = body.if_contains(key);
  return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
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
  if (auto refusal =
        accounts_.amend(order->id, price, total, updated.empty() ? order->client_id : updated)) {
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
    const auto id = object == nullptr ? std::string{} : text_of(*object, "order_id");
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

HttpReply KalshiPrivate::transfer(int account, const json::object& body) {
  const auto number = [&](const char* key) -> std::int64_t {
    const auto* const value = body.if_contains(key);
    return value != nullptr && value->is_int64() ? value->get_int64() : -1;
  };
  const auto amount = number("amount");
  const auto from = number("source_exchange_shard");
  const auto to = number("destination_exchange_shard");
  if (amount <= 0 || amount > 1'000'000'000'000 || from < 0 || from >= shards || to < 0
      || to >= shards || from == to) {
    return flat_error(400, "invalid_parameters", "invalid parameters");
  }
  if (!accounts_.transfer(account, static_cast<int>(from), static_cast<int>(to),
                          Money{amount * money_per_centicent})) {
    return kalshi_error(400, "insufficient_balance", "insufficient balance");
  }
  Random random{++transfers_ * 15'485'863};
  return reply(json::object{{"transfer_id", make_uuid(random)}});
}

// --- reads ---

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
    {"write", json::object{{"refill_rate", static_cast<std::int64_t>(write_per_second)},
                           {"bucket_capacity", static_cast<std::int64_t>(write_capacity)}}},
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
  const auto since = request.number("min_ts", 0).value_or(0);
  const auto until = request.number("max_ts", 0).value_or(0);
  const auto& ids = accounts_.at(account).orders;
  std::vector<json::object> rows;
  for (auto id = ids.rbegin(); id != ids.rend(); ++id) {
    const auto& order = accounts_.order(*id);
    const auto at = order.created_ms / 1000;
    auto row = order_row(accounts_, order);
    if (listed(request, row) && (status.empty() || row.at("status") == json::value(status))
        && at >= since && (until == 0 || at <= until)) {
      rows.push_back(std::move(row));
    }
  }
  return rows_reply(request, "orders", std::move(rows));
}

HttpReply KalshiPrivate::list_fills(int account, const HttpRequest& request) const {
  const auto wanted = request.parameter("order_id");
  const auto since = request.number("min_ts", 0).value_or(0);
  const auto until = request.number("max_ts", 0).value_or(0);
  const auto& fills = accounts_.at(account).fills;
  std::vector<json::object> rows;
  for (auto fill = fills.rbegin(); fill != fills.rend(); ++fill) {
    const auto at = fill->at_ms / 1000;
    auto row = fill_row(accounts_, *fill);
    if (listed(request, row) && (wanted.empty() || row.at("order_id") == json::value(wanted))
        && at >= since && (until == 0 || at <= until)) {
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
  const auto since = request.number("min_ts", 0).value_or(0);
  const auto until = request.number("max_ts", 0).value_or(0);
  const auto& all = accounts_.at(account).settlements;
  std::vector<json::object> rows;
  for (auto settlement = all.rbegin(); settlement != all.rend(); ++settlement) {
    const auto at = settlement->at_ms / 1000;
    auto row = settlement_row(accounts_, *settlement);
    if (listed(request, row) && at >= since && (until == 0 || at <= until)) {
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
