#include "bridges/store/ledger_writer.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "actors/messages/errors.hpp"

#include "bridges/store/ledger_rule.hpp"
#include "bridges/store/ledger_text.hpp"

namespace arbees {

namespace {

/// 64 bits as a database has them: its integers are signed.
std::int64_t bits(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

} // namespace

LedgerWriter::Failure LedgerWriter::prepare() {
  static constexpr std::array<const char*, sql_count> texts = {
    "", // that of the database
    "COMMIT",
    "SAVEPOINT entry",
    "RELEASE entry",
    "ROLLBACK TO entry",
    "INSERT INTO events (seq, kind, at_ns, content, hash) VALUES (?,?,?,?,?)",
    "INSERT INTO pairs (pair_id, signal_id, game_id, contract_id, signal_type, signal_quantity_e6, "
    "edge_e6, edge_per_contract_e6, assignment_epoch, in_play, quantity_e6, triggered_by_ns, "
    "expires_at_ns, approved_at_ns, intent_at_ns, batches) "
    "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
    "INSERT INTO legs (pair_id, leg, market_id, venue, side, signal_limit_e4, signal_quantity_e6, "
    "signal_cost_e6, signal_fee_e6, book_epoch, book_version, exchange_time_ns, received_at_ns, "
    "limit_e4, post_only) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    // More orders: whatever the pair had come to, it is open again.
    "UPDATE pairs SET batches = CASE WHEN batches < ?2 THEN ?2 ELSE batches END, outcome = NULL, "
    "requested_e6 = NULL, matched_e6 = NULL, held_0_e6 = NULL, held_1_e6 = NULL, cost_e6 = NULL, "
    "fees_e6 = NULL, locked_profit_e6 = NULL, opened_at_ns = NULL, closed_at_ns = NULL, "
    "reason = NULL WHERE pair_id = ?1",
    "INSERT INTO markets VALUES (?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
    "INSERT INTO orders (client_order_id, pair_id, leg, purpose, attempt, market_id, "
    "exchange_index, side, action, limit_e4, quantity_e6, time_in_force, intent_at_ns, "
    "created_at_ns, post_only, order_expires_at_ns, batch, intent_seq, place) "
    "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    "INSERT INTO order_reports (client_order_id, venue_order_id, status, filled_e6, notional_e6, "
    "fee_e6, voided_e6, reason, sent_at_ns, reported_at_ns, recorded_at_ns) "
    "VALUES (?,?,?,?,?,?,?,?,?,?,?)",
    // What is known of an order never becomes less: a late report does not undo a newer one, and
    // an order that is done is not open again. Which report knows of more voids is the newer one.
    "UPDATE orders SET status = ?2, venue_order_id = ?3, filled_e6 = ?4, notional_e6 = ?5, "
    "fee_e6 = ?6, voided_e6 = ?7, reason = ?8, sent_at_ns = ?9, reported_at_ns = ?10 "
    "WHERE client_order_id = ?1 "
    "AND (voided_e6 < ?7 OR (voided_e6 = ?7 AND coalesce(reported_at_ns, ?10) <= ?10)) "
    "AND (status IN ('intent', 'accepted', 'unknown') OR ?2 NOT IN ('accepted', 'unknown'))",
    "INSERT INTO fills (market_id, fill_id, client_order_id, pair_id, side, action, price_e4, "
    "quantity_e6, fee_e6, at_ns, state) VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
    "SELECT state FROM fills WHERE market_id = ? AND fill_id = ? AND client_order_id = ? AND "
    "side = ? AND action = ? AND price_e4 = ? AND quantity_e6 = ? AND fee_e6 = ?",
    "UPDATE fills SET state = ?3 WHERE market_id = ?1 AND fill_id = ?2",
    "INSERT INTO fill_changes (market_id, fill_id, state, recorded_at_ns) VALUES (?,?,?,?)",
    "SELECT action, price_e4, quantity_e6, fee_e6 FROM fills WHERE market_id = ? AND side = ? "
    "AND state <> 'voided' ORDER BY id",
    "SELECT coalesce(p.quantity_e6, 0), coalesce(p.cost_e6, 0), coalesce(p.realized_e6, 0), "
    "coalesce(p.fees_e6, 0), s.market_id FROM (SELECT ? AS market_id, ? AS side) k "
    "LEFT JOIN positions p ON p.market_id = k.market_id AND p.side = k.side "
    "LEFT JOIN settlements s ON s.market_id = k.market_id AND s.side = k.side",
    "INSERT INTO positions VALUES (?,?,?,?,?,?) ON CONFLICT (market_id, side) DO UPDATE SET "
    "quantity_e6 = excluded.quantity_e6, cost_e6 = excluded.cost_e6, "
    "realized_e6 = excluded.realized_e6, fees_e6 = excluded.fees_e6",
    "DELETE FROM positions WHERE market_id = ? AND side = ?",
    "SELECT venue, native_id, quantity_e6, payout_e6, fee_e6, at_ns FROM settlements "
    "WHERE market_id = ? AND side = ?",
    "INSERT INTO settlements VALUES (?,?,?,?,?,?,?,?,0,0,0) ON CONFLICT (market_id, side) "
    "DO UPDATE SET venue = excluded.venue, native_id = excluded.native_id, "
    "quantity_e6 = excluded.quantity_e6, payout_e6 = excluded.payout_e6, "
    "fee_e6 = excluded.fee_e6, at_ns = excluded.at_ns",
    "UPDATE settlements SET own_quantity_e6 = ?3, own_payout_e6 = ?4, own_fee_e6 = ?5 "
    "WHERE market_id = ?1 AND side = ?2",
    "SELECT closings, outcome, requested_e6, matched_e6, held_0_e6, held_1_e6, cost_e6, fees_e6, "
    "locked_profit_e6, opened_at_ns, closed_at_ns, reason FROM pairs WHERE pair_id = ?",
    "UPDATE pairs SET closings = ?2, outcome = ?3, requested_e6 = ?4, matched_e6 = ?5, "
    "held_0_e6 = ?6, held_1_e6 = ?7, cost_e6 = ?8, fees_e6 = ?9, locked_profit_e6 = ?10, "
    "opened_at_ns = ?11, closed_at_ns = ?12, reason = ?13 WHERE pair_id = ?1",
    "INSERT INTO balances (venue, available_e6, at_ns, shards) VALUES (?,?,?,?) "
    "ON CONFLICT (venue) DO UPDATE SET available_e6 = excluded.available_e6, "
    "at_ns = excluded.at_ns, shards = excluded.shards WHERE excluded.at_ns >= balances.at_ns",
    "INSERT INTO baselines VALUES (?,?,?,?)",
    "UPDATE baselines SET moved_e6 = ?2 WHERE venue = ?1",
    "SELECT venue FROM markets WHERE market_id = ?",
    "INSERT INTO trading_controls (state, by_whom, reason, at_ns) VALUES (?,?,?,?)",
    "SELECT drifts FROM reconciliations WHERE venue = ?",
    "INSERT INTO reconciliations VALUES (?,?,?,?,?,?) ON CONFLICT (venue) DO UPDATE SET "
    "clean_at_ns = coalesce(excluded.clean_at_ns, reconciliations.clean_at_ns), "
    "drift_at_ns = coalesce(excluded.drift_at_ns, reconciliations.drift_at_ns), "
    "failed_at_ns = coalesce(excluded.failed_at_ns, reconciliations.failed_at_ns), "
    "failed = excluded.failed, drifts = excluded.drifts",
    "INSERT INTO drifts (venue, what, subject, ledger_says, venue_says, at_ns) "
    "VALUES (?,?,?,?,?,?)",
    "UPDATE orders SET batch = ?2, intent_seq = ?3, place = ?4 WHERE client_order_id = ?1",
  };
  for (std::size_t i = 0; i < texts.size(); ++i) {
    statements_[i] = database_.prepare(i == begin ? database_.begin_writing() : texts[i]);
    if (const auto& failure = statements_[i]->failure()) {
      return failure;
    }
  }
  return read_baselines();
}

LedgerWriter::Failure
LedgerWriter::write(std::span<const LedgerEntry> entries, std::vector<LedgerOutcome>& outcomes) {
  const auto head = head_;
  in_doubt_.reset();
  outcomes.assign(entries.size(), {});
  auto failure = statement(begin).run();
  for (std::size_t i = 0; i < entries.size() && !failure; ++i) {
    failure = write_entry(entries[i], outcomes[i]);
  }
  if (!failure) {
    failure = statement(commit).run();
    if (failure && failure->lost()) {
      in_doubt_ = head_;
    }
  }
  if (failure) {
    if (database_.in_transaction()) {
      // Fails only if the database has rolled back by itself, which is as good.
      database_.execute("ROLLBACK");
    }
    head_ = head;
    // Of what was rolled back; if it cannot be read now, the next write fails as this one did.
    read_baselines();
  }
  return failure;
}

LedgerWriter::Failure LedgerWriter::go_on_from(ChainHead head) {
  head_ = std::move(head);
  in_doubt_.reset();
  return read_baselines();
}

LedgerWriter::Failure LedgerWriter::write_entry(const LedgerEntry& entry, LedgerOutcome& outcome) {
  if (auto failure = statement(savepoint).run()) {
    return failure;
  }
  auto failure = apply(entry, outcome);
  if (failure && !failure->constraint()) {
    return failure;
  }
  if (failure) {
    outcome.refused = caf::make_error(Errc::ledger_refused, failure->text);
    if (auto fatal = statement(rollback_to).run()) {
      return fatal;
    }
  }
  return statement(release).run();
}

LedgerWriter::Failure LedgerWriter::apply(const LedgerEntry& entry, LedgerOutcome& outcome) {
  try {
    return std::visit([&](const auto& record) { return apply(record, entry.received_at, outcome); },
                      entry.record);
  } catch (const std::overflow_error& error) {
    return rule(error.what());
  }
}

/// The last step of each record: what fails here is the file, not the record.
LedgerWriter::Failure LedgerWriter::append(const EventText& event, Timestamp at) {
  auto head = next_head(head_, event.kind, at, event.content);
  if (auto failure = statement(insert_event)
                       .bind(head.seq)
                       .bind(event.kind)
                       .bind(to_ns(at))
                       .bind(event.content)
                       .bind(head.hash)
                       .run()) {
    return not_a_rule(about(fmt::format("event {}", head.seq), std::move(failure)));
  }
  head_ = std::move(head);
  return std::nullopt;
}

LedgerWriter::Failure
LedgerWriter::apply(const CommitIntent& intent, Timestamp received_at, LedgerOutcome&) {
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
                   .bind(std::int64_t{intent.batch})
                   .run();
  const auto opens = !failure && database_.changes() == 1;
  if (!failure) {
    failure =
      opens
        ? insert_legs(request)
        : statement(take_up_pair).bind(to_hex(request.pair)).bind(std::int64_t{intent.batch}).run();
  }
  for (std::size_t i = 0; i < intent.orders.size() && !failure; ++i) {
    failure = insert_one(intent.orders[i], intent, i, received_at);
  }
  return failure ? std::move(failure)
                 : append(event_text(intent, opens ? IntentEvent::opens : IntentEvent::follows),
                          received_at);
}

LedgerWriter::Failure LedgerWriter::insert_legs(const ExecutionRequest& request) {
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
                         .bind(std::int64_t{leg.post_only})
                         .run()) {
      return failure;
    }
  }
  return std::nullopt;
}

LedgerWriter::Failure LedgerWriter::insert_one(const OrderIntent& order, const CommitIntent& intent,
                                               std::size_t place, Timestamp received_at) {
  const auto what = fmt::format("order {}", order.client_order_id);
  if (order.pair != intent.request.pair || order.client_order_id.empty()) {
    return about(what, rule(order.client_order_id.empty() ? "no client order id"
                                                          : "an order of another pair"));
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
    return about(what, std::move(failure));
  }
  return about(what,
               statement(insert_order)
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
                 .bind(std::int64_t{order.post_only})
                 .bind(order.expires_at ? std::optional{to_ns(*order.expires_at)} : std::nullopt)
                 .bind(std::int64_t{intent.batch})
                 .bind(head_.seq + 1)
                 .bind(static_cast<std::int64_t>(place))
                 .run());
}

LedgerWriter::Failure
LedgerWriter::apply(const OrderReport& report, Timestamp received_at, LedgerOutcome&) {
  auto failure = statement(insert_report)
                   .bind(report.client_order_id)
                   .bind(report.venue_order_id)
                   .bind(to_string(report.status))
                   .bind(report.filled.value())
                   .bind(report.notional.value())
                   .bind(report.fee.value())
                   .bind(report.voided.value())
                   .bind(report.reason)
                   .bind(to_ns(report.sent_at))
                   .bind(to_ns(report.reported_at))
                   .bind(to_ns(received_at))
                   .run();
  if (!failure) {
    failure = update_from(report);
  }
  return failure
           ? about(fmt::format("report on order {}", report.client_order_id), std::move(failure))
           : append(event_text(report), received_at);
}

LedgerWriter::Failure LedgerWriter::update_from(const OrderReport& report) {
  return statement(update_order)
    .bind(report.client_order_id)
    .bind(to_string(report.status))
    .bind(report.venue_order_id)
    .bind(report.filled.value())
    .bind(report.notional.value())
    .bind(report.fee.value())
    .bind(report.voided.value())
    .bind(report.reason)
    .bind(to_ns(report.sent_at))
    .bind(to_ns(report.reported_at))
    .run();
}

LedgerWriter::Failure
LedgerWriter::apply(const PairClosed& pair, Timestamp received_at, LedgerOutcome& outcome) {
  auto failure = about(fmt::format("pair {}", to_hex(pair.pair)), take_place(pair, outcome));
  if (failure || outcome.duplicate) {
    return failure;
  }
  failure = statement(close_pair)
              .bind(to_hex(pair.pair))
              .bind(std::int64_t{pair.revision} + 1)
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
              .bind(pair.reason)
              .run();
  return failure ? std::move(failure) : append(event_text(pair), received_at);
}

/// Whether this is the pair's newest end, one that is known, or one that cannot be meant.
LedgerWriter::Failure LedgerWriter::take_place(const PairClosed& pair, LedgerOutcome& outcome) {
  auto& row = statement(select_pair);
  const auto known = row.bind(to_hex(pair.pair)).next();
  const auto closings = row.integer(0);
  const auto open = row.null(1);
  const auto same =
    known && row.text(1) == to_string(pair.outcome) && row.integer(2) == pair.requested.value()
    && row.integer(3) == pair.matched.value() && row.integer(4) == pair.held[0].value()
    && row.integer(5) == pair.held[1].value() && row.integer(6) == pair.cost.value()
    && row.integer(7) == pair.fees.value() && row.integer(8) == pair.locked_profit.value()
    && row.integer(9) == to_ns(pair.opened_at) && row.integer(10) == to_ns(pair.closed_at)
    && row.text(11) == pair.reason;
  auto failure = row.failure();
  row.reset();
  if (failure || (known && pair.revision >= closings)) {
    return failure;
  }
  if (!known) {
    return rule("no intent of this pair");
  }
  if (open) {
    return rule(fmt::format("it was taken up again after revision {}", closings - 1));
  }
  if (pair.revision + 1 == closings && !same) {
    return rule(fmt::format("revision {} was recorded before with another content", pair.revision));
  }
  outcome.duplicate = true;
  return std::nullopt;
}

LedgerWriter::Failure
LedgerWriter::apply(const TradingControl& control, Timestamp received_at, LedgerOutcome&) {
  auto failure = statement(insert_control)
                   .bind(to_string(control.state))
                   .bind(control.by)
                   .bind(control.reason)
                   .bind(to_ns(control.at))
                   .run();
  return failure ? std::move(failure) : append(event_text(control), received_at);
}

LedgerWriter::Failure
LedgerWriter::apply(const Reconciliation& compared, Timestamp received_at, LedgerOutcome& outcome) {
  auto& row = statement(select_reconciliation);
  const auto known = row.bind(to_string(compared.venue)).next();
  const auto before = known ? row.text(0) : std::string{};
  auto failure = row.failure();
  row.reset();
  // A comparison that failed says nothing of what differs.
  const auto now = !compared.failed.empty()  ? before
                   : compared.drifts.empty() ? std::string{}
                                             : drifts_text(compared.drifts);
  const auto if_so = [&](bool condition) {
    return condition ? std::optional{to_ns(compared.at)} : std::nullopt;
  };
  const auto clean = compared.failed.empty() && compared.drifts.empty();
  if (!failure) {
    failure = statement(upsert_reconciliation)
                .bind(to_string(compared.venue))
                .bind(if_so(clean))
                .bind(if_so(compared.failed.empty() && !clean))
                .bind(if_so(!compared.failed.empty()))
                .bind(compared.failed)
                .bind(now)
                .run();
  }
  outcome.duplicate = !compared.failed.empty() || clean || now == before;
  for (std::size_t i = 0; i < compared.drifts.size() && !failure && !outcome.duplicate; ++i) {
    const auto& drift = compared.drifts[i];
    failure = statement(insert_drift)
                .bind(to_string(compared.venue))
                .bind(drift.what)
                .bind(drift.subject)
                .bind(drift.ledger)
                .bind(drift.venue)
                .bind(to_ns(compared.at))
                .run();
  }
  return failure || outcome.duplicate ? std::move(failure)
                                      : append(event_text(compared), received_at);
}

} // namespace arbees
