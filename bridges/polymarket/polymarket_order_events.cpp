#include "bridges/polymarket/polymarket_order_events.hpp"

#include <map>

#include "actors/market/fees.hpp"
#include "bridges/polymarket/polymarket_account_fields.hpp"
#include "bridges/polymarket/polymarket_order_codec.hpp"

namespace arbees {

namespace {

constexpr Quantity largest_order{1'000'000'000 * quantity_per_contract};

FillState state_of(PolymarketTradeState state) {
  switch (state) {
    case PolymarketTradeState::matched:
    case PolymarketTradeState::mined:
    case PolymarketTradeState::retrying:
      return FillState::provisional;
    case PolymarketTradeState::confirmed:
      return FillState::confirmed;
    case PolymarketTradeState::failed:
      return FillState::voided;
  }
  return FillState::provisional;
}

/// To the grid of all prices, against us.
Price rounded(Money per_share, Action action) {
  const auto rounding = action == Action::buy ? Rounding::up : Rounding::down;
  return Price{static_cast<std::int32_t>(divide(per_share.value(), 100, rounding))};
}

Money fee_of(const std::optional<FeeSchedule>& fees, bool taker, Price price, Quantity quantity) {
  if (!fees || !supported(*fees) || price <= price_zero || price >= price_one) {
    return {};
  }
  return trade_fee(*fees, taker ? Liquidity::taker : Liquidity::maker, price, quantity);
}

/// True if nothing more can happen to an order in `state`.
bool ended(PolymarketOrderState state, const OrderIntent& order, Quantity matched) {
  switch (state) {
    case PolymarketOrderState::live:
    case PolymarketOrderState::delayed:
      return false;
    case PolymarketOrderState::matched:
      return !may_rest(order) || order.quantity - matched < polymarket_dust;
    case PolymarketOrderState::unmatched:
      return !may_rest(order);
    case PolymarketOrderState::canceled:
    case PolymarketOrderState::invalid:
      return true;
  }
  return false;
}

std::string reason_of(PolymarketOrderState state) {
  switch (state) {
    case PolymarketOrderState::live:
    case PolymarketOrderState::matched:
      return {};
    case PolymarketOrderState::delayed:
      return "delayed";
    case PolymarketOrderState::unmatched:
      return "unmatched";
    case PolymarketOrderState::canceled:
      return "canceled";
    case PolymarketOrderState::invalid:
      return "invalid";
  }
  return {};
}

} // namespace

std::string end_reason(PolymarketOrderState state, std::string_view text) {
  constexpr std::string_view prefix = "CANCELED_";
  const auto free_text = text.find(prefix);
  if (free_text == std::string_view::npos) {
    return reason_of(state);
  }
  // The stream may be faster than the answer: both must call the same end by the same name.
  const auto told = text.substr(free_text + prefix.size());
  auto judged = judge_polymarket_error(400, told);
  return judged.reason == told ? std::string{text.substr(free_text)} : judged.reason;
}

std::vector<FillEvent>
fill_events(const PolymarketTrade& trade, const OrderIntent& order, std::string_view order_id,
            const std::optional<FeeSchedule>& fees) {
  std::vector<FillEvent> events;
  const auto& token = order.ref.tokens[static_cast<std::size_t>(order.side)];
  for (const auto& own : own_fills(trade, order_id)) {
    if (own.token != token || own.side != order.action || own.size <= Quantity{}) {
      continue;
    }
    const auto price = rounded(own.price, order.action);
    // One trade may hold several of our bids, also of one order: the taker's has the trade's id.
    auto id = own.taker ? trade.id
                        : fmt::format("{}:{}:{}", trade.id, order_id.substr(0, 10), events.size());
    events.push_back({.fill_id = std::move(id),
                      .venue_order_id = std::string{order_id},
                      .price_of = order.side,
                      .price = price,
                      .quantity = own.size,
                      .fee = fee_of(fees, own.taker, price, own.size),
                      .state = state_of(trade.state),
                      .at = trade.matched_at});
  }
  return events;
}

std::optional<OrderEvent> order_event(const PolymarketOrderEvent& event, const OrderIntent& order) {
  const auto original = event.original.value_or(order.quantity);
  const auto told = matched_shares(original, event.matched.value_or(Quantity{}), order.quantity);
  if (!told) {
    return std::nullopt;
  }
  OrderEvent result{.venue_order_id = event.id};
  if (!ended(event.state, order, *told)) {
    return result; // until it is over the trades tell what is matched, and at what price
  }
  const auto whole = order.quantity - *told < polymarket_dust;
  const auto canceled = event.kind == PolymarketOrderEventKind::cancellation;
  // An immediate order is "matched" from its first match on, and a kill names no size. But a killed
  // FOK needs none: it is all or nothing.
  const auto killed = canceled && order.time_in_force == TimeInForce::fill_or_kill;
  if (!whole && !killed && !(canceled && event.matched)) {
    return std::nullopt;
  }
  result.ended = true;
  result.filled = *told;
  result.reason = whole ? std::string{} : end_reason(event.state, event.text);
  return result;
}

std::optional<OrderEvent>
order_event(const PolymarketOpenOrder& listed, std::span<const PolymarketTrade> trades,
            const OrderIntent& order, const std::optional<FeeSchedule>& fees) {
  const auto matched = matched_shares(listed.original, listed.matched, order.quantity);
  if (!matched || listed.token != order.ref.tokens[static_cast<std::size_t>(order.side)]
      || listed.side != order.action) {
    return std::nullopt;
  }
  OrderEvent event{.venue_order_id = listed.id,
                   .ended = ended(listed.state, order, *matched),
                   .filled = *matched,
                   .reason = *matched < order.quantity ? reason_of(listed.state) : ""};
  std::map<std::string, FillEvent> fills; // repeats are the same trade in another state
  for (const auto& trade : trades) {
    for (auto& fill : fill_events(trade, order, listed.id, fees)) {
      fills.insert_or_assign(fill.fill_id, std::move(fill));
    }
  }
  Quantity traded;
  Money paid;
  Money charged;
  for (const auto& [id, fill] : fills) {
    if (traded > largest_order) {
      break; // agrees with no order any more, and must not overflow
    }
    const auto rounding = order.action == Action::buy ? Rounding::up : Rounding::down;
    traded += fill.quantity;
    paid += notional(fill.price, fill.quantity, rounding);
    charged += fill.fee;
  }
  if (traded < *matched + polymarket_dust && *matched < traded + polymarket_dust) {
    event.notional = paid;
    event.fee = charged;
  }
  return event;
}

Money estimated_fee(const OrderAnswer& answer, const std::optional<FeeSchedule>& fees) {
  if (answer.filled <= Quantity{}) {
    return {};
  }
  const auto average = divide(Int128{answer.notional.value()} * quantity_per_contract,
                              answer.filled.value(), Rounding::down);
  if (average <= 0 || average >= money_per_dollar) {
    return {};
  }
  return fee_of(fees, true, rounded(Money{average}, Action::buy), answer.filled);
}

} // namespace arbees
