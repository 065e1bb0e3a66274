#include "app/day_report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace arbees {

namespace {

void add(PairSums& sums, const PairClosed& closed) {
  ++sums.pairs;
  sums.matched += closed.matched;
  sums.profit += closed.locked_profit;
  sums.fees += closed.fees;
}

/// The league of a pair's game by the series of its Kalshi market, if it had an order there.
std::optional<std::string> league_by_series(const DayRecords& records, const OpenPair& pair) {
  for (const auto& order : pair.orders) {
    const auto& native = order.intent.ref.native_id;
    const auto found = records.leagues.find(native.substr(0, native.find('-')));
    if (order.intent.ref.venue == Venue::kalshi && found != records.leagues.end()) {
      return found->second;
    }
  }
  return std::nullopt;
}

/// Of every game: one pair of it that says its league is enough.
std::map<GameId, std::string> leagues_of(const DayRecords& records) {
  auto leagues = records.games;
  for (const auto& pair : records.pairs) {
    if (const auto league = league_by_series(records, pair.pair)) {
      leagues.emplace(pair.pair.request.signal.game, *league);
    }
  }
  return leagues;
}

bool sold_something(const OpenPair& pair) {
  return std::any_of(pair.orders.begin(), pair.orders.end(),
                     [](const auto& order) { return order.intent.action == Action::sell; });
}

/// The fees that the signal counted with, for the contracts that were asked for; rounded against
/// us, as the signal's own are.
Money expected_fees(const ExecutionRequest& request) {
  Money fees{0};
  for (const auto& leg : request.signal.legs) {
    if (leg.quantity > Quantity{0}) {
      fees += Money{divide(Int128{leg.fee.value()} * request.quantity.value(), leg.quantity.value(),
                           Rounding::up)};
    }
  }
  return fees;
}

void count_end(DayReport& report, const std::map<GameId, std::string>& leagues,
               const PairRestored& pair) {
  const auto& closed = *pair.closed;
  const auto& signal = pair.pair.request.signal;
  ++report.outcomes[std::string{to_string(closed.outcome)}];
  add(report.all, closed);
  const auto league = leagues.find(signal.game);
  add(report.by_league[league == leagues.end() ? "unknown" : league->second], closed);
  add(report.by_signal[std::string{to_string(signal.type)}], closed);
  add(report.by_edge[edge_bucket(signal.edge_per_contract)], closed);
  // A pair that traded more or less than its signal meant has other fees for good reasons.
  if (closed.outcome == PairOutcome::complete && !sold_something(pair.pair)) {
    ++report.complete;
    report.fees_expected += expected_fees(pair.pair.request);
    report.fees_charged += closed.fees;
  }
}

void count_orders(DayReport& report, const OpenPair& pair) {
  for (const auto& order : pair.orders) {
    if (!order.report || !report.day.contains(order.report->reported_at)) {
      continue;
    }
    const auto& told = *order.report;
    auto& venue = report.by_venue[std::string{to_string(told.venue)}];
    ++venue.orders;
    (told.action == Action::buy ? venue.paid : venue.received) += told.notional;
    venue.fees += told.fee;
    if (terminal(told.status)) {
      report.order_latency[std::string{to_string(told.venue)}].record(told.reported_at
                                                                      - told.sent_at);
    }
  }
}

void list_fills(DayReport& report, const OpenPair& pair) {
  for (const auto& fill : pair.fills) {
    if (fill.state == FillState::voided || !report.day.contains(fill.at)) {
      continue;
    }
    const auto order = std::find_if(pair.orders.begin(), pair.orders.end(), [&](const auto& x) {
      return x.intent.client_order_id == fill.client_order_id;
    });
    const auto buys = fill.action == Action::buy;
    const auto amount = notional(fill.price, fill.quantity, buys ? Rounding::up : Rounding::down);
    CashEvent event{.at = fill.at,
                    .kind = buys ? "buy" : "sell",
                    .market = to_hex(fill.market),
                    .side = fill.side,
                    .quantity = fill.quantity,
                    .price = fill.price,
                    .amount = buys ? -amount : amount,
                    .fee = fill.fee,
                    .pair = fill.pair};
    if (order != pair.orders.end()) {
      event.venue = order->intent.ref.venue;
      event.market = order->intent.ref.native_id;
    }
    report.cash.push_back(std::move(event));
  }
}

void count_payments(DayReport& report, const std::vector<SettlementRecord>& settlements) {
  for (const auto& [settlement, own] : settlements) {
    if (!report.day.contains(settlement.at)) {
      continue;
    }
    report.by_venue[std::string{to_string(settlement.venue)}].payouts += own.payout - own.fee;
    report.cash.push_back({.at = settlement.at,
                           .kind = "payout",
                           .venue = settlement.venue,
                           .market = settlement.native_id,
                           .side = settlement.side,
                           .quantity = own.quantity,
                           .amount = own.payout,
                           .fee = own.fee});
  }
}

std::optional<int> number(std::string_view text) {
  const auto value = parse_decimal(text, 0);
  return value && text.find_first_not_of("0123456789") == std::string_view::npos
           ? std::optional{static_cast<int>(*value)}
           : std::nullopt;
}

} // namespace

std::optional<TimeSpan> parse_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') {
    return std::nullopt;
  }
  const auto year = number(text.substr(0, 4));
  const auto month = number(text.substr(5, 2));
  const auto day = number(text.substr(8, 2));
  if (!year || !month || !day) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  // Stamps are nanoseconds in 64 bits: they end in 2262.
  if (!date.ok() || *year < 1970 || *year > 2261) {
    return std::nullopt;
  }
  const Timestamp begin{std::chrono::sys_days{date}};
  return TimeSpan{.begin = begin, .end = begin + std::chrono::days{1}};
}

std::string day_text(Timestamp at) {
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(at)};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::string edge_bucket(Money edge_per_contract) {
  constexpr std::int64_t cent = money_per_dollar / 100;
  constexpr std::array bounds{1, 2, 3, 5, 10};
  auto below = 0;
  for (const auto bound : bounds) {
    if (edge_per_contract < Money{bound * cent}) {
      return below == 0 ? fmt::format("under {} cent", bound)
                        : fmt::format("{}-{} cents", below, bound);
    }
    below = bound;
  }
  return fmt::format("{} cents and more", below);
}

DayReport make_report(const DayRecords& records) {
  DayReport report{.day = records.day, .mode = records.mode};
  const auto leagues = leagues_of(records);
  for (const auto& pair : records.pairs) {
    if (!pair.closed && pair.pair.intent_at < report.day.end) {
      ++report.open;
    }
    if (pair.closed && report.day.contains(pair.closed->closed_at)) {
      count_end(report, leagues, pair);
    }
    if (report.day.contains(pair.pair.intent_at)) {
      report.tick_to_intent.record(pair.pair.intent_at - pair.pair.request.signal.triggered_by);
    }
    count_orders(report, pair.pair);
    list_fills(report, pair.pair);
  }
  count_payments(report, records.settlements);
  std::stable_sort(report.cash.begin(), report.cash.end(),
                   [](const auto& a, const auto& b) { return a.at < b.at; });
  return report;
}

} // namespace arbees
