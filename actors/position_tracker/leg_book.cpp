#include "actors/position_tracker/leg_book.hpp"

#include <algorithm>

#include "actors/market/fees.hpp"
#include "actors/market/side_view.hpp"

namespace arbees {

namespace {

/// The part of `whole` that falls on `part` of `of`, to the nearest unit. @pre of > 0
Money share(Money whole, Quantity part, Quantity of) {
  const auto scaled = Int128{whole.value()} * part.value();
  return scaled < 0 ? -Money{divide(-scaled, of.value(), Rounding::half_up)}
                    : Money{divide(scaled, of.value(), Rounding::half_up)};
}

struct Sums {
  Quantity bought;
  Quantity sold;
  Money paid;
  Money received;
  Money buying_fees;
  Money selling_fees;
};

Sums sum(const LegFills& fills) {
  Sums sums;
  for (const auto& [id, fill] : fills) {
    if (fill.state == FillState::voided) {
      continue;
    }
    const auto buys = fill.action == Action::buy;
    (buys ? sums.bought : sums.sold) += fill.quantity;
    (buys ? sums.paid : sums.received) +=
      notional(fill.price, fill.quantity, buys ? Rounding::up : Rounding::down);
    (buys ? sums.buying_fees : sums.selling_fees) += fill.fee;
  }
  return sums;
}

void take_payment(LegBook& book, const Settlement& payment) {
  auto& leg = book.leg;
  const auto own = std::min(leg.quantity, payment.quantity);
  if (own <= Quantity{}) {
    return;
  }
  book.paid = true;
  const auto cost = share(leg.cost, own, leg.quantity);
  book.entry -= share(book.entry, own, leg.quantity);
  leg.realised += share(payment.payout, own, payment.quantity) - cost;
  leg.fees += share(payment.fee, own, payment.quantity);
  leg.cost -= cost;
  leg.quantity -= own;
}

} // namespace

bool add(LegFills& fills, const Fill& fill) {
  const auto [known, is_new] = fills.try_emplace(fill.fill_id, fill);
  if (is_new) {
    return true;
  }
  auto& state = known->second.state;
  if (state != FillState::provisional || fill.state == FillState::provisional) {
    return false;
  }
  state = fill.state;
  return true;
}

LegBook leg_book(const PositionLeg& empty, const LegFills& fills, const Settlement* payment) {
  const auto sums = sum(fills);
  LegBook book{.leg = empty};
  auto& leg = book.leg;
  leg.quantity = std::max(sums.bought - sums.sold, Quantity{});
  leg.fees = sums.buying_fees + sums.selling_fees;
  if (sums.bought > Quantity{}) {
    leg.cost = share(sums.paid, leg.quantity, sums.bought);
    book.entry = leg.cost + share(sums.buying_fees, leg.quantity, sums.bought);
  }
  leg.realised = sums.received - (sums.paid - leg.cost);
  if (payment != nullptr) {
    take_payment(book, *payment);
  }
  return book;
}

void mark(PositionLeg& leg, const MarketSpec* market, const BookUpdate* book) {
  leg.mark.reset();
  leg.sellable = {};
  if (market == nullptr || book == nullptr || book->status != BookStatus::ok || !market->fees
      || !supported(*market->fees)) {
    return;
  }
  Money worth;
  for (const auto& level : sell_levels(*book, leg.side).levels()) {
    const auto part = std::min(level.quantity, leg.quantity - leg.sellable);
    if (part <= Quantity{}) {
      break;
    }
    worth += notional(level.price, part, Rounding::down)
             - taker_fee_bound(*market->fees, level.price, part);
    leg.sellable += part;
  }
  leg.mark = worth;
  leg.marked_at = book->received_at;
}

} // namespace arbees
