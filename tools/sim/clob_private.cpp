#include "tools/sim/clob_private.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tools/sim/clob_rest.hpp"
#include "tools/sim/poly_json.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

constexpr std::size_t most_in_a_batch = 15;
constexpr std::size_t most_cancels = 1000;
constexpr std::size_t page_size = 100;
constexpr UnixMillis heartbeat_limit_ms = 10'000;

HttpReply refused(const ClobRefusal& refusal) {
  return clob_error(refusal.status, refusal.text);
}

HttpReply too_many() {
  auto answer = clob_error(429, "Too Many Requests");
  answer.headers.emplace_back("Retry-After", "1");
  return answer;
}

HttpReply payload() {
  return clob_error(400, "Invalid order payload");
}

std::optional<json::value> body_of(const HttpRequest& request) {
  json::error_code failure;
  auto body = json::parse(request.body, failure);
  return failure ? std::nullopt : std::optional{std::move(body)};
}

std::string text_at(const json::value& body, std::string_view key) {
  const auto* const object = body.if_object();
  const auto* const value = object != nullptr ? object->if_contains(key) : nullptr;
  return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

/// A page with the cursors that the venue's clients expect: "MA==" at first, "LTE=" at the end.
HttpReply cursor_page(const HttpRequest& request, json::array rows) {
  const auto cursor = request.parameter("next_cursor");
  std::size_t begin = 0;
  if (!cursor.empty() && cursor != "MA==") {
    const auto digits = after(cursor, "pos");
    for (const auto c : digits.value_or("x")) {
      if (c < '0' || c > '9' || begin > rows.size()) {
        return clob_error(400, "invalid next_cursor");
      }
      begin = 10 * begin + static_cast<std::size_t>(c - '0');
    }
  }
  begin = std::min(begin, rows.size());
  const auto end = std::min(begin + page_size, rows.size());
  json::array data;
  for (auto i = begin; i < end; ++i) {
    data.push_back(std::move(rows[i]));
  }
  const auto count = data.size();
  return reply(json::object{{"data", std::move(data)},
                            {"next_cursor", end < rows.size() ? fmt::format("pos{}", end) : "LTE="},
                            {"limit", page_size},
                            {"count", count}});
}

bool wanted(const HttpRequest& request, std::string_view parameter, const json::value& value) {
  const auto text = request.parameter(parameter);
  return text.empty() || (value.is_string() && std::string_view{value.get_string()} == text);
}

} // namespace

// --- whether the engine is up ---

void ClobPrivate::restart(UnixSeconds seconds, UnixSeconds post_only) {
  pause(ClobMode::restarting, seconds);
  post_only_until_ms_ = paused_until_ms_ + 1000 * post_only;
}

void ClobPrivate::pause(ClobMode mode, UnixSeconds seconds) {
  paused_ = mode;
  paused_until_ms_ = engine_->now_ms() + 1000 * seconds;
}

ClobMode ClobPrivate::mode() const {
  const auto now = engine_->now_ms();
  return now < paused_until_ms_      ? paused_
         : now < post_only_until_ms_ ? ClobMode::post_only
                                     : ClobMode::open;
}

std::optional<HttpReply> ClobPrivate::refuse_by_mode(bool cancels) const {
  switch (mode()) {
    case ClobMode::restarting: {
      const auto left = (paused_until_ms_ - engine_->now_ms() + 999) / 1000;
      auto answer = clob_error(425, "matching engine is restarting");
      answer.headers.emplace_back("Retry-After", std::to_string(left));
      return answer;
    }
    case ClobMode::disabled:
      return clob_error(503, "Trading is currently disabled");
    case ClobMode::cancel_only:
      if (!cancels) {
        return clob_error(503,
                          "Trading is currently cancel-only. New orders are not accepted, but "
                          "cancels are allowed.");
      }
      break;
    case ClobMode::post_only:
    case ClobMode::open:
      break;
  }
  return std::nullopt;
}

// --- calls ---

std::optional<HttpReply> ClobPrivate::answer(const HttpRequest& request) {
  if (auto login = keys_.login(request, engine_->now())) {
    return login;
  }
  const auto path = std::string_view{request.path};
  if (path == "/api/geoblock") { // of polymarket.com, and public
    return reply(json::object{{"blocked", geoblocked_},
                              {"ip", "127.0.0.1"},
                              {"country", geoblocked_ ? "US" : "IE"},
                              {"region", geoblocked_ ? "NY" : ""}});
  }
  const auto known = path == "/order" || path == "/orders" || path == "/cancel-all"
                     || path == "/cancel-market-orders" || path == "/data/orders"
                     || path == "/data/trades" || path == "/balance-allowance"
                     || path == "/balance-allowance/update" || path == "/v1/heartbeats"
                     || path == "/heartbeats" || path == "/order-scoring"
                     || path.starts_with("/data/order/") || path.starts_with("/order/")
                     || path.starts_with("/auth/");
  if (!known) {
    return std::nullopt;
  }
  const auto caller = keys_.authenticate(request, engine_->now());
  if (const auto* const refusal = std::get_if<HttpReply>(&caller)) {
    return *refusal;
  }
  return private_call(request, *std::get<const PolyKey*>(caller));
}

HttpReply ClobPrivate::private_call(const HttpRequest& request, const PolyKey& key) {
  if (auto done = orders(request, key)) {
    return *std::move(done);
  }
  if (auto done = reads(request, key)) {
    return *std::move(done);
  }
  return clob_error(405, "method not allowed");
}

std::optional<HttpReply> ClobPrivate::orders(const HttpRequest& request, const PolyKey& key) {
  const auto path = std::string_view{request.path};
  const auto deletes = request.method == "DELETE";
  const auto posts = request.method == "POST";
  if (path == "/auth/api-key" && deletes) {
    keys_.revoke(key.index);
    return reply("OK");
  }
  if (posts && (path == "/v1/heartbeats" || path == "/heartbeats")) {
    return heartbeat(request, key);
  }
  const auto trades = path == "/order" || path == "/orders" || path == "/cancel-all"
                      || path == "/cancel-market-orders";
  if (!trades || (!deletes && !posts)) {
    return std::nullopt;
  }
  if (auto refusal = refuse_by_mode(deletes)) {
    return refusal;
  }
  if (posts && geoblocked_) {
    return clob_error(403, "Trading restricted in your region, please refer to available regions");
  }
  if (posts) {
    return path == "/order"    ? std::optional{post_order(request, key)}
           : path == "/orders" ? std::optional{post_orders(request, key)}
                               : std::nullopt;
  }
  return cancel_some(request, key);
}

std::variant<ClobRefusal, PolyPosted>
ClobPrivate::place(const json::value& body, const PolyKey& key) {
  auto checked = check_posted(*engine_, body, key);
  if (auto* const refusal = std::get_if<ClobRefusal>(&checked)) {
    return std::move(*refusal);
  }
  return accounts_.place(key.index, std::get<PolyDraft>(checked));
}

HttpReply ClobPrivate::post_order(const HttpRequest& request, const PolyKey& key) {
  if (!session(key).orders.take(1, engine_->now_ms())) {
    return too_many();
  }
  const auto body = body_of(request);
  if (!body || !body->is_object()) {
    return payload();
  }
  const auto* const post_only = body->get_object().if_contains("postOnly");
  if (mode() == ClobMode::post_only && (post_only == nullptr || *post_only != json::value(true))) {
    const auto left = (post_only_until_ms_ - engine_->now_ms() + 999) / 1000;
    return reply(json::object{{"code", "post_only_mode"}, {"retry_after_seconds", left}}, 503);
  }
  const auto placed = place(*body, key);
  if (const auto* const refusal = std::get_if<ClobRefusal>(&placed)) {
    return refused(*refusal);
  }
  return reply(posted_json(accounts_, std::get<PolyPosted>(placed)));
}

HttpReply ClobPrivate::post_orders(const HttpRequest& request, const PolyKey& key) {
  const auto body = body_of(request);
  if (!body || !body->is_array() || body->get_array().empty()
      || body->get_array().size() > most_in_a_batch) {
    return payload();
  }
  const auto& all = body->get_array();
  if (!session(key).orders.take(static_cast<double>(all.size()), engine_->now_ms())) {
    return too_many();
  }
  json::array answers;
  for (const auto& one : all) {
    const auto placed =
      mode() == ClobMode::post_only
        ? std::variant<ClobRefusal, PolyPosted>{ClobRefusal{503, "post_only_mode"}}
        : place(one, key);
    if (const auto* const refusal = std::get_if<ClobRefusal>(&placed)) {
      // In a batch a refusal calls itself a success without an order.
      answers.push_back(json::object{{"success", true},
                                     {"errorMsg", refusal->text},
                                     {"orderID", ""},
                                     {"status", ""},
                                     {"makingAmount", ""},
                                     {"takingAmount", ""}});
    } else {
      answers.push_back(posted_json(accounts_, std::get<PolyPosted>(placed)));
    }
  }
  return reply(answers);
}

// --- cancels ---

HttpReply ClobPrivate::cancel(const std::vector<std::string>& hashes, const PolyKey& key) {
  json::array canceled;
  json::object others;
  for (const auto& hash : hashes) {
    const auto reason = accounts_.cancel(key.index, hash);
    if (reason.empty()) {
      canceled.push_back(json::value(hash));
    } else {
      others[hash] = reason;
    }
  }
  return reply(
    json::object{{"canceled", std::move(canceled)}, {"not_canceled", std::move(others)}});
}

std::vector<const PolyOrder*> ClobPrivate::open_orders(const PolyKey& key) const {
  std::vector<const PolyOrder*> open;
  for (const auto& [id, order] : accounts_.orders()) {
    if (order.key == key.index
        && (order.state == PolyOrderState::live || order.state == PolyOrderState::delayed)) {
      open.push_back(&order);
    }
  }
  return open;
}

HttpReply
ClobPrivate::cancel_open(std::string_view condition, std::string_view token, const PolyKey& key) {
  std::vector<std::string> hashes;
  for (const auto* const order : open_orders(key)) {
    const auto& market =
      engine_->slate().poly_markets[static_cast<std::size_t>(order->draft.market)];
    if ((condition.empty() || market.condition == condition)
        && (token.empty()
            || market.tokens[static_cast<std::size_t>(order->draft.token)] == token)) {
      hashes.push_back(order->draft.hash);
    }
  }
  if (!session(key).cancels.take(static_cast<double>(1 + hashes.size()), engine_->now_ms())) {
    return too_many();
  }
  return cancel(hashes, key);
}

HttpReply ClobPrivate::cancel_some(const HttpRequest& request, const PolyKey& key) {
  if (request.path == "/cancel-all") {
    return cancel_open({}, {}, key);
  }
  const auto body = body_of(request);
  if (!body) {
    return payload();
  }
  if (request.path == "/cancel-market-orders") {
    const auto condition = text_at(*body, "market");
    const auto token = text_at(*body, "asset_id");
    return condition.empty() && token.empty() ? payload() : cancel_open(condition, token, key);
  }
  std::vector<std::string> hashes;
  if (request.path == "/order") {
    hashes.push_back(text_at(*body, "orderID"));
  } else if (const auto* const ids = body->if_array(); ids != nullptr) {
    for (const auto& id : *ids) {
      hashes.push_back(id.is_string() ? std::string{id.get_string()} : std::string{});
    }
  }
  const auto readable = !hashes.empty() && hashes.size() <= most_cancels
                        && std::ranges::none_of(hashes, &std::string::empty);
  if (!readable) {
    return payload();
  }
  if (!session(key).cancels.take(static_cast<double>(hashes.size()), engine_->now_ms())) {
    return too_many();
  }
  return cancel(hashes, key);
}

// --- the dead man's switch ---

HttpReply ClobPrivate::heartbeat(const HttpRequest& request, const PolyKey& key) {
  auto& its = session(key);
  const auto body = body_of(request);
  const auto with_id = request.path == "/v1/heartbeats";
  if (with_id && (!body || !body->is_object())) {
    return payload();
  }
  const auto given = with_id ? text_at(*body, "heartbeat_id") : std::string{};
  if (with_id && given != its.heartbeat) {
    return reply(json::object{{"error", "Invalid Heartbeat ID"}, {"heartbeat_id", its.heartbeat}},
                 400);
  }
  Random random{++heartbeats_ * 104'729};
  its.heartbeat = make_uuid(random);
  its.heard_ms = engine_->now_ms();
  return reply(with_id ? json::object{{"heartbeat_id", its.heartbeat}}
                       : json::object{{"status", "ok"}});
}

void ClobPrivate::on_time() {
  for (auto& [index, its] : sessions_) {
    const auto limit = heartbeat_limit_ms + accounts_.config().heartbeat_grace_ms;
    if (its.heard_ms != 0 && engine_->now_ms() - its.heard_ms > limit) {
      its.heard_ms = 0;
      its.heartbeat.clear();
      for (const auto* const order : open_orders(keys_.at(index))) {
        accounts_.cancel(index, order->draft.hash);
      }
    }
  }
  accounts_.on_time();
}

// --- reads ---

std::optional<HttpReply> ClobPrivate::reads(const HttpRequest& request, const PolyKey& key) {
  if (request.method != "GET") {
    return std::nullopt;
  }
  const auto path = std::string_view{request.path};
  if (path == "/data/orders") {
    return list_orders(request, key);
  }
  if (path == "/data/trades") {
    return list_trades(request, key);
  }
  for (const auto* const prefix : {"/data/order/", "/order/"}) {
    if (const auto hash = after(path, prefix)) {
      return one_order(*hash, key);
    }
  }
  if (path == "/balance-allowance" || path == "/balance-allowance/update") {
    return balance(request, key);
  }
  if (path == "/auth/ban-status/closed-only") {
    return reply(json::object{{"closed_only", false}});
  }
  if (path == "/auth/api-keys") {
    json::array names;
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      const auto& other = keys_.at(static_cast<int>(i));
      if (other.owner == key.owner && !other.revoked) {
        names.push_back(json::value(other.api_key));
      }
    }
    return reply(json::object{{"apiKeys", std::move(names)}});
  }
  if (path == "/order-scoring") {
    return reply(json::object{{"scoring", false}});
  }
  return std::nullopt;
}

HttpReply ClobPrivate::list_orders(const HttpRequest& request, const PolyKey& key) const {
  json::array rows;
  for (const auto* const order : open_orders(key)) {
    auto row = open_order(accounts_, *order);
    if (wanted(request, "id", row.at("id")) && wanted(request, "market", row.at("market"))
        && wanted(request, "asset_id", row.at("asset_id"))) {
      rows.push_back(std::move(row));
    }
  }
  return cursor_page(request, std::move(rows));
}

HttpReply ClobPrivate::one_order(std::string_view hash, const PolyKey& key) const {
  const auto* const order = accounts_.find(hash);
  if (order == nullptr || order->key != key.index) {
    return clob_error(404, "order not found");
  }
  return reply(open_order(accounts_, *order));
}

HttpReply ClobPrivate::list_trades(const HttpRequest& request, const PolyKey& key) const {
  const auto before = request.number("before", 0);
  const auto since = request.number("after", 0);
  if (!before || !since) {
    return clob_error(400, "invalid before or after");
  }
  const auto own = [&](OrderId id) {
    const auto found = accounts_.orders().find(id);
    return found != accounts_.orders().end() && found->second.key == key.index;
  };
  json::array rows;
  const auto& all = accounts_.trades();
  for (auto trade = all.rbegin(); trade != all.rend(); ++trade) {
    const auto at = trade->matched_ms / 1000;
    if ((!own(trade->taker) && !own(trade->maker)) || (*before > 0 && at >= *before)
        || (*since > 0 && at <= *since)) {
      continue;
    }
    auto row = trade_row(accounts_, *trade, key.index);
    if (wanted(request, "id", row.at("id")) && wanted(request, "market", row.at("market"))
        && wanted(request, "asset_id", row.at("asset_id"))
        && wanted(request, "maker_address", row.at("maker_address"))) {
      rows.push_back(std::move(row));
    }
  }
  return cursor_page(request, std::move(rows));
}

HttpReply ClobPrivate::balance(const HttpRequest& request, const PolyKey& key) {
  const auto kind = request.parameter("asset_type");
  const auto collateral = kind == "COLLATERAL";
  const auto asset = collateral ? PolyAsset::collateral : PolyAsset::conditional;
  auto& owner = accounts_.wallet(key.index);
  auto balance = std::max<std::int64_t>(owner.cash.value(), 0);
  if (kind == "CONDITIONAL" || kind == "CONDITIONAL-V2") {
    const auto [market, token] = engine_->poly_token(request.parameter("token_id"));
    if (market < 0) {
      return clob_error(400, "invalid token id");
    }
    const auto newer = engine_->slate().poly_markets[static_cast<std::size_t>(market)].exchange_v3;
    if (newer != (kind == "CONDITIONAL-V2")) { // the token is not of that ledger
      return clob_error(400, "invalid asset_type");
    }
    const auto held = owner.shares.find({market, token});
    balance = held == owner.shares.end() ? 0 : std::max<std::int64_t>(held->second.value(), 0);
  } else if (!collateral) {
    return clob_error(400, "invalid asset_type");
  }
  const auto type = request.number("signature_type", 0);
  if (!type || *type > 3) {
    return clob_error(400, "invalid signature_type");
  }
  if (request.path == "/balance-allowance/update") {
    owner.allowances.refresh(asset);
    return reply(json::object{});
  }
  json::object allowances;
  for (const auto exchange :
       {PolyExchange::regular_v2, PolyExchange::negative_risk_v2, PolyExchange::v3}) {
    allowances[contract_of(exchange)] = allowance_text(owner.allowances.seen(asset, exchange));
  }
  return reply(
    json::object{{"balance", std::to_string(balance)}, {"allowances", std::move(allowances)}});
}

} // namespace arbees::sim
