#include <fmt/format.h>

#include <map>

#include "actors/messages/errors.hpp"

#include "bridges/store/ledger_rows.hpp"
#include "bridges/store/ledger_rule.hpp"
#include "bridges/store/ledger_writer.hpp"

// A ledger from before there were events: what it holds is told to the chain, in an order in which
// it can have happened. First all intents, then reports, fills, ends, balances, each in the order
// of arrival.

namespace arbees {

namespace {

std::optional<DatabaseFailure> failure_of(const caf::error& error) {
  return error ? std::optional{DatabaseFailure{.text = describe(error)}} : std::nullopt;
}

} // namespace

LedgerWriter::Failure LedgerWriter::tell_history() {
  for (const auto part :
       {&LedgerWriter::tell_pairs, &LedgerWriter::tell_reports, &LedgerWriter::tell_fills,
        &LedgerWriter::tell_closings, &LedgerWriter::tell_balances}) {
    if (auto failure = (this->*part)()) {
      return failure;
    }
  }
  return std::nullopt;
}

/// Orders that came at the same time came in one batch.
LedgerWriter::Failure LedgerWriter::tell_pairs() {
  const auto pairs = read_all_pairs(database_);
  if (!pairs) {
    return failure_of(pairs.error());
  }
  Failure failure;
  for (const auto& pair : *pairs) {
    std::map<Timestamp, std::vector<OrderIntent>> batches;
    for (const auto& order : pair.orders) {
      batches[order.intent_at].push_back(order.intent);
    }
    CommitIntent intent{.request = pair.request, .batch = 0};
    for (auto& [at, orders] : batches) {
      ++intent.batch;
      intent.orders = std::move(orders);
      for (std::size_t i = 0; i < intent.orders.size() && !failure; ++i) {
        failure = statement(place_order)
                    .bind(intent.orders[i].client_order_id)
                    .bind(std::int64_t{intent.batch})
                    .bind(head_.seq + 1)
                    .bind(static_cast<std::int64_t>(i))
                    .run();
      }
      failure = failure ? std::move(failure)
                        : append(event_text(intent, intent.batch == 1 ? IntentEvent::opens
                                                                      : IntentEvent::follows),
                                 at);
    }
    failure =
      failure
        ? std::move(failure)
        : database_.execute(
          fmt::format("UPDATE pairs SET batches = {}, closings = (outcome IS NOT NULL), "
                      "reason = CASE WHEN outcome IS NOT NULL THEN '' END WHERE pair_id = '{}'",
                      intent.batch, to_hex(pair.request.pair)));
    if (failure) {
      return failure;
    }
  }
  return failure;
}

LedgerWriter::Failure LedgerWriter::tell_reports() {
  std::vector<std::pair<OrderReport, Timestamp>> reports;
  const auto error = for_each_row(
    database_, "order_reports",
    "SELECT client_order_id, venue_order_id, status, filled_e6, notional_e6, fee_e6, reason, "
    "sent_at_ns, reported_at_ns, recorded_at_ns FROM order_reports ORDER BY id",
    {}, [&](RowReader& row) {
      auto& [report, recorded_at] = reports.emplace_back();
      report.client_order_id = row.text();
      report.venue_order_id = row.text();
      report.status = row.name(OrderStatus::unknown, [](OrderStatus x) { return to_string(x); });
      report.filled = row.quantity();
      report.notional = row.money();
      report.fee = row.money();
      report.reason = row.text();
      report.sent_at = row.time();
      report.reported_at = row.time();
      recorded_at = row.time();
    });
  auto failure = failure_of(error);
  for (std::size_t i = 0; i < reports.size() && !failure; ++i) {
    failure = append(event_text(reports[i].first), reports[i].second);
  }
  return failure;
}

LedgerWriter::Failure LedgerWriter::tell_fills() {
  std::vector<Fill> fills;
  const auto error = for_each_row(
    database_, "fills",
    "SELECT market_id, fill_id, client_order_id, pair_id, side, action, price_e4, quantity_e6, "
    "fee_e6, at_ns FROM fills ORDER BY id",
    {}, [&](RowReader& row) {
      auto& fill = fills.emplace_back();
      fill.market = row.id<MarketId>();
      fill.fill_id = row.text();
      fill.client_order_id = row.text();
      fill.pair = row.id<PairId>();
      row.execution(fill);
    });
  auto failure = failure_of(error);
  for (std::size_t i = 0; i < fills.size() && !failure; ++i) {
    failure = append(event_text(fills[i]), fills[i].at);
  }
  return failure;
}

LedgerWriter::Failure LedgerWriter::tell_closings() {
  std::vector<PairClosed> closings;
  const auto error = for_each_row(
    database_, "pairs",
    "SELECT pair_id, outcome, requested_e6, matched_e6, held_0_e6, held_1_e6, cost_e6, fees_e6, "
    "locked_profit_e6, opened_at_ns, closed_at_ns FROM pairs WHERE outcome IS NOT NULL "
    "ORDER BY closed_at_ns, pair_id",
    {}, [&](RowReader& row) {
      auto& pair = closings.emplace_back();
      pair.pair = row.id<PairId>();
      pair.outcome = row.name(PairOutcome::void_, [](PairOutcome x) { return to_string(x); });
      pair.requested = row.quantity();
      pair.matched = row.quantity();
      pair.held[0] = row.quantity();
      pair.held[1] = row.quantity();
      pair.cost = row.money();
      pair.fees = row.money();
      pair.locked_profit = row.money();
      pair.opened_at = row.time();
      pair.closed_at = row.time();
    });
  auto failure = failure_of(error);
  for (std::size_t i = 0; i < closings.size() && !failure; ++i) {
    failure = append(event_text(closings[i]), closings[i].closed_at);
  }
  return failure;
}

/// The only balance that is known becomes the first that was ever heard.
LedgerWriter::Failure LedgerWriter::tell_balances() {
  const auto balances = read_balances(database_);
  if (!balances) {
    return failure_of(balances.error());
  }
  LedgerOutcome ignored;
  for (const auto& [venue, balance] : *balances) {
    if (auto failure = apply(balance, balance.at, ignored)) {
      return failure;
    }
  }
  return std::nullopt;
}

} // namespace arbees
