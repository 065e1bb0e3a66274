#pragma once

#include "actors/messages/market.hpp"
#include "actors/messages/order.hpp"

// What a fill costs at each venue, to the venue's own last digit (venues/kalshi.md section 6,
// venues/polymarket.md section 7). Coefficients are data: a FeeSchedule.

namespace arbees {

enum class Liquidity : std::uint8_t { taker, maker };

/// True if the numbers of `schedule` are ones that the functions below can work with: coefficients
/// in 0..1, exponent 0..2, and for Kalshi a positive balance step. Others must not be traded on.
bool supported(const FeeSchedule& schedule);

/// The fee of the model, rounded at the venue's own digit, before anything that depends on the
/// order's earlier fills: Kalshi up to 1e-6 dollar, Polymarket half-up to 1e-5 dollar.
/// @pre supported(schedule), tradable(price), quantity >= 0
Money trade_fee(const FeeSchedule& schedule, Liquidity liquidity, Price price, Quantity quantity);

/// The most that a taker pays for one fill, for break-even checks: Kalshi the model rounded up to
/// 1e-6 dollar plus one unit of the account's grid, Polymarket the model rounded up to 1e-5 dollar.
/// @pre as trade_fee()
Money taker_fee_bound(const FeeSchedule& schedule, Price price, Quantity quantity);

/// The same for either kind of liquidity.
Money fee_bound(const FeeSchedule& schedule, Liquidity liquidity, Price price, Quantity quantity);

/// Kalshi's rounding of the account balance, for one order: each fill's change of balance is
/// floored to the account's grid, what that takes too much is kept count of, and paid back in whole
/// units of the grid as soon as it amounts to one. Taker and maker fills share the count.
class BalanceRounding {
public:
  /// What a fill costs in the end: trade fee + rounding fee - rebate, never negative.
  /// @param notional paid by a buy, received by a sell, not negative
  Money net_fee(Money notional, Money trade_fee, Action action, Money balance_step);

private:
  Money overpaid_;
};

/// The fees of one order, fill by fill in the order in which they happened.
class OrderFees {
public:
  /// The net fee of this fill, as the venue charges it. @pre as trade_fee()
  Money charge(const FeeSchedule& schedule, Liquidity liquidity, Price price, Quantity quantity,
               Action action = Action::buy);

private:
  BalanceRounding rounding_;
};

} // namespace arbees
