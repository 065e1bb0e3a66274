#include "bridges/store/ledger_replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "bridges/store/ledger_text.hpp"
#include "bridges/store/ledger_writer.hpp"

namespace arbees {

std::string
LedgerReplay::apply(std::int64_t seq, bool opens, Timestamp at, const LedgerRecord& record) {
  const Event event{.seq = seq, .opens = opens, .at = at};
  try {
    return std::visit([&](const auto& x) { return apply(event, x); }, record);
  } catch (const std::overflow_error& error) {
    return error.what();
  }
}

std::string LedgerReplay::apply(const Event& event, const CommitIntent& intent) {
  const auto id = intent.request.pair;
  if (pairs_.contains(id) == event.opens) {
    return fmt::format("pair {} is {}", to_hex(id), event.opens ? "known already" : "not known");
  }
  auto& pair = pairs_[id];
  if (event.opens) {
    pair.request = intent.request;
    pair.intent_at = event.at;
  }
  pair.batches = std::max(pair.batches, intent.batch);
  pair.closed.reset();
  pair.seq = event.seq;
  for (std::size_t i = 0; i < intent.orders.size(); ++i) {
    const auto& order = intent.orders[i];
    if (order.pair != id || orders_.contains(order.client_order_id)) {
      return fmt::format("order {} cannot be new", order.client_order_id);
    }
    markets_.try_emplace(order.market, order.ref, event.seq);
    orders_[order.client_order_id] = {.intent = order,
                                      .intent_at = event.at,
                                      .batch = intent.batch,
                                      .intent_seq = event.seq,
                                      .place = i,
                                      .seq = event.seq};
  }
  return {};
}

std::string LedgerReplay::apply(const Event& event, const OrderReport& report) {
  const auto found = orders_.find(report.client_order_id);
  if (found == orders_.end()) {
    return fmt::format("order {} is not known", report.client_order_id);
  }
  append("order_reports", event.seq,
         {report.client_order_id, report.venue_order_id, std::string{to_string(report.status)},
          fmt::format("{}", report.filled), fmt::format("{}", report.notional),
          fmt::format("{}", report.fee), fmt::format("{}", report.voided), report.reason,
          fmt::format("{}", to_ns(report.sent_at)), fmt::format("{}", to_ns(report.reported_at)),
          fmt::format("{}", to_ns(event.at))});
  auto& known = found->second.report;
  const auto later =
    !known || known->voided < report.voided
    || (known->voided == report.voided && known->reported_at <= report.reported_at);
  const auto reopens = known && terminal(known->status) && !terminal(report.status);
  // The order itself knows of no voids: a report that took some back before any came is older.
  if (later && !reopens && report.voided >= Quantity{0}) {
    known = report;
    found->second.seq = event.seq;
  }
  return {};
}

std::string LedgerReplay::apply(const Event& event, const Fill& fill) {
  const auto [place, is_new] =
    fill_index_.try_emplace(std::pair{fill.market, fill.fill_id}, fills_.size());
  const HeldKey key{fill.market, fill.side};
  if (is_new) {
    before_or_after_baseline(std::nullopt, fill.market,
                             fill.state == FillState::voided ? Timestamp::max() : fill.at,
                             event.seq, [&] {
                               fills_.push_back({.fill = fill, .seq = event.seq});
                               auto& held = held_[key];
                               held.fills.push_back(place->second);
                               held.seq = event.seq;
                             });
    return {};
  }
  auto& known = fills_[place->second];
  if (known.fill.state != FillState::provisional || fill.state == FillState::provisional) {
    return fmt::format("fill {} cannot become {}", fill.fill_id, to_string(fill.state));
  }
  if (known.fill.client_order_id != fill.client_order_id || known.fill.side != fill.side
      || known.fill.action != fill.action || known.fill.price != fill.price
      || known.fill.quantity != fill.quantity || known.fill.fee != fill.fee) {
    return fmt::format("fill {} has another content than before", fill.fill_id);
  }
  append("fill_changes", event.seq,
         {to_hex(fill.market), fill.fill_id, std::string{to_string(fill.state)},
          fmt::format("{}", to_ns(event.at))});
  before_or_after_baseline(std::nullopt, fill.market,
                           fill.state == FillState::voided ? fill.at : Timestamp::max(), event.seq,
                           [&] {
                             known.fill.state = fill.state;
                             known.seq = event.seq;
                             held_[key].seq = event.seq;
                           });
  return {};
}

std::string LedgerReplay::apply(const Event& event, const PairClosed& closed) {
  const auto found = pairs_.find(closed.pair);
  if (found == pairs_.end()) {
    return fmt::format("pair {} is not known", to_hex(closed.pair));
  }
  auto& pair = found->second;
  if (closed.revision < pair.closings) {
    return fmt::format("pair {} was closed before with revision {}", to_hex(closed.pair),
                       pair.closings - 1);
  }
  pair.closings = closed.revision + 1;
  pair.closed = closed;
  pair.seq = event.seq;
  return {};
}

std::string LedgerReplay::apply(const Event& event, const BalanceUpdate& balance) {
  const auto [known, is_new] = balances_.try_emplace(balance.venue, balance, event.seq);
  if (!is_new && balance.at >= known->second.first.at) {
    known->second = {balance, event.seq};
  }
  if (!baselines_.contains(balance.venue)) {
    baselines_[balance.venue] = {.balance = balance,
                                 .moved = money_of(balance.venue, std::nullopt),
                                 .seq = event.seq};
  }
  return {};
}

std::string LedgerReplay::apply(const Event& event, const Settlement& settlement) {
  before_or_after_baseline(settlement.venue, settlement.market, settlement.at, event.seq, [&] {
    auto& held = held_[{settlement.market, settlement.side}];
    held.settlement = settlement;
    held.seq = event.seq;
  });
  return {};
}

std::string LedgerReplay::apply(const Event& event, const TradingControl& control) {
  append("trading_controls", event.seq,
         {std::string{to_string(control.state)}, control.by, control.reason,
          fmt::format("{}", to_ns(control.at))});
  return {};
}

std::string LedgerReplay::apply(const Event& event, const Reconciliation& compared) {
  for (const auto& drift : compared.drifts) {
    append("drifts", event.seq,
           {std::string{to_string(compared.venue)}, drift.what, drift.subject, drift.ledger,
            drift.venue, fmt::format("{}", to_ns(compared.at))});
  }
  return {};
}

std::string LedgerReplay::apply(const Event& event, const MoneyAccepted& accepted) {
  const auto baseline = baselines_.find(accepted.venue);
  if (baseline == baselines_.end()) {
    return fmt::format("no balance of {} was heard before", to_string(accepted.venue));
  }
  baseline->second.moved -= accepted.amount;
  baseline->second.seq = event.seq;
  return {};
}

/// A position from all its fills that count, and then what was paid.
LedgerReplay::Made LedgerReplay::make(const Held& held) const {
  Made made;
  for (const auto i : held.fills) {
    if (fills_[i].fill.state != FillState::voided) {
      made.position = after(made.position.value_or(Position{}), fills_[i].fill);
    }
  }
  if (held.settlement && made.position) {
    made.own = own_part(*made.position, *held.settlement);
    made.position = after(*made.position, made.own);
  }
  return made;
}

Money LedgerReplay::money_of(Venue venue, std::optional<MarketId> market) const {
  std::vector<PositionRecord> positions;
  std::vector<SettlementRecord> settlements;
  for (const auto& [key, held] : held_) {
    if (market && key.first != *market) {
      continue;
    }
    const auto made = make(held);
    const auto ref = markets_.find(key.first);
    if (made.position && ref != markets_.end()) {
      positions.push_back({.market = key.first,
                           .venue = ref->second.first.venue,
                           .side = key.second,
                           .position = *made.position});
    }
    if (held.settlement) {
      settlements.push_back({.settlement = *held.settlement, .own = made.own});
    }
  }
  return money_moved(venue, positions, settlements);
}

template <class F>
void LedgerReplay::before_or_after_baseline(std::optional<Venue> venue, MarketId market,
                                            Timestamp at, std::int64_t seq, F change) {
  const auto ref = markets_.find(market);
  if (!venue && ref != markets_.end()) {
    venue = ref->second.first.venue;
  }
  const auto baseline = venue ? baselines_.find(*venue) : baselines_.end();
  if (baseline == baselines_.end() || at >= baseline->second.balance.at - baseline_slack) {
    change();
    return;
  }
  const auto before = money_of(*venue, market);
  change();
  baseline->second.moved += money_of(*venue, market) - before;
  baseline->second.seq = seq;
}

/// Adds a row whose key is its place.
void LedgerReplay::append(std::string_view table, std::int64_t seq,
                          std::vector<std::string> columns) {
  auto& rows = lists_[table];
  auto place = fmt::format("{}", rows.size() + 1);
  columns.insert(columns.begin(), place);
  rows[std::move(place)] = {.columns = std::move(columns), .seq = seq};
}

} // namespace arbees
