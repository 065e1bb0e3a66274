#include "bridges/polymarket/polymarket_amounts.hpp"

#include <array>

namespace arbees {

namespace {

constexpr std::int64_t base_unit = 1'000'000;
/// 0.01 share or 1 cent.
constexpr std::int64_t hundredth = base_unit / 100;
/// A Price counts 1e-4, the formulas 1e-6.
constexpr std::int64_t base_units_per_price = 100;

struct TickRule {
  Price tick;
  int amount_decimals;
};
constexpr std::array tick_rules{TickRule{Price{1000}, 3}, TickRule{Price{100}, 4},
                                TickRule{Price{50}, 5},   TickRule{Price{25}, 6},
                                TickRule{Price{10}, 5},   TickRule{Price{1}, 6}};

caf::error refuse(const std::string& why) {
  return caf::make_error(Errc::bad_frame, "order amounts: " + why);
}

/// The unit, in base units, to which amounts are cut off at `price`.
caf::expected<std::int64_t> amount_unit(Price price, Price tick) {
  const auto decimals = amount_decimals(tick);
  if (!decimals) {
    return refuse("no such tick: " + to_string(tick));
  }
  if (price < tick || price > complement(tick) || price.value() % tick.value() != 0) {
    return refuse("price " + to_string(price) + " is off the grid of " + to_string(tick));
  }
  std::int64_t unit = 1;
  for (auto i = *decimals; i < 6; ++i) {
    unit *= 10;
  }
  return unit;
}

caf::expected<OrderAmounts> whole(OrderAmounts amounts) {
  if (amounts.maker <= 0 || amounts.taker <= 0) {
    return refuse("too small");
  }
  return amounts;
}

} // namespace

std::optional<int> amount_decimals(Price tick) {
  for (const auto& rule : tick_rules) {
    if (rule.tick == tick) {
      return rule.amount_decimals;
    }
  }
  return std::nullopt;
}

caf::expected<OrderAmounts>
limit_amounts(Action action, Price price, Quantity quantity, Price tick) {
  const auto unit = amount_unit(price, tick);
  if (!unit) {
    return unit.error();
  }
  if (quantity <= Quantity{0}) {
    return refuse("too small");
  }
  const auto shares = floor_to(quantity, Quantity{hundredth}).value();
  const auto dollars = notional(price, Quantity{shares}, Rounding::down).value() / *unit * *unit;
  return whole(action == Action::buy ? OrderAmounts{dollars, shares}
                                     : OrderAmounts{shares, dollars});
}

caf::expected<OrderAmounts> market_buy_amounts(Money dollars, Price price, Price tick) {
  const auto unit = amount_unit(price, tick);
  if (!unit) {
    return unit.error();
  }
  // Beyond any account; keeps the shares at the lowest price of 0.0001 within 64 bits.
  if (dollars <= Money{0} || dollars.value() > 100'000'000 * base_unit) {
    return refuse("dollars out of range");
  }
  const auto spent = dollars.value() / hundredth * hundredth;
  const auto shares =
    divide(Int128{spent} * base_unit, Int128{price.value()} * base_units_per_price, Rounding::down);
  return whole({spent, shares / *unit * *unit});
}

caf::expected<OrderAmounts> order_amounts(const OrderIntent& order, Price tick) {
  if (order.quantity.value() % hundredth != 0) {
    return refuse("quantity " + to_string(order.quantity) + " is finer than 0.01 share");
  }
  auto amounts = limit_amounts(order.action, order.limit, order.quantity, tick);
  if (amounts && order.action == Action::buy
      && order.time_in_force != TimeInForce::good_till_cancelled
      && amounts->maker % hundredth != 0) {
    return refuse("an immediate buy must spend whole cents, not "
                  + to_string(Money{amounts->maker}));
  }
  return amounts;
}

} // namespace arbees
