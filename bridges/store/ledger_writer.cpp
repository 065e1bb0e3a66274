#include <fmt/format.h>
#include <sqlite3.h>

#include <stdexcept>

#include "bridges/store/ledger.hpp"
#include "bridges/store/ledger_text.hpp"

// How each message becomes rows. A rule that SQLite cannot check is refused in its words: as a
// broken constraint.

namespace arbees {

namespace {

SqliteFailure rule(std::string text) {
  return {.code = SQLITE_CONSTRAINT, .text = std::move(text)};
}

/// The failure with what it is about.
std::optional<SqliteFailure> about(std::string_view what, std::optional<SqliteFailure> failure) {
  if (failure) {
    failure->text = fmt::format("{}: {}", what, failure->text);
  }
  return failure;
}

/// 64 bits as SQLite has them: its integers are signed.
std::int64_t bits(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

} // namespace

Ledger::Failure Ledger::apply(const LedgerEntry& entry, LedgerOutcome& outcome) {
  struct Visitor {
    Ledger& ledger;
    Timestamp received_at;
    LedgerOutcome& outcome;

    Failure operator()(const CommitIntent& x) const { return ledger.apply(x, received_at); }
    Failure operator()(const OrderReport& x) const { return ledger.apply(x, received_at); }
    Failure operator()(const Fill& x) const { return ledger.apply(x, outcome); }
    Failure operator()(const PairClosed& x) const { return ledger.apply(x); }
    Failure operator()(const BalanceUpdate& x) const { return ledger.apply(x); }
  };
  try {
    return std::visit(Visitor{*this, entry.received_at, outcome}, entry.record);
  } catch (const std::overflow_error& error) {
    return rule(error.what());
  }
}

Ledger::Failure Ledger::apply(const CommitIntent& intent, Timestamp received_at) {
  const auto& request = intent.request;
  const auto& signal = request.signal;
  if (intent.orders.empty()) {
    return rule(fmt::format("pair {}: an intent without orders", to_hex(request.pair)));
  }
  auto failure = statement(insert_pair)
                   .bind(to_hex(request.pair))
                   .bind(to_hex(signal.id))
                   .bind(to_hex(signal.game))
                   .bind(to_hex(signal.contract))
                   .bind(to_string(signal.type))
                   .bind(signal.quantity.value())
                   .bind(signal.edge.value())
                   .bind(signal.edge_per_contract.value())
                   .bind(bits(signal.assignment_epoch))
                   .bind(std::int64_t{signal.in_play})
                   .bind(request.quantity.value())
                   .bind(to_ns(signal.triggered_by))
                   .bind(to_ns(signal.expires_at))
                   .bind(to_ns(request.approved_at))
                   .bind(to_ns(received_at))
                   .run();
  // A later intent of the same pair, to complete or unwind it, adds orders only.
  if (!failure && database_.changes() == 1) {
    failure = insert_legs(request);
  }
  for (const auto& order : intent.orders) {
    if (failure) {
      break;
    }
    failure =
      order.pair == request.pair ? apply(order, received_at) : rule("an order of another pair");
    failure = about(fmt::format("order {}", order.client_order_id), std::move(failure));
  }
  return failure;
}

Ledger::Failure Ledger::insert_legs(const ExecutionRequest& request) {
  for (std::size_t i = 0; i < request.signal.legs.size(); ++i) {
    const auto& leg = request.signal.legs[i];
    if (auto failure = statement(insert_leg)
                         .bind(to_hex(request.pair))
                         .bind(static_cast<std::int64_t>(i))
                         .bind(to_hex(leg.market))
                         .bind(to_string(leg.venue))
                         .bind(to_string(leg.side))
                         .bind(leg.limit.value())
                         .bind(leg.quantity.value())
                         .bind(leg.cost.value())
                         .bind(leg.fee.value())
                         .bind(std::int64_t{leg.book_epoch})
                         .bind(bits(leg.book_version))
                         .bind(to_ns(leg.exchange_time))
                         .bind(to_ns(leg.received_at))
                         .bind(request.limits[i].value())
                         .run()) {
      return failure;
    }
  }
  return std::nullopt;
}

Ledger::Failure Ledger::apply(const OrderIntent& order, Timestamp received_at) {
  if (order.client_order_id.empty()) {
    return rule("no client order id");
  }
  if (auto failure = statement(insert_market)
                       .bind(to_hex(order.market))
                       .bind(to_string(order.ref.venue))
                       .bind(order.ref.native_id)
                       .bind(order.ref.tokens[0])
                       .bind(order.ref.tokens[1])
                       .bind(order.ref.outcomes[0])
                       .bind(order.ref.outcomes[1])
                       .run()) {
    return failure;
  }
  return statement(insert_order)
    .bind(order.client_order_id)
    .bind(to_hex(order.pair))
    .bind(std::int64_t{order.leg})
    .bind(to_string(order.purpose))
    .bind(std::int64_t{order.attempt})
    .bind(to_hex(order.market))
    .bind(std::int64_t{order.exchange_index})
    .bind(to_string(order.side))
    .bind(to_string(order.action))
    .bind(order.limit.value())
    .bind(order.quantity.value())
    .bind(to_text(order.time_in_force))
    .bind(to_ns(received_at))
    .bind(to_ns(order.created_at))
    .run();
}

Ledger::Failure Ledger::apply(const OrderReport& report, Timestamp received_at) {
  const auto what = fmt::format("report on order {}", report.client_order_id);
  if (auto failure = statement(insert_report)
                       .bind(report.client_order_id)
                       .bind(report.venue_order_id)
                       .bind(to_string(report.status))
                       .bind(report.filled.value())
                       .bind(report.notional.value())
                       .bind(report.fee.value())
                       .bind(report.reason)
                       .bind(to_ns(report.sent_at))
                       .bind(to_ns(report.reported_at))
                       .bind(to_ns(received_at))
                       .run()) {
    return about(what, std::move(failure));
  }
  return about(what, statement(update_order)
                       .bind(report.client_order_id)
                       .bind(to_string(report.status))
                       .bind(report.venue_order_id)
                       .bind(report.filled.value())
                       .bind(report.notional.value())
                       .bind(report.fee.value())
                       .bind(report.reason)
                       .bind(to_ns(report.sent_at))
                       .bind(to_ns(report.reported_at))
                       .run());
}

Ledger::Failure Ledger::apply(const Fill& fill, LedgerOutcome& outcome) {
  const auto what = fmt::format("fill {} of market {}", fill.fill_id, to_hex(fill.market));
  if (auto failure = statement(insert_fill)
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
                       .run()) {
    return about(what, std::move(failure));
  }
  if (database_.changes() == 1) {
    return about(what, move_position(fill));
  }
  auto& same = statement(same_fill);
  outcome.duplicate = same.bind(to_hex(fill.market))
                        .bind(fill.fill_id)
                        .bind(fill.client_order_id)
                        .bind(to_string(fill.side))
                        .bind(to_string(fill.action))
                        .bind(fill.price.value())
                        .bind(fill.quantity.value())
                        .bind(fill.fee.value())
                        .next();
  auto failure = same.failure();
  same.reset();
  if (!failure && !outcome.duplicate) {
    failure = rule("recorded before with another content");
  }
  return about(what, std::move(failure));
}

Ledger::Failure Ledger::move_position(const Fill& fill) {
  auto& select = statement(select_position);
  Position position;
  if (select.bind(to_hex(fill.market)).bind(to_string(fill.side)).next()) {
    position = {.quantity = Quantity{select.integer(0)},
                .cost = Money{select.integer(1)},
                .realized = Money{select.integer(2)},
                .fees = Money{select.integer(3)}};
  }
  auto failure = select.failure();
  select.reset();
  if (failure) {
    return failure;
  }
  position = after(position, fill);
  return statement(upsert_position)
    .bind(to_hex(fill.market))
    .bind(to_string(fill.side))
    .bind(position.quantity.value())
    .bind(position.cost.value())
    .bind(position.realized.value())
    .bind(position.fees.value())
    .run();
}

Ledger::Failure Ledger::apply(const PairClosed& pair) {
  auto failure = statement(close_pair)
                   .bind(to_hex(pair.pair))
                   .bind(to_string(pair.outcome))
                   .bind(pair.requested.value())
                   .bind(pair.matched.value())
                   .bind(pair.held[0].value())
                   .bind(pair.held[1].value())
                   .bind(pair.cost.value())
                   .bind(pair.fees.value())
                   .bind(pair.locked_profit.value())
                   .bind(to_ns(pair.opened_at))
                   .bind(to_ns(pair.closed_at))
                   .run();
  if (!failure && database_.changes() == 0) {
    failure = rule("no intent of this pair");
  }
  return about(fmt::format("pair {}", to_hex(pair.pair)), std::move(failure));
}

Ledger::Failure Ledger::apply(const BalanceUpdate& balance) {
  return statement(upsert_balance)
    .bind(to_string(balance.venue))
    .bind(balance.available.value())
    .bind(to_ns(balance.at))
    .run();
}

} // namespace arbees
