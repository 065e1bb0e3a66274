#include "tools/sim/kalshi_private.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tools/sim/kalshi_exchange.hpp"
#include "tools/sim/kalshi_rest.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

constexpr std::string_view root = "/trade-api/v2";
constexpr int shards = kalshi_shards;
constexpr double default_cost = 10;
constexpr double cancel_cost = 2;

HttpReply too_many() {
  return reply(json::object{{"error", "too many requests"}}, 429);
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
      halts_[i] = {kind, engine_->steady_ms() + 1000 * seconds};
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
  return found != halts_.end() && engine_->steady_ms() < found->second.until_ms ? found->second.kind
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
    body["exchange_estimated_resume_time"] = iso_seconds((resumes + engine_->skew_ms()) / 1000);
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
  if (!buckets_[account].read.take(default_cost, engine_->steady_ms())) {
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
    auto& bucket =
      buckets.try_emplace(i, Buckets::write_per_second, Buckets::write_capacity).first->second;
    if (!shard || *shard == i) {
      payers.push_back(&bucket);
    }
  }
  const auto now = engine_->steady_ms();
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

} // namespace arbees::sim
