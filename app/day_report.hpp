#pragma once

#include <map>
#include <string>
#include <vector>

#include "actors/messages/account.hpp"
#include "actors/messages/latency_histogram.hpp"
#include "bridges/store/position.hpp"

namespace arbees {

/// From `begin`, before `end`.
struct TimeSpan {
  Timestamp begin;
  Timestamp end;

  [[nodiscard]] bool contains(Timestamp at) const { return begin <= at && at < end; }
};

/// The UTC day of "2026-11-21". Nothing if that is no day.
std::optional<TimeSpan> parse_day(std::string_view text);
std::string day_text(Timestamp at);

/// What a group of pairs came to.
struct PairSums {
  std::int64_t pairs = 0;
  Quantity matched;
  Money profit; ///< locked in, after fees; a contract that is held without its hedge counts nothing
  Money fees;

  bool operator==(const PairSums&) const = default;
};

/// What went to one venue and came from it.
struct VenueSums {
  std::int64_t orders = 0;
  Money paid;     ///< for what was bought, without fees
  Money received; ///< for what was sold, without fees
  Money fees;
  Money payouts; ///< of markets that were decided, after the venue's fee

  /// What the free money grew by.
  [[nodiscard]] Money cash() const { return received + payouts - paid - fees; }
  bool operator==(const VenueSums&) const = default;
};

/// One line for the taxes: an execution or a payment.
struct CashEvent {
  Timestamp at;
  std::string kind; ///< buy, sell, payout
  Venue venue = Venue::kalshi;
  std::string market; ///< the venue's name of it
  Side side = Side::yes;
  Quantity quantity;
  std::optional<Price> price; ///< none of a payment
  Money amount;               ///< negative if it was paid; without the fee
  Money fee;
  std::optional<PairId> pair; ///< none of a payment
};

struct FilterCount {
  std::string filter;
  std::int64_t signals = 0;
  Money edge; ///< what they promised when they were seen
};

/// What only the history knows.
struct DayHistory {
  std::int64_t signals = 0;
  std::int64_t taken = 0;
  std::vector<FilterCount> missed;                 ///< the most first
  std::map<std::string, std::int64_t> disconnects; ///< by venue
  std::map<std::string, std::int64_t> stale_books; ///< by reason
  std::int64_t drifts = 0;
  std::int64_t halts = 0;
  std::map<GameId, std::string> leagues; ///< of every game that it knows
};

/// A day by the ledger, in UTC: pairs count on the day on which they ended last.
struct DayReport {
  TimeSpan day;
  std::string mode; ///< paper, live
  std::map<std::string, std::int64_t> outcomes;
  std::int64_t open = 0; ///< began by its end, and have not ended to this moment
  PairSums all;
  std::map<std::string, PairSums> by_league;
  std::map<std::string, PairSums> by_signal;
  std::map<std::string, PairSums> by_edge; ///< by edge per contract when the signal was seen
  std::map<std::string, VenueSums> by_venue;
  std::int64_t complete = 0; ///< pairs that bought what their signals meant, and sold nothing
  Money fees_expected;       ///< of those, by the signals
  Money fees_charged;        ///< of those, by the venues
  LatencyHistogram tick_to_intent;
  /// By venue: from sending an order to the report that ended it, the venue's delay included.
  std::map<std::string, LatencyHistogram> order_latency;
  std::vector<CashEvent> cash; ///< in the order of time
};

/// What the report is made of.
struct DayRecords {
  TimeSpan day;
  std::string mode;
  std::vector<PairRestored> pairs; ///< all that ended in the day or later, and the open ones
  std::vector<SettlementRecord> settlements;
  std::map<std::string, std::string> leagues; ///< by Kalshi's series, "KXNBAGAME"
  std::map<GameId, std::string> games;        ///< leagues of games, as far as they are known
};

DayReport make_report(const DayRecords& records);

/// "1-2 cents" of an edge per contract.
std::string edge_bucket(Money edge_per_contract);

/// @param history or why there is none
/// @param against the same day by another ledger, paper beside live
std::string report_text(const DayReport& report, const caf::expected<DayHistory>& history,
                        const DayReport* against);
std::string report_json(const DayReport& report, const caf::expected<DayHistory>& history,
                        const DayReport* against);
/// Executions and payments, a line each, with a head line.
std::string report_csv(const DayReport& report);

} // namespace arbees
