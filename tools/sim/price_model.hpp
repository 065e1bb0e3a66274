#pragma once

#include "actors/messages/money.hpp"
#include "tools/sim/score_process.hpp"

namespace arbees::sim {

/// Probability that `proposition` comes true, from the time-sliced normal model of fact sheet
/// games, section 5, with each league's deviation. Between 0.002 and 0.998 until it is decided,
/// then 0 or 1.
double fair_value(const Proposition& proposition, const Game& game, const GameState& state);

/// How a finished proposition pays: 1, 0, or nothing while it is open. Both decided by `state`.
std::optional<Price> outcome(const Proposition& proposition, const GameState& state);

/// The taker's fee of one contract at probability `p`, in dollars: 0.07 M p (1-p) on Kalshi, 0.05
/// p (1-p) on Polymarket (fact sheets kalshi section 6, polymarket section 7). For sizing
/// dislocations only; money is charged by integer arithmetic.
double taker_fee(Venue venue, League league, double p);

} // namespace arbees::sim
