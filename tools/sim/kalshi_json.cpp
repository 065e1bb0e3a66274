#include "tools/sim/kalshi_json.hpp"

#include "tools/sim/kalshi_rest.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

Money at(const std::map<Liquidity, Money>& amounts, Liquidity which) {
  const auto found = amounts.find(which);
  return found == amounts.end() ? Money{0} : found->second;
}

std::string_view status_of(const KalshiOrder& order) {
  return order.resting > Quantity{0}     ? "resting"
         : order.filled == order.initial ? "executed"
                                         : "canceled";
}

std::string_view outcome(BookSide side) {
  return side == BookSide::bid ? "yes" : "no";
}

std::string_view book_side(BookSide side) {
  return side == BookSide::bid ? "bid" : "ask";
}

const std::string& ticker(const KalshiAccounts& accounts, int market) {
  return kalshi_market_at(accounts.engine(), market).ticker;
}

/// What REST rows and messages of an order have in common.
json::object order_fields(const KalshiAccounts& accounts, const KalshiOrder& order) {
  return {{"order_id", order.uuid},
          {"client_order_id", order.client_id},
          {"ticker", ticker(accounts, order.market)},
          {"outcome_side", outcome(order.side)},
          {"book_side", book_side(order.side)},
          {"status", status_of(order)},
          {"yes_price_dollars", to_string(order.price)},
          {"initial_count_fp", to_string(order.initial)},
          {"fill_count_fp", to_string(order.filled)},
          {"remaining_count_fp", to_string(order.resting)},
          {"taker_fill_cost_dollars", dollars(at(order.cost, Liquidity::taker))},
          {"maker_fill_cost_dollars", dollars(at(order.cost, Liquidity::maker))},
          {"taker_fees_dollars", dollars(at(order.fees, Liquidity::taker))},
          {"maker_fees_dollars", dollars(at(order.fees, Liquidity::maker))},
          {"order_group_id", order.group.empty() ? json::value(nullptr) : json::value(order.group)},
          {"exchange_index", shard_of(accounts.engine(), order.market)}};
}

} // namespace

std::string dollars(Money money) {
  return format_decimal(money.value(), 6, 4);
}

std::string kalshi_trade_id(std::uint64_t number) {
  Random random{number};
  return make_uuid(random);
}

json::object order_row(const KalshiAccounts& accounts, const KalshiOrder& order) {
  auto row = order_fields(accounts, order);
  row["user_id"] = accounts.at(order.account).user;
  row["type"] = "limit";
  row["cancel_order_on_pause"] = order.cancel_on_pause;
  row["no_price_dollars"] = to_string(complement(order.price));
  row["created_time"] = iso_seconds(order.created_ms / 1000);
  row["last_update_time"] = iso_seconds(order.updated_ms / 1000);
  if (order.expires != 0) {
    row["expiration_time"] = iso_seconds(order.expires);
  }
  return row;
}

json::object user_order_message(const KalshiAccounts& accounts, const KalshiOrder& order) {
  auto message = order_fields(accounts, order);
  message["user_id"] = accounts.at(order.account).user;
  message["side"] = outcome(order.side);
  message["is_yes"] = order.side == BookSide::bid;
  message["created_ts_ms"] = order.created_ms;
  message["last_updated_ts_ms"] = order.updated_ms;
  message["subaccount_number"] = 0;
  if (order.expires != 0) {
    message["expiration_ts_ms"] = order.expires * 1000;
  }
  return message;
}

json::object fill_row(const KalshiAccounts& accounts, const KalshiFill& fill) {
  const auto& order = accounts.order(fill.order);
  return {{"fill_id", fill.trade},
          {"trade_id", fill.trade},
          {"order_id", order.uuid},
          {"ticker", ticker(accounts, order.market)},
          {"market_ticker", ticker(accounts, order.market)},
          {"outcome_side", outcome(order.side)},
          {"book_side", book_side(order.side)},
          {"count_fp", to_string(fill.size)},
          {"yes_price_dollars", to_string(fill.price)},
          {"no_price_dollars", to_string(complement(fill.price))},
          {"is_taker", fill.liquidity == Liquidity::taker},
          {"fee_cost", dollars(fill.fee)},
          {"created_time", iso_seconds(fill.at_ms / 1000)},
          {"ts", fill.at_ms / 1000},
          {"exchange_index", shard_of(accounts.engine(), order.market)}};
}

json::object
fill_message(const KalshiAccounts& accounts, const KalshiOrder& order, const KalshiFill& fill) {
  const auto& position = accounts.at(order.account).positions.at(order.market);
  return {{"trade_id", fill.trade},
          {"order_id", order.uuid},
          {"client_order_id", order.client_id},
          {"market_ticker", ticker(accounts, order.market)},
          {"exchange_index", shard_of(accounts.engine(), order.market)},
          {"is_taker", fill.liquidity == Liquidity::taker},
          {"side", outcome(order.side)},
          {"action", "buy"},
          {"purchased_side", outcome(order.side)},
          {"outcome_side", outcome(order.side)},
          {"book_side", book_side(order.side)},
          {"yes_price_dollars", to_string(fill.price)},
          {"count_fp", to_string(fill.size)},
          {"fee_cost", dollars(fill.fee)},
          {"post_position_fp", to_string(position.contracts)},
          {"subaccount", 0},
          {"ts", fill.at_ms / 1000},
          {"ts_ms", fill.at_ms}};
}

json::object
position_row(const KalshiAccounts& accounts, int market, const KalshiPosition& position) {
  return {{"ticker", ticker(accounts, market)},
          {"position_fp", to_string(position.contracts)},
          {"market_exposure_dollars", dollars(position.cost)},
          {"realized_pnl_dollars", dollars(position.realized)},
          {"fees_paid_dollars", dollars(position.fees)},
          {"total_traded_dollars", dollars(position.traded)},
          {"last_updated_ts", iso_seconds(accounts.engine().now())},
          {"exchange_index", shard_of(accounts.engine(), market)}};
}

json::object position_message(const KalshiAccounts& accounts, int account, int market) {
  const auto& position = accounts.at(account).positions.at(market);
  return {{"user_id", accounts.at(account).user},
          {"market_ticker", ticker(accounts, market)},
          {"position_fp", to_string(position.contracts)},
          {"position_cost_dollars", dollars(position.cost)},
          {"realized_pnl_dollars", dollars(position.realized)},
          {"fees_paid_dollars", dollars(position.fees)},
          {"position_fee_cost_dollars", dollars(position.open_fees)},
          {"volume_fp", to_string(position.volume)},
          {"subaccount", 0}};
}

json::object settlement_row(const KalshiAccounts& accounts, const KalshiSettlement& settlement) {
  const auto yes = settlement.contracts > Quantity{0};
  const auto no = Quantity{0} - settlement.contracts;
  const auto& engine = accounts.engine();
  const auto event = static_cast<std::size_t>(kalshi_market_at(engine, settlement.market).event);
  return {{"ticker", ticker(accounts, settlement.market)},
          {"event_ticker", engine.slate().kalshi_events[event].ticker},
          {"market_result", kalshi_result(settlement.value)},
          {"yes_count_fp", to_string(yes ? settlement.contracts : Quantity{0})},
          {"no_count_fp", to_string(yes ? Quantity{0} : no)},
          {"yes_total_cost_dollars", dollars(yes ? settlement.cost : Money{0})},
          {"no_total_cost_dollars", dollars(yes ? Money{0} : settlement.cost)},
          {"fee_cost", dollars(settlement.fees)},
          {"value", settlement.value.value() / 100}, // cents of one YES contract
          {"value_dollars", to_string(settlement.value)},
          {"revenue", settlement.revenue.value() / 10'000}, // cents
          {"revenue_dollars", dollars(settlement.revenue)},
          {"settled_time", iso_seconds(settlement.at_ms / 1000)},
          {"exchange_index", shard_of(engine, settlement.market)}};
}

json::object created_json(const KalshiAccounts& accounts, const KalshiOrder& order) {
  json::object out{{"order_id", order.uuid},
                   {"client_order_id", order.client_id},
                   {"fill_count", to_string(order.filled)},
                   {"remaining_count", to_string(order.resting)},
                   {"ts_ms", order.created_ms}};
  if (order.filled == Quantity{0}) {
    return out;
  }
  auto value = Money{0};
  for (const auto& fill : accounts.at(order.account).fills) {
    if (fill.order == order.id) {
      value += notional(fill.price, fill.size, Rounding::half_up);
    }
  }
  const auto per_contract = [&](Money sum) {
    return Money{
      divide(Int128{sum.value()} * quantity_per_contract, order.filled.value(), Rounding::half_up)};
  };
  out["average_fill_price"] = dollars(per_contract(value));
  out["average_fee_paid"] = dollars(per_contract(at(order.fees, Liquidity::taker)));
  return out;
}

} // namespace arbees::sim
