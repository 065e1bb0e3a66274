#include "tools/sim/kalshi_accounts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tools/sim/kalshi_rest.hpp"

namespace arbees::sim {

namespace json = boost::json;

struct KalshiAccounts::Draft {
  int market = 0;
  BookSide side = BookSide::bid;
  Price price{};
  Quantity count{};
  bool rests = false;
  bool all_or_nothing = false;
  bool post_only = false;
  bool reduce_only = false;
  bool stp_maker = false;
  std::string client_id{};
};

namespace {

constexpr double writes_per_second = 300; ///< tokens of the Advanced tier
constexpr double write_bucket = 600;
constexpr double create_cost = 10;
constexpr double cancel_cost = 2;
constexpr std::int64_t count_step = quantity_per_contract / 100;
constexpr std::size_t longest_client_id = 64;

/// The flat error shape of the specification; kalshi_error() is the nested one of the wire.
HttpReply flat_error(unsigned status, std::string_view code, std::string_view message,
                     std::string_view details = {}) {
  return reply(json::object{{"code", code}, {"message", message}, {"details", details}}, status);
}

std::string_view text_of(const json::object& body, std::string_view key) {
  const auto* const value = body.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view{value->get_string()}
                                                : std::string_view{};
}

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

std::string uuid_of(std::uint64_t number, std::uint64_t salt) {
  Random random{number * 1'000'003 + salt};
  return make_uuid(random);
}

/// Dollars a contract of this side costs at a YES price.
Price leg_price(BookSide side, Price price) {
  return side == BookSide::bid ? price : complement(price);
}

Quantity magnitude(Quantity quantity) {
  return quantity < Quantity{0} ? Quantity{0} - quantity : quantity;
}

std::string dollars(Money money) {
  return format_decimal(money.value(), 6, 4);
}

Money at(const std::map<Liquidity, Money>& amounts, Liquidity which) {
  const auto found = amounts.find(which);
  return found == amounts.end() ? Money{0} : found->second;
}

} // namespace

const KalshiMarket& KalshiAccounts::market(int index) const {
  return engine_->slate().kalshi_markets[static_cast<std::size_t>(index)];
}

const LeagueFacts& KalshiAccounts::league(int index) const {
  return facts(
    engine_->slate().kalshi_events[static_cast<std::size_t>(market(index).event)].league);
}

int KalshiAccounts::account_of(std::string_view key) {
  const auto found = keys_.find(key);
  if (found != keys_.end()) {
    return found->second;
  }
  const auto index = static_cast<int>(accounts_.size());
  accounts_.push_back({.write_tokens = write_bucket, .tokens_at_ms = engine_->now_ms()});
  keys_.emplace(std::string{key}, index);
  return index;
}

bool KalshiAccounts::spend(Account& account, double cost) {
  const auto now = engine_->now_ms();
  const auto refill = static_cast<double>(now - account.tokens_at_ms) / 1000 * writes_per_second;
  account.write_tokens = std::min(write_bucket, account.write_tokens + refill);
  account.tokens_at_ms = now;
  if (account.write_tokens < cost) {
    return false;
  }
  account.write_tokens -= cost;
  return true;
}

std::optional<HttpReply> KalshiAccounts::answer(const HttpRequest& request, std::string_view key) {
  const auto path = after(request.path, "/trade-api/v2/portfolio");
  if (!path) {
    return std::nullopt;
  }
  const auto index = account_of(key);
  auto& account = accounts_[static_cast<std::size_t>(index)];
  if (*path == "/orders" && request.method == "POST") {
    return kalshi_error(410, "deprecated_v1_order_endpoint", "use /portfolio/events/orders");
  }
  const auto creates = *path == "/events/orders" && request.method == "POST";
  const auto cancelled = after(*path, "/events/orders/");
  if (creates || (cancelled && request.method == "DELETE")) {
    if (!spend(account, creates ? create_cost : cancel_cost)) {
      return reply(json::object{{"error", "too many requests"}}, 429);
    }
    return creates ? create(index, request) : cancel(index, request, *cancelled);
  }
  if (request.method != "GET") {
    return std::nullopt;
  }
  if (const auto id = after(*path, "/orders/")) {
    const auto found = uuids_.find(*id);
    if (found == uuids_.end() || orders_.at(found->second).account != index) {
      return kalshi_error(404, "not_found", "order not found");
    }
    return reply(json::object{{"order", order_json(orders_.at(found->second))}});
  }
  return *path == "/orders"      ? std::optional{list_orders(account, request)}
         : *path == "/fills"     ? std::optional{list_fills(account, request)}
         : *path == "/positions" ? std::optional{list_positions(account, request)}
         : *path == "/balance"   ? std::optional{balance(account)}
                                 : std::nullopt;
}

// --- create ---

std::variant<HttpReply, KalshiAccounts::Draft>
KalshiAccounts::check_fields(const json::object& body) const {
  Draft draft;
  const auto side = text_of(body, "side");
  const auto count = parse_quantity(text_of(body, "count"));
  const auto price = parse_price(text_of(body, "price"));
  const auto stp = text_of(body, "self_trade_prevention_type");
  const auto force = text_of(body, "time_in_force");
  draft.market = engine_->kalshi_market(text_of(body, "ticker"));
  if (draft.market < 0) {
    return kalshi_error(404, "not_found", "market not found", text_of(body, "ticker"));
  }
  if (side != "bid" && side != "ask") {
    return flat_error(400, "invalid_parameters", "invalid parameters", "side is bid or ask");
  }
  if (force != "fill_or_kill" && force != "immediate_or_cancel" && force != "good_till_canceled") {
    return flat_error(400, "invalid_parameters", "invalid parameters", "time_in_force");
  }
  if (stp != "taker_at_cross" && stp != "maker") {
    return flat_error(400, "invalid_parameters", "invalid parameters",
                      "self_trade_prevention_type");
  }
  if (!count || *count <= Quantity{0} || count->value() % count_step != 0) {
    return flat_error(400, "invalid_order_size", "invalid order size",
                      "count is a positive multiple of 0.01");
  }
  if (!price || !kalshi_grid(market(draft.market).structure).contains(*price)) {
    return flat_error(400, "invalid_order", "invalid order", "price is not on the market's grid");
  }
  draft.side = side == "bid" ? BookSide::bid : BookSide::ask;
  draft.count = *count;
  draft.price = *price;
  draft.rests = force == "good_till_canceled";
  draft.all_or_nothing = force == "fill_or_kill";
  draft.stp_maker = stp == "maker";
  draft.post_only = flag(body, "post_only");
  draft.reduce_only = flag(body, "reduce_only");
  draft.client_id = text_of(body, "client_order_id");
  return draft;
}

std::optional<HttpReply> KalshiAccounts::check_flags(const json::object& body, Draft& draft) const {
  if (!good_client_id(draft.client_id)) {
    return flat_error(400, "invalid_parameters", "invalid parameters", "client_order_id");
  }
  if (body.contains("expiration_time")) {
    const auto& expires = body.at("expiration_time");
    if (!draft.rests || !expires.is_int64() || expires.get_int64() <= engine_->now()) {
      return flat_error(400, "invalid_order", "invalid order",
                        "expiration_time needs good_till_canceled and a future second");
    }
    return flat_error(400, "invalid_order", "invalid order",
                      "this simulator has no orders that expire");
  }
  if (draft.post_only && !draft.rests) {
    return flat_error(400, "invalid_order", "invalid order", "post_only needs good_till_canceled");
  }
  if (draft.reduce_only && (draft.rests || draft.all_or_nothing)) {
    return flat_error(400, "invalid_order", "invalid order",
                      "reduce_only needs immediate_or_cancel");
  }
  const auto* const shard = body.if_contains("exchange_index");
  if (shard != nullptr && shard->is_int64() && shard->get_int64() >= 0
      && shard->get_int64() != league(draft.market).exchange_index) {
    return kalshi_error(404, "not_found", "market not found on this exchange_index");
  }
  if (engine_->status(market(draft.market).book).decided) {
    return kalshi_error(409, "MARKET_INACTIVE", "market is closed");
  }
  return std::nullopt;
}

std::variant<HttpReply, KalshiAccounts::Draft>
KalshiAccounts::check(int index, const HttpRequest& request) const {
  json::error_code failure;
  const auto parsed = json::parse(request.body, failure);
  if (failure || !parsed.is_object()) {
    return flat_error(400, "invalid_parameters", "body is not a JSON object");
  }
  auto fields = check_fields(parsed.get_object());
  auto* const draft = std::get_if<Draft>(&fields);
  if (draft == nullptr) {
    return fields;
  }
  if (auto refusal = check_flags(parsed.get_object(), *draft)) {
    return *std::move(refusal);
  }
  const auto& account = accounts_[static_cast<std::size_t>(index)];
  if (!draft->client_id.empty() && account.client_ids.contains(draft->client_id)) {
    return kalshi_error(409, "order_already_exists", "order already exists");
  }
  if (draft->reduce_only) {
    const auto held = account.positions.find(draft->market);
    const auto open = held == account.positions.end() ? Quantity{0} : held->second.contracts;
    const auto closes = draft->side == BookSide::ask ? open : Quantity{0} - open;
    draft->count = std::min(draft->count, std::max(closes, Quantity{0}));
  }
  if (needed(account, *draft) > account.cash - reserved(account)) {
    return kalshi_error(400, "insufficient_balance", "insufficient balance");
  }
  return *draft;
}

/// Cash for the worst case: the part that opens contracts at the limit, with the taker's fee.
/// Orders already resting are assumed not to close anything, which is the careful side.
Money KalshiAccounts::needed(const Account& account, const Draft& draft) const {
  const auto found = account.positions.find(draft.market);
  const auto held = found == account.positions.end() ? Quantity{0} : found->second.contracts;
  const auto closes = draft.side == BookSide::ask ? std::max(held, Quantity{0})
                                                  : std::max(Quantity{0} - held, Quantity{0});
  const auto opens = draft.count - std::min(draft.count, closes);
  return notional(leg_price(draft.side, draft.price), opens, Rounding::up)
         + model_fee(Price{5000}, opens, league(draft.market).fee_multiplier_milli,
                     Liquidity::taker);
}

Money KalshiAccounts::reserved(const Account& account) const {
  Money sum{0};
  for (const auto id : account.orders) {
    const auto& order = orders_.at(id);
    sum += notional(leg_price(order.side, order.price), order.resting, Rounding::up);
  }
  return sum;
}

HttpReply KalshiAccounts::create(int index, const HttpRequest& request) {
  auto checked = check(index, request);
  if (auto* const refusal = std::get_if<HttpReply>(&checked)) {
    return *refusal;
  }
  const auto& draft = std::get<Draft>(checked);
  if (draft.stp_maker) {
    cancel_own_crossing(index, draft);
  }
  const auto id = engine_->new_order_id();
  const Incoming incoming{.id = id,
                          .account = index,
                          .side = draft.side,
                          .limit = draft.price,
                          .size = draft.count,
                          .may_rest = draft.rests,
                          .all_or_nothing = draft.all_or_nothing,
                          .post_only = draft.post_only};
  const auto report = engine_->submit(market(draft.market).book, incoming);
  if (report.result == SubmitResult::killed) {
    return kalshi_error(409, "fill_or_kill_insufficient_resting_volume",
                        "fill or kill order could not be filled");
  }
  if (report.result == SubmitResult::would_cross) {
    return flat_error(400, "invalid_order", "invalid order", "post only cross");
  }
  auto& account = accounts_[static_cast<std::size_t>(index)];
  const auto now = engine_->now_ms();
  auto& order = orders_[id] = {.id = id,
                               .uuid = uuid_of(id, 11),
                               .client_id = draft.client_id,
                               .account = index,
                               .market = draft.market,
                               .side = draft.side,
                               .price = draft.price,
                               .initial = draft.count,
                               .resting = report.resting,
                               .created_ms = now,
                               .updated_ms = now};
  uuids_.emplace(order.uuid, id);
  account.orders.push_back(id);
  account.client_ids.insert(draft.client_id);
  for (const auto& match : report.matches) {
    book_match(match);
  }
  json::object out{{"order_id", order.uuid},
                   {"client_order_id", order.client_id},
                   {"fill_count", to_string(order.filled)},
                   {"remaining_count", to_string(order.resting)},
                   {"ts_ms", now}};
  if (order.filled > Quantity{0}) {
    auto value = Money{0};
    for (const auto& match : report.matches) {
      value += notional(match.price, match.size, Rounding::half_up);
    }
    const auto per_contract = [&](Money sum) {
      return Money{divide(Int128{sum.value()} * quantity_per_contract, order.filled.value(),
                          Rounding::half_up)};
    };
    out["average_fill_price"] = dollars(per_contract(value));
    out["average_fee_paid"] = dollars(per_contract(at(order.fees, Liquidity::taker)));
  }
  return reply(out, 201);
}

void KalshiAccounts::cancel_own_crossing(int index, const Draft& draft) {
  for (const auto id : accounts_[static_cast<std::size_t>(index)].orders) {
    auto& order = orders_.at(id);
    const auto crosses =
      draft.side == BookSide::bid ? order.price <= draft.price : order.price >= draft.price;
    if (order.market == draft.market && order.side != draft.side && crosses) {
      cancel_resting(order);
    }
  }
}

void KalshiAccounts::cancel_resting(Order& order) {
  if (order.resting > Quantity{0}) {
    engine_->cancel(market(order.market).book, order.id);
    order.resting = Quantity{0};
    order.updated_ms = engine_->now_ms();
  }
}

HttpReply KalshiAccounts::cancel(int index, const HttpRequest& request, std::string_view id) {
  const auto found = uuids_.find(id);
  if (found == uuids_.end()) {
    return kalshi_error(404, "not_found", "order not found");
  }
  auto& order = orders_.at(found->second);
  // Without a hint the call goes to shard 0, where most sports do not live.
  const auto ticker = request.parameter("market_ticker");
  const auto routed =
    !ticker.empty() ? ticker == market(order.market).ticker
                    : request.number("exchange_index", 0) == league(order.market).exchange_index;
  if (order.account != index || !routed || order.resting == Quantity{0}) {
    return kalshi_error(404, "not_found", "order not found");
  }
  if (engine_->status(market(order.market).book).decided) {
    return kalshi_error(409, "MARKET_INACTIVE", "market is closed");
  }
  const auto left = order.resting;
  cancel_resting(order);
  return reply(json::object{{"order_id", order.uuid},
                            {"client_order_id", order.client_id},
                            {"reduced_by", to_string(left)},
                            {"ts_ms", order.updated_ms}});
}

// --- fills and money ---

void KalshiAccounts::book_match(const Match& match) {
  if (const auto taker = orders_.find(match.taker); taker != orders_.end()) {
    book_fill(taker->second, match, Liquidity::taker);
  }
  if (const auto maker = orders_.find(match.maker); maker != orders_.end()) {
    maker->second.resting -= match.size;
    book_fill(maker->second, match, Liquidity::maker);
  }
}

/// A contract is bought at its leg's price, or closes one of the other leg, which returns a dollar
/// less that price: both change the cash by the same formula, minus cost plus the dollars freed.
void KalshiAccounts::book_fill(Order& order, const Match& match, Liquidity liquidity) {
  auto& account = accounts_[static_cast<std::size_t>(order.account)];
  auto& position = account.positions[order.market];
  const auto buys = order.side == BookSide::bid;
  const auto held = position.contracts;
  const auto opposite_held =
    buys ? std::max(Quantity{0} - held, Quantity{0}) : std::max(held, Quantity{0});
  const auto closed = std::min(match.size, opposite_held);
  const auto cost = notional(leg_price(order.side, match.price), match.size, Rounding::up);
  const auto revenue = payout(closed) - cost;
  const auto fee =
    order.rounding.charge(revenue, model_fee(match.price, match.size,
                                             league(order.market).fee_multiplier_milli, liquidity));
  if (closed > Quantity{0}) {
    const auto share = Money{divide(Int128{position.cost.value()} * closed.value(),
                                    magnitude(held).value(), Rounding::half_up)};
    const auto proceeds =
      payout(closed) - notional(leg_price(order.side, match.price), closed, Rounding::up);
    position.realized += proceeds - share;
    position.cost -= share;
  }
  position.cost += notional(leg_price(order.side, match.price), match.size - closed, Rounding::up);
  position.contracts = buys ? held + match.size : held - match.size;
  position.fees += fee;
  position.traded += cost;
  account.cash += revenue - fee;
  order.filled += match.size;
  order.cost[liquidity] += cost;
  order.fees[liquidity] += fee;
  order.updated_ms = engine_->now_ms();
  account.fills.push_back({.number = next_fill_++,
                           .order = order.id,
                           .price = match.price,
                           .size = match.size,
                           .liquidity = liquidity,
                           .fee = fee,
                           .at_ms = engine_->now_ms()});
}

void KalshiAccounts::on_events(std::span<const MarketEvent> events) {
  for (const auto& event : events) {
    if (const auto* const trade = std::get_if<Traded>(&event)) {
      book_match(trade->match);
    } else if (const auto* const decided = std::get_if<BookDecided>(&event)) {
      const auto& spec = engine_->slate().books[static_cast<std::size_t>(decided->book)];
      if (spec.venue == Venue::kalshi) {
        settle(spec.market, decided->value);
      }
    }
  }
}

void KalshiAccounts::settle(int index, Price value) {
  for (auto& [id, order] : orders_) {
    if (order.market == index) {
      cancel_resting(order);
    }
  }
  for (auto& account : accounts_) {
    const auto found = account.positions.find(index);
    if (found == account.positions.end()) {
      continue;
    }
    auto& position = found->second;
    const auto pays = position.contracts > Quantity{0} ? value : complement(value);
    const auto paid = notional(pays, magnitude(position.contracts), Rounding::down);
    account.cash += paid;
    position.realized += paid - position.cost;
    position.cost = Money{0};
    position.contracts = Quantity{0};
  }
}

// --- reads ---

json::object KalshiAccounts::order_json(const Order& order) const {
  const auto status = order.resting > Quantity{0}     ? "resting"
                      : order.filled == order.initial ? "executed"
                                                      : "canceled";
  return {{"order_id", order.uuid},
          {"client_order_id", order.client_id},
          {"ticker", market(order.market).ticker},
          {"outcome_side", order.side == BookSide::bid ? "yes" : "no"},
          {"book_side", order.side == BookSide::bid ? "bid" : "ask"},
          {"status", status},
          {"yes_price_dollars", to_string(order.price)},
          {"no_price_dollars", to_string(complement(order.price))},
          {"initial_count_fp", to_string(order.initial)},
          {"fill_count_fp", to_string(order.filled)},
          {"remaining_count_fp", to_string(order.resting)},
          {"taker_fill_cost_dollars", dollars(at(order.cost, Liquidity::taker))},
          {"maker_fill_cost_dollars", dollars(at(order.cost, Liquidity::maker))},
          {"taker_fees_dollars", dollars(at(order.fees, Liquidity::taker))},
          {"maker_fees_dollars", dollars(at(order.fees, Liquidity::maker))},
          {"created_time", iso_seconds(order.created_ms / 1000)},
          {"last_update_time", iso_seconds(order.updated_ms / 1000)},
          {"exchange_index", league(order.market).exchange_index}};
}

namespace {

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

} // namespace

HttpReply KalshiAccounts::list_orders(const Account& account, const HttpRequest& request) const {
  const auto ticker = request.parameter("ticker");
  const auto status = request.parameter("status");
  const auto since = request.number("min_ts", 0).value_or(0);
  std::vector<json::object> rows;
  for (auto id = account.orders.rbegin(); id != account.orders.rend(); ++id) {
    const auto& order = orders_.at(*id);
    auto row = order_json(order);
    if ((ticker.empty() || row.at("ticker") == json::value(ticker))
        && (status.empty() || row.at("status") == json::value(status))
        && order.created_ms / 1000 >= since) {
      rows.push_back(std::move(row));
    }
  }
  return rows_reply(request, "orders", std::move(rows));
}

HttpReply KalshiAccounts::list_fills(const Account& account, const HttpRequest& request) const {
  const auto ticker = request.parameter("ticker");
  const auto wanted = request.parameter("order_id");
  const auto since = request.number("min_ts", 0).value_or(0);
  std::vector<json::object> rows;
  for (auto fill = account.fills.rbegin(); fill != account.fills.rend(); ++fill) {
    const auto& order = orders_.at(fill->order);
    const auto& name = market(order.market).ticker;
    if ((!ticker.empty() && name != ticker) || (!wanted.empty() && order.uuid != wanted)
        || fill->at_ms / 1000 < since) {
      continue;
    }
    const auto id = uuid_of(fill->number, 13);
    rows.push_back({{"fill_id", id},
                    {"trade_id", id},
                    {"order_id", order.uuid},
                    {"ticker", name},
                    {"outcome_side", order.side == BookSide::bid ? "yes" : "no"},
                    {"book_side", order.side == BookSide::bid ? "bid" : "ask"},
                    {"count_fp", to_string(fill->size)},
                    {"yes_price_dollars", to_string(fill->price)},
                    {"no_price_dollars", to_string(complement(fill->price))},
                    {"is_taker", fill->liquidity == Liquidity::taker},
                    {"fee_cost", dollars(fill->fee)},
                    {"created_time", iso_seconds(fill->at_ms / 1000)},
                    {"ts", fill->at_ms / 1000},
                    {"exchange_index", league(order.market).exchange_index}});
  }
  return rows_reply(request, "fills", std::move(rows));
}

HttpReply KalshiAccounts::list_positions(const Account& account, const HttpRequest& request) const {
  const auto ticker = request.parameter("ticker");
  json::array rows;
  for (const auto& [index, position] : account.positions) {
    const auto& listed = market(index);
    if ((!ticker.empty() && listed.ticker != ticker) || engine_->status(listed.book).decided) {
      continue;
    }
    rows.push_back(json::object{{"ticker", listed.ticker},
                                {"position_fp", to_string(position.contracts)},
                                {"market_exposure_dollars", dollars(position.cost)},
                                {"realized_pnl_dollars", dollars(position.realized)},
                                {"fees_paid_dollars", dollars(position.fees)},
                                {"total_traded_dollars", dollars(position.traded)},
                                {"last_updated_ts", iso_seconds(engine_->now())},
                                {"exchange_index", league(index).exchange_index}});
  }
  return reply(
    json::object{{"market_positions", rows}, {"event_positions", json::array{}}, {"cursor", ""}});
}

HttpReply KalshiAccounts::balance(const Account& account) const {
  const auto free = account.cash - reserved(account);
  auto value = Money{0};
  for (const auto& [index, position] : account.positions) {
    value += position.cost;
  }
  return reply(
    json::object{{"balance", free.value() / 10'000},
                 {"balance_dollars", dollars(free)},
                 {"portfolio_value", value.value() / 10'000},
                 {"updated_ts", engine_->now()},
                 {"balance_breakdown",
                  json::array{json::object{{"exchange_index", 0}, {"balance", dollars(free)}}}}});
}

} // namespace arbees::sim
