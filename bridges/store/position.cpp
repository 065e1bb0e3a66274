#include "bridges/store/position.hpp"

#include <algorithm>
#include <cstdlib>

namespace arbees {

namespace {

Quantity magnitude(Quantity quantity) {
  return quantity < Quantity{0} ? Quantity{0} - quantity : quantity;
}

/// amount * part / whole, towards zero; exact if part is the whole.
Money share(Money amount, Quantity part, Quantity whole) {
  const auto negative = amount < Money{0};
  const auto positive = negative ? -amount : amount;
  const Money result{
    divide(Int128{positive.value()} * part.value(), whole.value(), Rounding::down)};
  return negative ? -result : result;
}

} // namespace

Position after(Position position, const Fill& fill) {
  const auto bought = fill.action == Action::buy;
  const auto change = bought ? fill.quantity : Quantity{0} - fill.quantity;
  const auto paid = bought ? notional(fill.price, fill.quantity, Rounding::up)
                           : -notional(fill.price, fill.quantity, Rounding::down);
  const auto held = position.quantity;
  position.fees += fill.fee;
  position.quantity += change;
  position.cost += paid;
  if (held == Quantity{0} || (held > Quantity{0}) == bought || fill.quantity == Quantity{0}) {
    return position;
  }
  const auto closed = std::min(magnitude(held), fill.quantity);
  const auto settled =
    share(position.cost - paid, closed, magnitude(held)) + share(paid, closed, fill.quantity);
  position.cost -= settled;
  position.realized -= settled;
  return position;
}

} // namespace arbees
