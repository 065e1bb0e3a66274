#pragma once

#include "actors/messages/interfaces.hpp"
#include "actors/reconciler/account_comparison.hpp"

namespace arbees {

struct ReconcilerConfig {
  Duration interval = std::chrono::seconds{2}; ///< a drift shows after two comparisons
  /// Nothing is traded at a venue before the first verdict: so it is read again sooner.
  Duration until_told = std::chrono::milliseconds{400};
  Duration timeout = std::chrono::seconds{5};
  std::int64_t failures_before_telling = 3; ///< in a row
  Money money_tolerance{10'000};            ///< a cent: venues round what they show
};

struct ReconcilerVenue {
  Venue venue = Venue::kalshi;
  AccountSource source;
};

struct ReconcilerState {
  static constexpr auto name = "reconciler";

  struct Round {
    ReconcilerVenue venue;
    bool under_way = false;
    Timestamp next_at;
    bool told = false;                  ///< the executor, ever
    std::optional<Timestamp> judged_at; ///< as different, and not as drift yet
    std::int64_t failures = 0;          ///< in a row
  };

  ReconcilerConfig config;
  AccountComparison comparison{Money{}};
  std::vector<Round> rounds;
  Timestamp now;
  std::map<std::string, std::int64_t> counters;
};

/// Compares the ledger with each venue, at the first tick and then again and again, and tells the
/// executor. The venue is read first: what the ledger then lacks, it has not heard of.
ReconcilerActor::behavior_type
reconciler(ReconcilerActor::stateful_pointer<ReconcilerState> self, ReconcilerConfig config,
           AccountSource ledger, std::vector<ReconcilerVenue> venues, ExecutorActor executor);

} // namespace arbees
