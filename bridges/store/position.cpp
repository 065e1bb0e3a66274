#include "bridges/store/position.hpp"

#include <algorithm>
#include <array>
#include <map>

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

OwnSettlement own_part(const Position& position, const Settlement& settlement) {
  const auto quantity = std::min(position.quantity, settlement.quantity);
  if (quantity <= Quantity{0}) {
    return {};
  }
  return {.quantity = quantity,
          .payout = share(settlement.payout, quantity, settlement.quantity),
          .fee = share(settlement.fee, quantity, settlement.quantity)};
}

Position after(Position position, const OwnSettlement& paid) {
  if (paid.quantity == Quantity{0}) {
    return position;
  }
  const auto released = share(position.cost, paid.quantity, position.quantity);
  position.quantity -= paid.quantity;
  position.cost -= released;
  position.realized += paid.payout - released;
  position.fees += paid.fee;
  return position;
}

Money money_moved(Venue venue, const std::vector<PositionRecord>& positions,
                  const std::vector<SettlementRecord>& settlements) {
  Money moved;
  std::map<MarketId, std::array<Quantity, 2>> held;
  for (const auto& record : positions) {
    if (record.venue == venue) {
      const auto& position = record.position;
      moved += position.realized - position.cost - position.fees;
      held[record.market][static_cast<std::size_t>(record.side)] = position.quantity;
    }
  }
  if (venue == Venue::kalshi) {
    for (const auto& [market, sides] : held) {
      moved += payout(std::min(sides[0], sides[1]));
    }
  }
  for (const auto& [settlement, own] : settlements) {
    if (settlement.venue == venue) {
      moved += (settlement.payout - own.payout) - (settlement.fee - own.fee);
    }
  }
  return moved;
}

} // namespace arbees
