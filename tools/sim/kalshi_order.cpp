#include "tools/sim/kalshi_order.hpp"

#include <algorithm>

#include "tools/sim/kalshi_rest.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

constexpr std::int64_t count_step = quantity_per_contract / 100;
constexpr std::size_t longest_client_id = 64;
constexpr UnixSeconds furthest_end_s = 10LL * 365 * 86'400;

bool flag(const json::object& body, std::string_view key) {
  const auto* const value = body.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

bool good_client_id(std::string_view id) {
  return id.size() <= longest_client_id && std::ranges::all_of(id, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
                  || c == '-' || c == '_';
         });
}

HttpReply invalid_parameters(std::string_view what) {
  return flat_error(400, "invalid_parameters", "invalid parameters", what);
}

HttpReply invalid_order(std::string_view what) {
  return flat_error(400, "invalid_order", "invalid order", what);
}

std::variant<HttpReply, KalshiDraft> check_fields(const Engine& engine, const json::object& body) {
  KalshiDraft draft;
  const auto side = text_of(body, "side");
  const auto count = parse_quantity(text_of(body, "count"));
  const auto price = parse_price(text_of(body, "price"));
  const auto stp = text_of(body, "self_trade_prevention_type");
  const auto force = text_of(body, "time_in_force");
  draft.market = engine.kalshi_market(text_of(body, "ticker"));
  if (draft.market < 0) {
    return kalshi_error(404, "not_found", "market not found", text_of(body, "ticker"));
  }
  if (side != "bid" && side != "ask") {
    return invalid_parameters("side is bid or ask");
  }
  if (force != "fill_or_kill" && force != "immediate_or_cancel" && force != "good_till_canceled") {
    return invalid_parameters("time_in_force");
  }
  if (stp != "taker_at_cross" && stp != "maker") {
    return invalid_parameters("self_trade_prevention_type");
  }
  if (!count || *count <= Quantity{0} || *count > largest_count
      || count->value() % count_step != 0) {
    return flat_error(400, "invalid_order_size", "invalid order size",
                      "count is a positive multiple of 0.01");
  }
  if (!price || !kalshi_grid(kalshi_market_at(engine, draft.market).structure).contains(*price)) {
    return invalid_order("price is not on the market's grid");
  }
  draft.side = side == "bid" ? BookSide::bid : BookSide::ask;
  draft.count = *count;
  draft.price = *price;
  draft.rests = force == "good_till_canceled";
  draft.all_or_nothing = force == "fill_or_kill";
  draft.stp_maker = stp == "maker";
  draft.post_only = flag(body, "post_only");
  draft.reduce_only = flag(body, "reduce_only");
  draft.cancel_on_pause = flag(body, "cancel_order_on_pause");
  draft.client_id = text_of(body, "client_order_id");
  draft.group = text_of(body, "order_group_id");
  return draft;
}

std::optional<HttpReply>
check_flags(const Engine& engine, const json::object& body, KalshiDraft& draft) {
  if (!good_client_id(draft.client_id)) {
    return invalid_parameters("client_order_id");
  }
  if (const auto* const expires = body.if_contains("expiration_time")) {
    if (!draft.rests || !expires->is_int64() || expires->get_int64() <= engine.now()
        || expires->get_int64() > engine.now() + furthest_end_s) {
      return invalid_order("expiration_time needs good_till_canceled and a future second");
    }
    draft.expires = expires->get_int64();
  }
  if (draft.post_only && !draft.rests) {
    return invalid_order("post_only needs good_till_canceled");
  }
  if (draft.reduce_only && (draft.rests || draft.all_or_nothing)) {
    return invalid_order("reduce_only needs immediate_or_cancel");
  }
  const auto shard = named_shard(body);
  if (shard && *shard != shard_of(engine, draft.market)) {
    return kalshi_error(404, "not_found", "market not found on this exchange_index");
  }
  return refuse_standstill(engine, draft.market);
}

} // namespace

std::optional<HttpReply> refuse_closed(const Engine& engine, int market) {
  const auto book = kalshi_market_at(engine, market).book;
  if (engine.status(book).decided || engine.closed(book)) {
    return kalshi_error(409, "MARKET_INACTIVE", "market is closed");
  }
  return std::nullopt;
}

std::optional<HttpReply> refuse_standstill(const Engine& engine, int market) {
  if (auto refusal = refuse_closed(engine, market)) {
    return refusal;
  }
  if (!engine.status(kalshi_market_at(engine, market).book).active) {
    return kalshi_error(409, "trading_is_paused", "trading is paused on this market");
  }
  return std::nullopt;
}

const KalshiMarket& kalshi_market_at(const Engine& engine, int index) {
  return engine.slate().kalshi_markets[static_cast<std::size_t>(index)];
}

int shard_of(const Engine& engine, int market) {
  const auto event = static_cast<std::size_t>(kalshi_market_at(engine, market).event);
  return facts(engine.slate().kalshi_events[event].league).exchange_index;
}

HttpReply flat_error(unsigned status, std::string_view code, std::string_view message,
                     std::string_view details) {
  return reply(json::object{{"code", code}, {"message", message}, {"details", details}}, status);
}

HttpReply bad_body() {
  return flat_error(400, "invalid_parameters", "body is not a JSON object");
}

HttpReply order_not_found() {
  return kalshi_error(404, "not_found", "order not found");
}

std::optional<int> named_shard(const json::object& body) {
  const auto* const shard = body.if_contains("exchange_index");
  const auto named =
    shard != nullptr && shard->is_int64() && shard->get_int64() >= 0 && shard->get_int64() < 1000;
  return named ? std::optional{static_cast<int>(shard->get_int64())} : std::nullopt;
}

std::variant<HttpReply, KalshiDraft> check_create(const Engine& engine, const json::object& body) {
  auto fields = check_fields(engine, body);
  if (auto* const draft = std::get_if<KalshiDraft>(&fields)) {
    if (auto refusal = check_flags(engine, body, *draft)) {
      return *std::move(refusal);
    }
  }
  return fields;
}

} // namespace arbees::sim
