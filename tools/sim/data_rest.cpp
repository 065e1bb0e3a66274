#include "tools/sim/data_rest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "tools/sim/clob_rest.hpp"
#include "tools/sim/poly_book.hpp"
#include "tools/sim/poly_json.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

constexpr int largest_page = 1000;
constexpr Quantity dust{quantity_per_contract / 10}; ///< holdings below it are left out
constexpr int unknown_outcome = 999;

double number(std::int64_t millionths) {
  return static_cast<double>(millionths) / 1'000'000;
}

bool same_address(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); };
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// A wallet as the Data API names it.
struct Anchor {
  std::string user{};
  Address owner{};
  const PolyWallet* wallet = nullptr; ///< null if nobody has it
};

Anchor find_wallet(const PolyAccounts& accounts, std::string_view user) {
  for (const auto& [owner, wallet] : accounts.wallets()) {
    const auto funds = std::ranges::any_of(wallet.makers, [&](const auto& maker) {
      return same_address(maker.second, user);
    });
    if (funds || same_address(to_string(owner), user)) {
      return {std::string{user}, owner, &wallet};
    }
  }
  return {.user = std::string{user}};
}

std::set<std::string, std::less<>> listed(const HttpRequest& request, std::string_view key) {
  std::set<std::string, std::less<>> parts;
  auto text = request.parameter(key);
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    parts.emplace(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

/// `{data, pagination}`: cursors are positions in disguise, null at the end.
HttpReply envelope(const HttpRequest& request, std::vector<json::object> rows) {
  const auto limit = request.number("limit", 100);
  const auto cursor = request.parameter("cursor");
  std::size_t begin = 0;
  const auto [end_of_number, failure] =
    std::from_chars(cursor.data(), cursor.data() + cursor.size(), begin);
  const auto readable =
    cursor.empty() || (failure == std::errc{} && end_of_number == cursor.data() + cursor.size());
  if (!limit || *limit > largest_page || !readable || !request.parameter("offset").empty()) {
    return clob_error(400, "invalid limit, cursor or offset");
  }
  begin = std::min(cursor.empty() ? 0 : begin, rows.size());
  const auto end = std::min(begin + static_cast<std::size_t>(*limit), rows.size());
  json::array data;
  for (auto i = begin; i < end; ++i) {
    data.push_back(std::move(rows[i]));
  }
  const auto more = end < rows.size();
  return reply(
    json::object{{"data", std::move(data)},
                 {"pagination", json::object{{"limit", *limit},
                                             {"offset", begin},
                                             {"has_more", more},
                                             {"next_cursor", more ? json::value(std::to_string(end))
                                                                  : json::value(nullptr)}}}});
}

/// One token of a wallet, with everything that went through it.
struct Row {
  const PolyMarket* market = nullptr;
  std::pair<int, int> token;
  const PolyHolding* sums = nullptr;
  Quantity held{};
  Price price{}; ///< now, or what it paid
  bool resolved = false;
};

Price price_now(const PolyAccounts& accounts, const PolyMarket& market, int token) {
  const auto& engine = accounts.engine();
  const auto& status = engine.status(market.book);
  const auto bid = engine.book(market.book).best(BookSide::bid);
  const auto ask = engine.book(market.book).best(BookSide::ask);
  const auto yes = status.decided ? status.value
                   : bid && ask   ? Price{(bid->value() + ask->value()) / 2}
                                  : status.last_price;
  return token_price(token, yes);
}

std::string_view status_of(const Row& row) {
  return row.held == Quantity{0} ? "CLOSED" : row.resolved ? "REDEEMABLE" : "OPEN";
}

/// Whether a row belongs to what a request's `status` asks for; OPEN is the superset of all held.
bool belongs(const Row& row, std::string_view status) {
  const auto held = row.held != Quantity{0};
  return status == "CLOSED"            ? !held
         : status == "REDEEMABLE"      ? held && row.resolved
         : status == "REDEEMABLE_LOST" ? held && row.resolved && row.price == price_zero
         : status == "MERGEABLE"       ? false
                                       : held;
}

json::object position_json(const PolyAccounts& accounts, const Anchor& anchor, const Row& row) {
  const auto& sums = *row.sums;
  const auto own = static_cast<std::size_t>(row.token.second);
  const auto bought = std::max<std::int64_t>(sums.bought.value(), 1);
  const auto cost_of = [&](Quantity size) {
    return divide(Int128{sums.paid.value()} * size.value(), bought, Rounding::half_up);
  };
  const auto gone = sums.sold + sums.redeemed;
  const auto entry = cost_of(row.held);
  const auto worth = notional(row.price, row.held, Rounding::half_up).value();
  const auto realized = (sums.earned + sums.payout).value() - cost_of(gone);
  const auto& event =
    accounts.engine().slate().poly_events[static_cast<std::size_t>(row.market->event)];
  return {{"proxy_wallet", anchor.user},
          {"token_id", row.market->tokens[own]},
          {"condition_id", row.market->condition},
          {"current_size", number(row.held.value())},
          {"avg_price",
           number(divide(Int128{sums.paid.value()} * 1'000'000, bought, Rounding::half_up))},
          {"entry_cost_usdc", number(entry)},
          {"entry_fees_usdc", number(sums.fees_paid.value())},
          {"total_cost_usdc", number(entry + sums.fees_paid.value())},
          {"current_price", row.price.value() / 10'000.0},
          {"current_value", number(worth)},
          {"total_size", number(sums.bought.value())},
          {"realized_pnl", number(realized)},
          {"unrealized_pnl", number(worth - entry)},
          {"total_pnl", number(realized + worth - entry)},
          {"percent_pnl", 0.0},
          {"percent_realized_pnl", 0.0},
          {"status", status_of(row)},
          {"redeemable", row.resolved && row.held != Quantity{0}},
          {"mergeable", false},
          {"negative_risk", row.market->neg_risk},
          {"archived", false},
          {"title", row.market->question},
          {"slug", row.market->slug},
          {"icon", ""},
          {"event_id", event.id},
          {"event_slug", event.slug},
          {"outcome", row.market->outcomes[own]},
          {"outcome_index", row.token.second},
          {"opposite_outcome", row.market->outcomes[1 - own]},
          {"opposite_token_id", row.market->tokens[1 - own]},
          {"end_date", date_iso(utc(event.start))},
          {"last_event_at", sums.changed_ms / 1000},
          {"name", ""},
          {"profile_image", ""},
          {"verified", false}};
}

HttpReply
positions(const PolyAccounts& accounts, const HttpRequest& request, const Anchor& anchor) {
  static const std::set<std::string_view> known{"",           "OPEN",
                                                "REDEEMABLE", "REDEEMABLE_LOST",
                                                "CLOSED",     "MERGEABLE"};
  const auto status = request.parameter("status");
  const auto conditions = listed(request, "condition");
  const auto least = request.parameter("filter_amount").empty()
                       ? dust
                       : parse_quantity(request.parameter("filter_amount"));
  if (!known.contains(status) || !least) {
    return clob_error(400, "invalid status or filter_amount");
  }
  std::vector<json::object> rows;
  const std::map<std::pair<int, int>, PolyHolding> none;
  for (const auto& [token, sums] : anchor.wallet != nullptr ? anchor.wallet->holdings : none) {
    const auto& market =
      accounts.engine().slate().poly_markets[static_cast<std::size_t>(token.first)];
    const Row row{.market = &market,
                  .token = token,
                  .sums = &sums,
                  .held = sums.bought - sums.sold - sums.redeemed,
                  .price = price_now(accounts, market, token.second),
                  .resolved = accounts.engine().status(market.book).decided};
    const auto dusty = row.held != Quantity{0} && row.held < *least;
    if (!dusty && belongs(row, status)
        && (conditions.empty() || conditions.contains(market.condition))) {
      rows.push_back(position_json(accounts, anchor, row));
    }
  }
  return envelope(request, std::move(rows));
}

/// Something that happened on the chain.
struct Happening {
  UnixMillis at_ms = 0;
  json::object row{};
};

json::object activity_row(const Anchor& anchor, const PolyMarket& market, UnixMillis at_ms) {
  return {{"proxy_wallet", anchor.user},
          {"timestamp", at_ms / 1000},
          {"condition_id", market.condition},
          {"title", market.question},
          {"slug", market.slug},
          {"icon", ""},
          {"event_slug", market.slug},
          {"name", ""},
          {"pseudonym", ""},
          {"bio", ""},
          {"profile_image", ""},
          {"profile_image_optimized", ""}};
}

void add_trades(std::vector<Happening>& all, const PolyAccounts& accounts, const Anchor& anchor) {
  for (const auto& trade : accounts.trades()) {
    const auto on_chain =
      trade.state == PolyTradeState::mined || trade.state == PolyTradeState::confirmed;
    for (const auto id : {trade.taker, trade.maker}) {
      const auto found = accounts.orders().find(id);
      if (!on_chain || found == accounts.orders().end()
          || accounts.keys().at(found->second.key).owner != anchor.owner) {
        continue;
      }
      const auto& draft = found->second.draft;
      const auto& market =
        accounts.engine().slate().poly_markets[static_cast<std::size_t>(trade.market)];
      const auto price = token_price(draft.token, trade.price);
      auto row = activity_row(anchor, market, trade.matched_ms);
      row["type"] = "TRADE";
      row["size"] = number(trade.size.value());
      row["usdc_size"] = number(notional(price, trade.size, Rounding::half_up).value());
      row["price"] = price.value() / 10'000.0;
      row["token_id"] = market.tokens[static_cast<std::size_t>(draft.token)];
      row["side"] = draft.buys ? "BUY" : "SELL";
      row["outcome"] = market.outcomes[static_cast<std::size_t>(draft.token)];
      row["outcome_index"] = draft.token;
      row["transaction_hash"] =
        trade_row(accounts, trade, found->second.key).at("transaction_hash");
      all.push_back({trade.matched_ms, std::move(row)});
    }
  }
}

/// Redemptions of a market, both of its tokens in one row: only the cash is told. What paid nothing
/// leaves no row.
void add_redemptions(std::vector<Happening>& all, const PolyAccounts& accounts,
                     const Anchor& anchor) {
  std::map<std::pair<UnixMillis, int>, Money> cash;
  for (const auto& one : accounts.redemptions()) {
    if (one.owner == anchor.owner) {
      cash[{one.at_ms, one.market}] += one.cash;
    }
  }
  for (const auto& [key, paid] : cash) {
    if (paid <= Money{0}) {
      continue;
    }
    const auto& market =
      accounts.engine().slate().poly_markets[static_cast<std::size_t>(key.second)];
    auto row = activity_row(anchor, market, key.first);
    row["type"] = "REDEEM";
    row["size"] = number(paid.value());
    row["usdc_size"] = number(paid.value());
    row["price"] = 0.0;
    row["token_id"] = "";
    row["side"] = "";
    row["outcome"] = "";
    row["outcome_index"] = unknown_outcome;
    Random random{static_cast<std::uint64_t>(key.first) * 31
                  + static_cast<std::uint64_t>(key.second)};
    row["transaction_hash"] = fmt::format("0x{:016x}{:016x}{:016x}{:016x}", random.next(),
                                          random.next(), random.next(), random.next());
    all.push_back({key.first, std::move(row)});
  }
}

HttpReply activity(const PolyAccounts& accounts, const HttpRequest& request, const Anchor& anchor) {
  static const std::set<std::string_view> known{"TRADE",           "SPLIT",        "MERGE",
                                                "REDEEM",          "CONVERSION",   "MIGRATION",
                                                "REWARD",          "MAKER_REBATE", "TAKER_REBATE",
                                                "REFERRAL_REWARD", "DEPOSIT",      "WITHDRAWAL",
                                                "YIELD",           "TIP"};
  const auto types = listed(request, "type");
  const auto conditions = listed(request, "condition");
  const auto since = request.number("start", 0);
  const auto until = request.number("end", 0);
  if (!std::ranges::all_of(types, [](const auto& type) { return known.contains(type); }) || !since
      || !until) {
    return clob_error(400, "invalid type, start or end");
  }
  std::vector<Happening> all;
  if (anchor.wallet != nullptr) {
    add_trades(all, accounts, anchor);
    add_redemptions(all, accounts, anchor);
  }
  std::ranges::stable_sort(all, {}, &Happening::at_ms);
  if (request.parameter("sort_direction") != "ASC") {
    std::ranges::reverse(all);
  }
  std::vector<json::object> rows;
  for (auto& [at_ms, row] : all) {
    const auto type = std::string_view{row.at("type").as_string()};
    const auto condition = std::string_view{row.at("condition_id").as_string()};
    if ((types.empty() || types.contains(type))
        && (conditions.empty() || conditions.contains(condition)) && at_ms / 1000 >= *since
        && (*until == 0 || at_ms / 1000 <= *until)) {
      rows.push_back(std::move(row));
    }
  }
  return envelope(request, std::move(rows));
}

HttpReply value(const PolyAccounts& accounts, const Anchor& anchor) {
  auto sum = Money{0};
  const std::map<std::pair<int, int>, Quantity> none;
  for (const auto& [token, size] : anchor.wallet != nullptr ? anchor.wallet->shares : none) {
    const auto& market =
      accounts.engine().slate().poly_markets[static_cast<std::size_t>(token.first)];
    sum += notional(price_now(accounts, market, token.second), size, Rounding::half_up);
  }
  return reply(json::object{
    {"data", json::object{{"proxy_wallet", anchor.user}, {"value", number(sum.value())}}}});
}

} // namespace

std::optional<HttpReply> data_api(const PolyAccounts& accounts, const HttpRequest& request) {
  const auto path = std::string_view{request.path};
  if (request.method != "GET"
      || (path != "/v2/positions" && path != "/v2/activity" && path != "/v2/value")) {
    return std::nullopt;
  }
  const auto user = request.parameter("user");
  if (!parse_address(user)) {
    return clob_error(400, "user is an address");
  }
  const auto anchor = find_wallet(accounts, user);
  return path == "/v2/positions"  ? positions(accounts, request, anchor)
         : path == "/v2/activity" ? activity(accounts, request, anchor)
                                  : value(accounts, anchor);
}

} // namespace arbees::sim
