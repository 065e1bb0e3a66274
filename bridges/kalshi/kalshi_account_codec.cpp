#include <algorithm>
#include <set>

#include "bridges/kalshi/kalshi_order_codec.hpp"
#include "bridges/net/answer_fields.hpp"

// Reads of the account: orders, fills, positions, balances, limits (venues/kalshi.md 5.4, 5.5, 7).

namespace arbees {

namespace {

/// A million dollars for one match; keeps the sums of any page within 64 bits.
constexpr Money max_fee{1'000'000 * money_per_dollar};

/// The direction, from the words that are not deprecated: `book_side`, or `outcome_side`, where yes
/// is a bid. Never from `side` and `action`, which REST and WebSocket meant differently.
KalshiBookSide book_side(AnswerFields& fields) {
  const auto side = fields.text_or_empty("book_side");
  const auto outcome = fields.text_or_empty("outcome_side");
  if (side == "bid" || (side.empty() && outcome == "yes")) {
    return KalshiBookSide::bid;
  }
  if (side != "ask" && !(side.empty() && outcome == "no")) {
    fields.fail("book_side");
  }
  return KalshiBookSide::ask;
}

std::int32_t exchange_index(AnswerFields& fields) {
  const auto index = fields.integer_if_any("exchange_index").value_or(0);
  if (index < 0 || index > 1'000) {
    fields.fail("exchange_index");
    return 0;
  }
  return static_cast<std::int32_t>(index);
}

Quantity count(AnswerFields& fields, std::string_view key) {
  const auto value = fields.quantity(key);
  if (value < Quantity{0}) {
    fields.fail(key);
  }
  return value;
}

KalshiOrderState state(AnswerFields& fields) {
  const auto word = fields.text("status");
  if (word == "resting") {
    return KalshiOrderState::resting;
  }
  if (word == "executed") {
    return KalshiOrderState::executed;
  }
  if (word != "canceled") {
    fields.fail("status");
  }
  return KalshiOrderState::canceled;
}

caf::expected<KalshiOrder> read_order(const boost::json::value& json) {
  AnswerFields fields{json};
  KalshiOrder order;
  order.order_id = fields.text("order_id");
  order.client_order_id = fields.text_or_empty("client_order_id");
  order.ticker = fields.text("ticker");
  order.side = book_side(fields);
  order.state = state(fields);
  order.yes_price = fields.price("yes_price_dollars");
  order.initial = count(fields, "initial_count_fp");
  order.filled = count(fields, "fill_count_fp");
  order.remaining = count(fields, "remaining_count_fp");
  order.fees = fields.money_if_any("taker_fees_dollars").value_or(Money{})
               + fields.money_if_any("maker_fees_dollars").value_or(Money{});
  order.exchange_index = exchange_index(fields);
  return fields.finish(std::move(order));
}

Timestamp stamp(AnswerFields& fields) {
  constexpr std::int64_t year_2200_ms = 7'258'118'400'000;
  const auto ms = fields.integer_if_any("ts_ms");
  const auto s = fields.integer_if_any("ts");
  const auto value = ms ? *ms : s.value_or(0) < year_2200_ms / 1000 ? s.value_or(0) * 1000 : -1;
  if (value < 0 || value > year_2200_ms) {
    fields.fail("ts");
    return {};
  }
  return from_ms(value);
}

caf::expected<KalshiFill> read_fill(const boost::json::value& json) {
  AnswerFields fields{json};
  KalshiFill fill;
  fill.fill_id = fields.text_or_empty("fill_id");
  if (fill.fill_id.empty()) {
    fill.fill_id = fields.text("trade_id"); // the same id under its other name
  }
  fill.order_id = fields.text("order_id");
  fill.ticker = fields.text_or_empty("ticker");
  if (fill.ticker.empty()) {
    fill.ticker = fields.text("market_ticker");
  }
  fill.side = book_side(fields);
  fill.yes_price = fields.price("yes_price_dollars");
  fill.count = count(fields, "count_fp");
  fill.fee = fields.money_if_any("fee_cost").value_or(Money{});
  if (fill.fee > max_fee || fill.fee < -max_fee) {
    fields.fail("fee_cost");
  }
  fill.taker = fields.flag("is_taker");
  fill.at = stamp(fields);
  fill.exchange_index = exchange_index(fields);
  return fields.finish(std::move(fill));
}

caf::expected<KalshiPosition> read_position(const boost::json::value& json) {
  AnswerFields fields{json};
  KalshiPosition position;
  position.ticker = fields.text("ticker");
  position.position = fields.quantity("position_fp");
  position.exposure = fields.money_if_any("market_exposure_dollars").value_or(Money{});
  position.realized = fields.money_if_any("realized_pnl_dollars").value_or(Money{});
  position.fees = fields.money_if_any("fees_paid_dollars").value_or(Money{});
  position.exchange_index = exchange_index(fields);
  return fields.finish(std::move(position));
}

KalshiSettlement::Result settlement_result(AnswerFields& fields) {
  const auto word = fields.text("market_result");
  if (word == "yes") {
    return KalshiSettlement::Result::yes;
  }
  if (word == "no") {
    return KalshiSettlement::Result::no;
  }
  if (word != "scalar" && word != "void") {
    fields.fail("market_result");
  }
  return KalshiSettlement::Result::scalar;
}

/// In whole cents, which is what is paid (docs "Market Settlement"); by its newer name, if that is
/// there, to the last digit.
Money revenue(AnswerFields& fields) {
  if (const auto dollars = fields.money_if_any("revenue_dollars")) {
    return *dollars;
  }
  constexpr std::int64_t most_cents = 100'000'000'000;
  const auto cents = fields.integer("revenue");
  if (cents < 0 || cents > most_cents) {
    fields.fail("revenue");
    return {};
  }
  return Money{cents * (money_per_dollar / 100)};
}

caf::expected<KalshiSettlement> read_settlement(const boost::json::value& json) {
  AnswerFields fields{json};
  KalshiSettlement settlement;
  settlement.ticker = fields.text("ticker");
  settlement.result = settlement_result(fields);
  settlement.yes = count(fields, "yes_count_fp");
  settlement.no = count(fields, "no_count_fp");
  settlement.revenue = revenue(fields);
  // "fee_cost" is not read: it sums up the fees of the trades, which the fills have told.
  if (settlement.revenue < Money{0}
      || settlement.revenue > payout(settlement.yes) + payout(settlement.no)) {
    fields.fail("revenue"); // no contract pays more than a dollar
  }
  const auto at = parse_utc(fields.text("settled_time"));
  if (!at) {
    fields.fail("settled_time");
  }
  settlement.at = at.value_or(Timestamp{});
  return fields.finish(std::move(settlement));
}

caf::expected<KalshiShardBalance> read_shard(const boost::json::value& json) {
  AnswerFields fields{json};
  KalshiShardBalance shard;
  fields.integer("exchange_index");
  shard.exchange_index = exchange_index(fields);
  shard.available = fields.money("balance");
  return fields.finish(shard);
}

/// A page whose items stand under `key`. The end is null, "" or no cursor at all.
template <class T, class Read>
caf::expected<KalshiPage<T>> read_page(std::string_view body, std::string_view key, Read read) {
  const auto json = parse_json(body);
  if (!json) {
    return json.error();
  }
  AnswerFields fields{*json};
  if (fields.find(key) == nullptr) {
    fields.fail(key);
  }
  const auto& array = fields.array(key);
  KalshiPage<T> page;
  page.cursor = fields.text_or_empty("cursor");
  if (!fields.ok()) {
    return fields.error();
  }
  auto items = decode_each(array, read);
  if (!items) {
    return std::move(items.error());
  }
  page.items = std::move(*items);
  return page;
}

Price price_of(Side side, Price yes_price) {
  return side == Side::yes ? yes_price : complement(yes_price);
}

OrderAnswer not_yet(std::string reason) {
  return {.verdict = Verdict::unknown, .reason = std::move(reason)};
}

OrderStatus status_of_listed(const KalshiOrder& listed) {
  if (listed.state == KalshiOrderState::resting) {
    return OrderStatus::accepted;
  }
  if (listed.filled == Quantity{0}) {
    return OrderStatus::unfilled;
  }
  return listed.filled == listed.initial ? OrderStatus::filled : OrderStatus::partial;
}

} // namespace

caf::expected<KalshiPage<KalshiOrder>> decode_kalshi_orders(std::string_view body) {
  return read_page<KalshiOrder>(body, "orders", read_order);
}

caf::expected<KalshiOrder> decode_kalshi_order(std::string_view body) {
  const auto json = parse_json(body);
  if (!json) {
    return json.error();
  }
  AnswerFields fields{*json};
  const auto* const order = fields.find("order");
  if (order == nullptr) {
    fields.fail("order");
    return fields.error();
  }
  return read_order(*order);
}

caf::expected<KalshiPage<KalshiFill>> decode_kalshi_fills(std::string_view body) {
  return read_page<KalshiFill>(body, "fills", read_fill);
}

caf::expected<KalshiPage<KalshiPosition>> decode_kalshi_positions(std::string_view body) {
  return read_page<KalshiPosition>(body, "market_positions", read_position);
}

caf::expected<KalshiPage<KalshiSettlement>> decode_kalshi_settlements(std::string_view body) {
  return read_page<KalshiSettlement>(body, "settlements", read_settlement);
}

caf::expected<KalshiBalance> decode_kalshi_balance(std::string_view body) {
  const auto json = parse_json(body);
  if (!json) {
    return json.error();
  }
  AnswerFields fields{*json};
  KalshiBalance balance;
  const auto dollars = fields.money_if_any("balance_dollars");
  const auto cents = fields.integer_if_any("balance"); // truncated: only where there is no better
  if (dollars) {
    balance.total = *dollars;
  } else if (cents && *cents >= 0 && *cents <= 100'000'000'000) {
    balance.total = Money{*cents * (money_per_dollar / 100)};
  } else {
    fields.fail("balance_dollars");
  }
  const auto& breakdown = fields.array("balance_breakdown");
  if (!fields.ok()) {
    return fields.error();
  }
  auto shards = decode_each(breakdown, read_shard);
  if (!shards) {
    return std::move(shards.error());
  }
  balance.shards = std::move(*shards);
  return balance;
}

caf::expected<KalshiAccountLimits> decode_kalshi_limits(std::string_view body) {
  const auto json = parse_json(body);
  if (!json) {
    return json.error();
  }
  AnswerFields fields{*json};
  static const boost::json::value nothing;
  const auto* const read = fields.find("read");
  const auto* const write = fields.find("write");
  AnswerFields reads{read != nullptr ? *read : nothing};
  AnswerFields writes{write != nullptr ? *write : nothing};
  const KalshiAccountLimits limits{.read_per_second = reads.integer("refill_rate"),
                                   .read_capacity = reads.integer("bucket_capacity"),
                                   .write_per_second = writes.integer("refill_rate"),
                                   .write_capacity = writes.integer("bucket_capacity")};
  constexpr auto usable = [](std::int64_t value) { return value > 0 && value <= 1'000'000'000; };
  if (!reads.ok() || !usable(limits.read_per_second) || !usable(limits.read_capacity)) {
    fields.fail("read");
  }
  if (!writes.ok() || !usable(limits.write_per_second) || !usable(limits.write_capacity)) {
    fields.fail("write");
  }
  return fields.finish(limits);
}

std::optional<Timestamp> decode_kalshi_data_timestamp(std::string_view body) {
  const auto json = parse_json(body);
  return json && json->is_object() ? time_field(json->get_object(), "as_of_time") : std::nullopt;
}

Fill to_fill(const KalshiFill& fill, const OrderIntent& order) {
  return {.fill_id = fill.fill_id,
          .client_order_id = order.client_order_id,
          .pair = order.pair,
          .market = order.market,
          .side = order.side,
          .action = order.action,
          .price = price_of(order.side, fill.yes_price),
          .quantity = fill.count,
          .fee = fill.fee,
          .at = fill.at};
}

OrderAnswer
answer_of(const KalshiOrder& listed, std::span<const KalshiFill> fills, const OrderIntent& order) {
  const auto leg = to_kalshi_leg(order.side, order.action, order.limit);
  if (listed.client_order_id != order.client_order_id || listed.ticker != order.ref.native_id
      || listed.side != leg.side) {
    return not_yet("listed order is not this one");
  }
  OrderAnswer answer{.verdict = Verdict::taken,
                     .status = status_of_listed(listed),
                     .venue_order_id = listed.order_id,
                     .filled = listed.filled,
                     .resting = listed.remaining};
  Quantity counted;
  std::set<std::string_view> seen;
  for (const auto& fill : fills) {
    if (fill.order_id != listed.order_id || !seen.insert(fill.fill_id).second) {
      continue;
    }
    counted += fill.count;
    if (counted > listed.filled) {
      break;
    }
    answer.notional += notional(price_of(order.side, fill.yes_price), fill.count,
                                order.action == Action::buy ? Rounding::up : Rounding::down);
    answer.fee += fill.fee;
    answer.trades.push_back(fill.fill_id);
  }
  return counted == listed.filled ? answer : not_yet("fills and order do not agree yet");
}

const KalshiOrder* find_order(std::span<const KalshiOrder> listed, const OrderIntent& order) {
  const auto found = std::find_if(listed.begin(), listed.end(), [&](const auto& one) {
    return one.client_order_id == order.client_order_id;
  });
  return found == listed.end() ? nullptr : &*found;
}

} // namespace arbees
