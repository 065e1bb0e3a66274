#pragma once

#include <fmt/format.h>

#include "actors/signal_processor/filters.hpp"

// Every filter, for the one list in filters.cpp. What each is for stands where it is defined.

namespace arbees::filter {

using Check = FilterVerdict(const Candidate&, const RiskState&, const RiskConfig&);

// Whether the signal is what it says: signal_filters.cpp
Check expiry, signal_type, lease_epoch, hedged, settlement, freshness, sanity, side_prices,
  min_edge, lock_up, price_band, grid, worst_case;

// Whether anything may be opened now: gate_filters.cpp
Check trading_state, venue_state, feed_up, reconciled, void_rate, unknown_leg, daily_loss, drawdown,
  duplicate, in_flight, pairs_in_flight, pair_rate;

// How much: limit_filters.cpp
Check depth, kelly, pair_size, contract_exposure, game_exposure, league_exposure, shard_exposure,
  venue_exposure, total_exposure, tail_loss, balance;

inline std::string milliseconds(Duration duration) {
  return fmt::format("{} ms",
                     std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

inline std::string dollars(Money money) {
  return "$" + to_string(money);
}

} // namespace arbees::filter
