#include <fmt/format.h>

#include "actors/messages/errors.hpp"

#include "bridges/store/ledger_rule.hpp"
#include "bridges/store/ledger_text.hpp"
#include "bridges/store/ledger_writer.hpp"

// What fills, payments and balances do to positions and to money.

namespace arbees {

namespace {

/// A failed reading, as the writer has failures: never the record's fault.
std::optional<DatabaseFailure> failure_of(const caf::error& error) {
  return DatabaseFailure{.text = describe(error)};
}

} // namespace

template <class F>
LedgerWriter::Failure
LedgerWriter::before_or_after_baseline(std::optional<Venue> venue, MarketId market, Timestamp at,
                                       F change) {
  Failure failure;
  if (!venue && !baselines_.empty()) {
    failure = find_venue(market, venue);
  }
  const auto baseline = venue ? baselines_.find(*venue) : baselines_.end();
  if (failure || baseline == baselines_.end()
      || at >= baseline->second.balance.at - baseline_slack) {
    return failure ? std::move(failure) : change();
  }
  Money before;
  Money after;
  failure = read_money(*venue, market, before);
  failure = failure ? std::move(failure) : change();
  failure = failure ? std::move(failure) : read_money(*venue, market, after);
  if (failure) {
    return failure;
  }
  const auto moved = baseline->second.moved + (after - before);
  failure = statement(move_baseline).bind(to_string(*venue)).bind(moved.value()).run();
  if (!failure) {
    baseline->second.moved = moved;
  }
  return failure;
}

LedgerWriter::Failure
LedgerWriter::apply(const Fill& fill, Timestamp received_at, LedgerOutcome& outcome) {
  const auto what = fmt::format("fill {} of market {}", fill.fill_id, to_hex(fill.market));
  auto failure = statement(insert_fill)
                   .bind(to_hex(fill.market))
                   .bind(fill.fill_id)
                   .bind(fill.client_order_id)
                   .bind(to_hex(fill.pair))
                   .bind(to_string(fill.side))
                   .bind(to_string(fill.action))
                   .bind(fill.price.value())
                   .bind(fill.quantity.value())
                   .bind(fill.fee.value())
                   .bind(to_ns(fill.at))
                   .bind(to_string(fill.state))
                   .run();
  if (!failure) {
    if (database_.changes() != 1) {
      failure = change_state(fill, received_at, outcome);
    } else if (fill.state != FillState::voided) {
      failure = before_or_after_baseline(std::nullopt, fill.market, fill.at,
                                         [&] { return move_position(fill); });
    }
  }
  return failure || outcome.duplicate ? about(what, std::move(failure))
                                      : append(event_text(fill), received_at);
}

/// A fill that is known is told again. The first final state stays; one that is still called
/// provisional afterwards was told late.
LedgerWriter::Failure
LedgerWriter::change_state(const Fill& fill, Timestamp received_at, LedgerOutcome& outcome) {
  auto& same = statement(same_fill);
  const auto found = same.bind(to_hex(fill.market))
                       .bind(fill.fill_id)
                       .bind(fill.client_order_id)
                       .bind(to_string(fill.side))
                       .bind(to_string(fill.action))
                       .bind(fill.price.value())
                       .bind(fill.quantity.value())
                       .bind(fill.fee.value())
                       .next();
  const auto state = found ? same.text(0) : std::string{};
  auto failure = same.failure();
  same.reset();
  if (failure || !found) {
    return failure ? std::move(failure) : rule("recorded before with another content");
  }
  if (state == to_string(fill.state) || fill.state == FillState::provisional) {
    outcome.duplicate = true;
    return std::nullopt;
  }
  if (state != to_string(FillState::provisional)) {
    return rule(fmt::format("was {} for good and cannot become {}", state, to_string(fill.state)));
  }
  failure = statement(change_fill)
              .bind(to_hex(fill.market))
              .bind(fill.fill_id)
              .bind(to_string(fill.state))
              .run();
  failure = failure ? std::move(failure)
                    : statement(insert_change)
                        .bind(to_hex(fill.market))
                        .bind(fill.fill_id)
                        .bind(to_string(fill.state))
                        .bind(to_ns(received_at))
                        .run();
  if (failure || fill.state != FillState::voided) {
    return failure;
  }
  return before_or_after_baseline(std::nullopt, fill.market, fill.at,
                                  [&] { return rebuild_position(fill.market, fill.side); });
}

LedgerWriter::Failure LedgerWriter::move_position(const Fill& fill) {
  auto& select = statement(select_position);
  Position position;
  auto paid = false;
  if (select.bind(to_hex(fill.market)).bind(to_string(fill.side)).next()) {
    position = {.quantity = Quantity{select.integer(0)},
                .cost = Money{select.integer(1)},
                .realized = Money{select.integer(2)},
                .fees = Money{select.integer(3)}};
    paid = !select.null(4);
  }
  auto failure = select.failure();
  select.reset();
  if (failure) {
    return failure;
  }
  return paid ? rebuild_position(fill.market, fill.side)
              : write_position(fill.market, fill.side, after(position, fill));
}

/// From all fills that count, in the order of arrival, and then what was paid.
LedgerWriter::Failure LedgerWriter::rebuild_position(MarketId market, Side side) {
  auto& select = statement(counted_fills);
  select.bind(to_hex(market)).bind(to_string(side));
  std::vector<Fill> fills;
  while (select.next()) {
    fills.push_back({.action = select.text(0) == "sell" ? Action::sell : Action::buy,
                     .price = Price{static_cast<std::int32_t>(select.integer(1))},
                     .quantity = Quantity{select.integer(2)},
                     .fee = Money{select.integer(3)}});
  }
  auto failure = select.failure();
  select.reset();
  Position position;
  for (const auto& fill : fills) {
    position = after(position, fill);
  }
  failure = failure ? std::move(failure) : settle(market, side, position);
  if (failure) {
    return failure;
  }
  if (fills.empty()) {
    return statement(delete_position).bind(to_hex(market)).bind(to_string(side)).run();
  }
  return write_position(market, side, position);
}

LedgerWriter::Failure
LedgerWriter::write_position(MarketId market, Side side, const Position& position) {
  return statement(upsert_position)
    .bind(to_hex(market))
    .bind(to_string(side))
    .bind(position.quantity.value())
    .bind(position.cost.value())
    .bind(position.realized.value())
    .bind(position.fees.value())
    .run();
}

/// Takes what was paid for out of `position`, and notes what that was.
LedgerWriter::Failure LedgerWriter::settle(MarketId market, Side side, Position& position) {
  auto& select = statement(select_settlement);
  const auto paid = select.bind(to_hex(market)).bind(to_string(side)).next();
  const Settlement settlement{.quantity = Quantity{paid ? select.integer(2) : 0},
                              .payout = Money{paid ? select.integer(3) : 0},
                              .fee = Money{paid ? select.integer(4) : 0}};
  auto failure = select.failure();
  select.reset();
  if (failure || !paid) {
    return failure;
  }
  const auto own = own_part(position, settlement);
  position = after(position, own);
  return statement(own_settlement)
    .bind(to_hex(market))
    .bind(to_string(side))
    .bind(own.quantity.value())
    .bind(own.payout.value())
    .bind(own.fee.value())
    .run();
}

LedgerWriter::Failure
LedgerWriter::apply(const Settlement& settlement, Timestamp received_at, LedgerOutcome& outcome) {
  const auto what = fmt::format("settlement of market {} {}", to_hex(settlement.market),
                                to_string(settlement.side));
  if (settlement.quantity < Quantity{0} || settlement.payout < Money{0}) {
    return about(what, rule("less than nothing was paid"));
  }
  auto& select = statement(select_settlement);
  const auto known = select.bind(to_hex(settlement.market)).bind(to_string(settlement.side)).next();
  outcome.duplicate =
    known && select.text(0) == to_string(settlement.venue) && select.text(1) == settlement.native_id
    && select.integer(2) == settlement.quantity.value()
    && select.integer(3) == settlement.payout.value() && select.integer(4) == settlement.fee.value()
    && select.integer(5) == to_ns(settlement.at);
  auto failure = select.failure();
  select.reset();
  if (failure || outcome.duplicate) {
    return about(what, std::move(failure));
  }
  failure = before_or_after_baseline(settlement.venue, settlement.market, settlement.at, [&] {
    auto failed = statement(upsert_settlement)
                    .bind(to_hex(settlement.market))
                    .bind(to_string(settlement.side))
                    .bind(to_string(settlement.venue))
                    .bind(settlement.native_id)
                    .bind(settlement.quantity.value())
                    .bind(settlement.payout.value())
                    .bind(settlement.fee.value())
                    .bind(to_ns(settlement.at))
                    .run();
    return failed ? std::move(failed) : rebuild_position(settlement.market, settlement.side);
  });
  return failure ? about(what, std::move(failure)) : append(event_text(settlement), received_at);
}

LedgerWriter::Failure
LedgerWriter::apply(const BalanceUpdate& balance, Timestamp received_at, LedgerOutcome&) {
  auto failure = statement(upsert_balance)
                   .bind(to_string(balance.venue))
                   .bind(balance.available.value())
                   .bind(to_ns(balance.at))
                   .bind(shards_text(balance.shards))
                   .run();
  if (!failure && !baselines_.contains(balance.venue)) {
    Money moved;
    failure = read_money(balance.venue, std::nullopt, moved);
    failure = failure ? std::move(failure)
                      : statement(insert_baseline)
                          .bind(to_string(balance.venue))
                          .bind(balance.available.value())
                          .bind(to_ns(balance.at))
                          .bind(moved.value())
                          .run();
    if (!failure) {
      baselines_[balance.venue] = {.balance = balance, .moved = moved};
    }
  }
  return failure ? std::move(failure) : append(event_text(balance), received_at);
}

/// What must be there is the baseline and all that moved since: money that came past arbees is as
/// if it had been there from the first.
LedgerWriter::Failure
LedgerWriter::apply(const MoneyAccepted& accepted, Timestamp received_at, LedgerOutcome&) {
  const auto baseline = baselines_.find(accepted.venue);
  if (baseline == baselines_.end()) {
    return rule(fmt::format("money of {}: no balance was ever heard, so that nothing is expected",
                            to_string(accepted.venue)));
  }
  const auto moved = baseline->second.moved - accepted.amount;
  auto failure = statement(move_baseline).bind(to_string(accepted.venue)).bind(moved.value()).run();
  failure = failure ? std::move(failure) : append(event_text(accepted), received_at);
  if (!failure) {
    baseline->second.moved = moved;
  }
  return failure;
}

LedgerWriter::Failure LedgerWriter::read_baselines() {
  auto baselines = arbees::read_baselines(database_);
  if (!baselines) {
    return failure_of(baselines.error());
  }
  baselines_ = std::move(*baselines);
  return std::nullopt;
}

/// What money_moved says now, of the whole venue or of one of its markets.
LedgerWriter::Failure
LedgerWriter::read_money(Venue venue, std::optional<MarketId> market, Money& money) {
  const auto positions = read_positions(database_, market);
  const auto settlements = read_settlements(database_, market);
  if (!positions || !settlements) {
    return failure_of(positions ? settlements.error() : positions.error());
  }
  money = money_moved(venue, *positions, *settlements);
  return std::nullopt;
}

LedgerWriter::Failure LedgerWriter::find_venue(MarketId market, std::optional<Venue>& venue) {
  auto& row = statement(venue_of_market);
  if (row.bind(to_hex(market)).next()) {
    venue = parse_venue(row.text(0));
  }
  auto failure = row.failure();
  row.reset();
  return failure;
}

} // namespace arbees
