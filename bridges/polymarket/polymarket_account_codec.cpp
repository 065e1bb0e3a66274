#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "bridges/net/answer_fields.hpp"
#include "bridges/polymarket/polymarket_account_fields.hpp"

// Reads of the account: orders, trades, balances (venues/polymarket.md 2.5, 3.2).

namespace arbees {

namespace {

constexpr Quantity largest_order{1'000'000'000 * quantity_per_contract};

/// `word` in lower case, without a prefix that some answers have.
std::string plain_word(std::string word, std::string_view prefix) {
  std::transform(word.begin(), word.end(), word.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (word.starts_with(prefix)) {
    word.erase(0, prefix.size());
  }
  return word;
}

PolymarketOrderState order_state(AnswerFields& fields) {
  const auto state = parse_polymarket_order_state(fields.text("status"));
  if (!state) {
    fields.fail("status");
  }
  return state.value_or(PolymarketOrderState::canceled);
}

PolymarketTradeState trade_state(AnswerFields& fields) {
  const auto word = plain_word(fields.text("status"), "trade_status_");
  if (word == "matched" || word == "matched_not_broadcasted") {
    return PolymarketTradeState::matched;
  }
  if (word == "mined") {
    return PolymarketTradeState::mined;
  }
  if (word == "confirmed") {
    return PolymarketTradeState::confirmed;
  }
  if (word == "retrying") {
    return PolymarketTradeState::retrying;
  }
  if (word != "failed") {
    fields.fail("status");
  }
  return PolymarketTradeState::failed;
}

Action side(AnswerFields& fields) {
  const auto word = plain_word(fields.text("side"), "");
  if (word != "buy" && word != "sell") {
    fields.fail("side");
  }
  return word == "sell" ? Action::sell : Action::buy;
}

Quantity size(AnswerFields& fields, std::string_view key) {
  const auto value = fields.quantity(key);
  if (value < Quantity{0}) {
    fields.fail(key);
  }
  return value;
}

/// Averages have more digits than the grid.
Money share_price(AnswerFields& fields) {
  const auto value = fields.money("price");
  if (value < Money{0} || value > Money{money_per_dollar}) {
    fields.fail("price");
  }
  return value;
}

caf::expected<PolymarketOpenOrder> read_order(const boost::json::value& json) {
  AnswerFields fields{json};
  PolymarketOpenOrder order;
  order.id = fields.text("id");
  order.state = order_state(fields);
  order.condition = fields.text("market");
  order.token = fields.text("asset_id");
  order.side = side(fields);
  order.price = fields.price("price");
  order.original = size(fields, "original_size");
  order.matched = fields.quantity_if_any("size_matched").value_or(Quantity{});
  if (order.matched < Quantity{0}) {
    fields.fail("size_matched");
  }
  for (const auto& trade : fields.array("associate_trades")) {
    if (const auto* const id = trade.if_string()) {
      order.trades.emplace_back(*id);
    }
  }
  return fields.finish(std::move(order));
}

caf::expected<PolymarketMakerFill> read_maker(const boost::json::value& json) {
  AnswerFields fields{json};
  PolymarketMakerFill maker;
  maker.order_id = fields.text("order_id");
  maker.token = fields.text("asset_id");
  maker.side = side(fields);
  maker.price = share_price(fields);
  maker.size = size(fields, "matched_amount");
  return fields.finish(std::move(maker));
}

Timestamp match_time(AnswerFields& fields) {
  constexpr std::int64_t year_2200 = 7'258'118'400;
  auto seconds = fields.integer_if_any("match_time");
  if (!seconds) {
    seconds = fields.integer_if_any("matchtime");
  }
  if (seconds.value_or(0) < 0 || seconds.value_or(0) > year_2200) {
    fields.fail("match_time");
    return {};
  }
  return from_ms(seconds.value_or(0) * 1000);
}

/// A list comes as a page with a cursor, "LTE=" at the end, or as a bare array.
template <class T, class Read>
caf::expected<PolymarketPage<T>> read_page(std::string_view body, Read read) {
  const auto json = parse_json(body);
  if (!json) {
    return json.error();
  }
  PolymarketPage<T> page;
  const auto* array = json->if_array();
  if (array == nullptr) {
    AnswerFields fields{*json};
    if (fields.find("data") == nullptr) {
      fields.fail("data");
    }
    array = &fields.array("data");
    page.cursor = fields.text_or_empty("next_cursor");
    if (!fields.ok()) {
      return fields.error();
    }
  }
  if (page.cursor == "LTE=") {
    page.cursor.clear();
  }
  auto items = decode_each(*array, read);
  if (!items) {
    return std::move(items.error());
  }
  page.items = std::move(*items);
  return page;
}

/// A whole number of base units, however large.
std::optional<std::int64_t> base_units(const boost::json::value& value) {
  constexpr std::size_t digits_of_64_bits = 18;
  const auto text = decimal_text(value);
  if (!text || text->empty() || text->find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  const auto significant = std::min(text->find_first_not_of('0'), text->size());
  if (text->size() - significant > digits_of_64_bits) {
    return std::numeric_limits<std::int64_t>::max();
  }
  return parse_decimal(*text, 0);
}

OrderAnswer not_yet(std::string reason) {
  return {.verdict = Verdict::unknown, .reason = std::move(reason)};
}

OrderStatus status_of_listed(PolymarketOrderState state, Quantity filled, Quantity asked,
                             TimeInForce time_in_force) {
  const auto rests = time_in_force == TimeInForce::good_till_cancelled;
  switch (state) {
    case PolymarketOrderState::live:
    case PolymarketOrderState::delayed:
      return OrderStatus::accepted;
    case PolymarketOrderState::unmatched:
      if (rests) {
        return OrderStatus::accepted;
      }
      break;
    case PolymarketOrderState::invalid:
      return filled > Quantity{0} ? OrderStatus::partial : OrderStatus::rejected;
    case PolymarketOrderState::matched:
    case PolymarketOrderState::canceled:
      break;
  }
  if (asked - filled < polymarket_dust) {
    return OrderStatus::filled;
  }
  return filled > Quantity{0} ? OrderStatus::partial : OrderStatus::unfilled;
}

/// What trades say about an order.
struct Traded {
  Quantity shares; ///< of all, also of those that failed
  Quantity failed;
  Money notional; ///< of those that did not fail
  std::vector<std::string> ids;
};

Traded sum_of(std::span<const PolymarketTrade> trades, const SignedPolymarketOrder& sent) {
  Traded sum;
  std::set<std::string_view> seen;
  // The last word on a trade counts: the caller appends newer states behind older ones.
  for (auto trade = trades.rbegin(); trade != trades.rend(); ++trade) {
    if (!seen.insert(trade->id).second) {
      continue;
    }
    for (const auto& own : own_fills(*trade, sent.order_id)) {
      if (sum.shares > largest_order) {
        return sum; // agrees with no order any more, and must not overflow
      }
      sum.shares += own.size;
      if (trade->state == PolymarketTradeState::failed) {
        sum.failed += own.size;
        continue;
      }
      const auto rounding = sent.order.side == Action::buy ? Rounding::up : Rounding::down;
      sum.notional += Money{
        divide(Int128{own.price.value()} * own.size.value(), quantity_per_contract, rounding)};
      sum.ids.push_back(trade->id);
    }
  }
  std::reverse(sum.ids.begin(), sum.ids.end());
  return sum;
}

} // namespace

std::optional<PolymarketOrderState> parse_polymarket_order_state(std::string_view text) {
  const auto word = plain_word(std::string{text}, "order_status_");
  if (word == "live") {
    return PolymarketOrderState::live;
  }
  if (word == "matched") {
    return PolymarketOrderState::matched;
  }
  if (word == "delayed") {
    return PolymarketOrderState::delayed;
  }
  if (word == "unmatched") {
    return PolymarketOrderState::unmatched;
  }
  if (word == "invalid") {
    return PolymarketOrderState::invalid;
  }
  // canceled, canceled_market_resolved, canceled_<free text>
  if (word.starts_with("canceled") || word.starts_with("cancelled")) {
    return PolymarketOrderState::canceled;
  }
  return std::nullopt;
}

std::optional<Quantity> matched_shares(Quantity original, Quantity matched, Quantity asked) {
  if (original == asked) {
    return matched;
  }
  if (original.value() / quantity_per_contract == asked.value()) {
    return Quantity{matched.value() / quantity_per_contract};
  }
  return std::nullopt;
}

caf::expected<PolymarketTrade> read_polymarket_trade(const boost::json::value& json) {
  AnswerFields fields{json};
  PolymarketTrade trade;
  trade.id = fields.text("id");
  trade.state = trade_state(fields);
  trade.taker_order_id = fields.text_or_empty("taker_order_id");
  trade.condition = fields.text("market");
  trade.token = fields.text("asset_id");
  trade.side = side(fields);
  trade.price = share_price(fields);
  trade.size = size(fields, "size");
  trade.transaction_hash = fields.text_or_empty("transaction_hash");
  trade.matched_at = match_time(fields);
  const auto& makers = fields.array("maker_orders");
  if (!fields.ok()) {
    return fields.error();
  }
  auto decoded = decode_each(makers, read_maker);
  if (!decoded) {
    return std::move(decoded.error());
  }
  trade.makers = std::move(*decoded);
  return trade;
}

caf::expected<PolymarketPage<PolymarketOpenOrder>> decode_polymarket_orders(std::string_view body) {
  return read_page<PolymarketOpenOrder>(body, read_order);
}

caf::expected<std::optional<PolymarketOpenOrder>> decode_polymarket_lookup(std::string_view body) {
  if (body.empty()) {
    return std::optional<PolymarketOpenOrder>{};
  }
  const auto json = parse_json(body);
  if (!json) {
    return json.error();
  }
  if (json->is_null() || (json->is_object() && json->get_object().empty())) {
    return std::optional<PolymarketOpenOrder>{};
  }
  auto order = read_order(*json);
  if (!order) {
    return std::move(order.error());
  }
  return std::optional{std::move(*order)};
}

caf::expected<PolymarketPage<PolymarketTrade>> decode_polymarket_trades(std::string_view body) {
  return read_page<PolymarketTrade>(body, read_polymarket_trade);
}

caf::expected<PolymarketBalance> decode_polymarket_balance(std::string_view body) {
  const auto json = parse_json(body);
  if (!json) {
    return json.error();
  }
  AnswerFields fields{*json};
  PolymarketBalance result;
  const auto* const balance = fields.find("balance");
  const auto amount = balance != nullptr ? base_units(*balance) : std::nullopt;
  if (!amount) {
    fields.fail("balance");
  }
  result.balance = amount.value_or(0);
  const auto* const allowances = fields.find("allowances");
  if (allowances != nullptr && !allowances->is_object()) {
    fields.fail("allowances");
  } else if (allowances != nullptr) {
    for (const auto& [spender, value] : allowances->get_object()) {
      const auto allowed = base_units(value);
      if (!allowed) {
        fields.fail("allowances");
      }
      result.allowances.push_back({std::string{spender}, allowed.value_or(0)});
    }
  }
  return fields.finish(std::move(result));
}

std::vector<PolymarketOwnFill> own_fills(const PolymarketTrade& trade, std::string_view order_id) {
  if (trade.taker_order_id == order_id) {
    return {{.token = trade.token,
             .side = trade.side,
             .price = trade.price,
             .size = trade.size,
             .taker = true}};
  }
  std::vector<PolymarketOwnFill> own;
  for (const auto& maker : trade.makers) {
    if (maker.order_id == order_id) {
      own.push_back({.token = maker.token,
                     .side = maker.side,
                     .price = maker.price,
                     .size = maker.size,
                     .taker = false});
    }
  }
  return own;
}

Fill to_fill(const PolymarketTrade& trade, const PolymarketOwnFill& own, const OrderIntent& order) {
  // Against us where the price is finer than ours: the money itself comes from `own`.
  const auto rounding = order.action == Action::buy ? Rounding::up : Rounding::down;
  const auto price = divide(own.price.value(), 100, rounding);
  return {.fill_id = trade.id,
          .client_order_id = order.client_order_id,
          .pair = order.pair,
          .market = order.market,
          .side = order.side,
          .action = order.action,
          .price = Price{static_cast<std::int32_t>(price)},
          .quantity = own.size,
          .fee = {},
          .at = trade.matched_at};
}

OrderAnswer answer_of(const PolymarketOpenOrder& listed, std::span<const PolymarketTrade> trades,
                      const SignedPolymarketOrder& sent, TimeInForce time_in_force) {
  const auto& order = sent.order;
  if (listed.id != sent.order_id || listed.token != order.token_id || listed.side != order.side) {
    return not_yet("listed order is not this one");
  }
  const Quantity asked{order.side == Action::buy ? order.amounts.taker : order.amounts.maker};
  const auto told = matched_shares(listed.original, listed.matched, asked);
  if (!told) {
    return not_yet("listed order has another size");
  }
  const auto traded = sum_of(trades, sent);
  if (traded.shares - *told >= polymarket_dust || *told - traded.shares >= polymarket_dust) {
    return not_yet("trades and order do not agree yet");
  }
  const auto filled = traded.shares - traded.failed;
  OrderAnswer answer{.verdict = Verdict::taken,
                     .status = status_of_listed(listed.state, filled, asked, time_in_force),
                     .venue_order_id = listed.id,
                     .filled = filled,
                     .notional = traded.notional,
                     .trades = traded.ids};
  if (answer.status == OrderStatus::accepted && asked > *told) {
    answer.resting = asked - *told;
  }
  if (traded.failed > Quantity{0}) {
    answer.reason = "trade_failed";
  }
  return answer;
}

} // namespace arbees
