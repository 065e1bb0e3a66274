#include "actors/executor/pair_order.hpp"

namespace arbees {

namespace {

/// The part of `total` that falls on `part` of `whole`, to the nearest unit.
Money share(Money total, Quantity part, Quantity whole) {
  return Money{divide(Int128{total.value()} * part.value(), whole.value(), Rounding::half_up)};
}

} // namespace

void PairOrder::Sum::add(const Sum& other) {
  quantity += other.quantity;
  notional += other.notional;
  fee += other.fee;
}

void PairOrder::Sum::take(const Sum& other) {
  quantity -= other.quantity;
  notional -= other.notional;
  fee -= other.fee;
}

bool PairOrder::apply(const OrderReport& report) {
  const auto newer = report.filled + report.voided >= stated_.filled + stated_.voided
                     && report.voided >= stated_.voided;
  const auto had_ended = terminal(status);
  if (!newer && had_ended) {
    return false;
  }
  const auto backwards = had_ended && !terminal(report.status);
  if (backwards && report.filled + report.voided <= gross() && report.voided <= voided()) {
    return false;
  }
  if (newer) {
    stated_ = {.filled = report.filled,
               .voided = report.voided,
               .notional = report.notional,
               .fee = report.fee};
  }
  if (!had_ended) {
    status = report.status;
    reason = report.reason;
  }
  return true;
}

PairOrder::Heard PairOrder::apply(const Fill& fill) {
  if (!plausible(fill)) {
    return Heard::refused;
  }
  const auto rounding = fill.action == Action::buy ? Rounding::up : Rounding::down;
  const KnownFill heard{.sum = {.quantity = fill.quantity,
                                .notional = arbees::notional(fill.price, fill.quantity, rounding),
                                .fee = fill.fee},
                        .state = fill.state};
  const auto [known, is_new] = fills_.try_emplace(fill.fill_id, heard);
  auto& state = known->second.state;
  if (is_new) {
    (state == FillState::voided ? voided_fills_ : fills_sum_).add(heard.sum);
    provisional_fills_ += state == FillState::provisional ? 1 : 0;
    return Heard::news;
  }
  if (state == fill.state || fill.state == FillState::provisional) {
    return Heard::duplicate;
  }
  if (state != FillState::provisional) {
    return Heard::refused;
  }
  state = fill.state;
  --provisional_fills_;
  if (state == FillState::voided) {
    fills_sum_.take(known->second.sum);
    voided_fills_.add(known->second.sum);
    reason = "fill_voided";
  }
  return Heard::news;
}

bool PairOrder::plausible(const Fill& fill) const {
  return fill.quantity > Quantity{} && fill.price >= price_zero && fill.price <= price_one
         && fill.market == intent.market && fill.side == intent.side
         && fill.action == intent.action;
}

Money PairOrder::notional() const {
  return money(stated_.notional, fills_sum_.notional, voided_fills_.notional);
}

Money PairOrder::fee() const {
  return money(stated_.fee, fills_sum_.fee, voided_fills_.fee);
}

/// The executions' own money is exact, but may be incomplete. Where report and executions do not
/// know the same of what was voided, the difference is taken in proportion until they do.
Money PairOrder::money(Money stated, Money by_fills, Money by_voided) const {
  if (fills_gross() >= stated_.filled + stated_.voided) {
    const auto ahead = stated_.voided > voided_fills_.quantity && fills_sum_.quantity > Quantity{};
    return ahead ? share(by_fills, filled(), fills_sum_.quantity) : by_fills;
  }
  const auto unheard = voided_fills_.quantity - stated_.voided;
  return unheard > Quantity{} ? stated - share(by_voided, unheard, voided_fills_.quantity) : stated;
}

} // namespace arbees
