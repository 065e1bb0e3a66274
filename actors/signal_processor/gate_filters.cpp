#include "actors/signal_processor/filter_list.hpp"

// Whether anything may be opened now, whatever the signal offers.

namespace arbees::filter {

FilterVerdict trading_state(const Candidate&, const RiskState& state, const RiskConfig&) {
  const auto& control = state.control();
  if (control.state == TradingState::active) {
    return Pass{};
  }
  return Reject{fmt::format("{} by {}", to_string(control.state), control.by), "active"};
}

/// Both legs are gated together: a hedge needs both venues, each on the market's own shard.
FilterVerdict venue_state(const Candidate& candidate, const RiskState& state, const RiskConfig&) {
  for (std::size_t i = 0; i < candidate.legs().size(); ++i) {
    const auto venue = candidate.legs()[i].venue;
    const auto shard = candidate.market(i)->exchange_index;
    const auto standing = state.venue(venue).state(shard);
    if (standing != VenueState::open) {
      return Reject{fmt::format("{} shard {} {}", to_string(venue), shard, to_string(standing)),
                    "open"};
    }
  }
  return Pass{};
}

FilterVerdict feed_up(const Candidate& candidate, const RiskState& state, const RiskConfig&) {
  for (const auto& leg : candidate.legs()) {
    const auto connected = state.connected(leg.venue);
    if (connected != true) {
      return Reject{fmt::format("{} {}", to_string(leg.venue), connected ? "down" : "unknown"),
                    "up"};
    }
  }
  return Pass{};
}

FilterVerdict
reconciled(const Candidate& candidate, const RiskState& state, const RiskConfig& config) {
  if (!config.require_reconciled) {
    return Pass{};
  }
  for (const auto& leg : candidate.legs()) {
    const auto& venue = state.venue(leg.venue);
    const auto since = venue.differs_since();
    const auto late = since && state.now() - *since > config.reconcile_patience;
    if (venue.ever_reconciled() && !late) {
      continue;
    }
    return Reject{venue.ever_reconciled()
                    ? fmt::format("{} differs for {}", to_string(leg.venue),
                                  milliseconds(state.now() - *since))
                    : fmt::format("{} was never compared with the ledger", to_string(leg.venue)),
                  "agrees, or differs for " + milliseconds(config.reconcile_patience)};
  }
  return Pass{};
}

FilterVerdict
void_rate(const Candidate& candidate, const RiskState& state, const RiskConfig& config) {
  for (const auto& leg : candidate.legs()) {
    const auto& voids = state.venue(leg.venue).voids;
    if (voids.tripped()) {
      return Reject{fmt::format("{} voided {} of {} trades", to_string(leg.venue), voids.voided(),
                                config.void_window),
                    fmt::format("{} %, until somebody resumes", config.max_void_percent)};
    }
  }
  return Pass{};
}

/// An order of which nobody knows what became may be a position: nothing is added to it.
FilterVerdict unknown_leg(const Candidate& candidate, const RiskState& state, const RiskConfig&) {
  const auto orders = state.unknown_orders(candidate.signal().game);
  if (orders == 0) {
    return Pass{};
  }
  return Reject{fmt::format("{} orders of the game are unknown", orders), "none"};
}

FilterVerdict daily_loss(const Candidate&, const RiskState& state, const RiskConfig& config) {
  const auto loss = state.day().loss();
  if (loss < config.max_daily_loss || loss <= Money{0}) {
    return Pass{};
  }
  return Reject{dollars(loss) + " lost today", "below " + dollars(config.max_daily_loss)};
}

FilterVerdict drawdown(const Candidate&, const RiskState& state, const RiskConfig& config) {
  const auto down = state.day().drawdown();
  if (down < config.max_drawdown || down <= Money{0}) {
    return Pass{};
  }
  return Reject{dollars(down) + " below the day's best", "below " + dollars(config.max_drawdown)};
}

FilterVerdict
duplicate(const Candidate& candidate, const RiskState& state, const RiskConfig& config) {
  const auto& signal = candidate.signal();
  if (state.pairs().known(pair_id(signal.id))) {
    return Reject{"the same signal was approved before", "one pair per signal"};
  }
  const auto route = route_of(signal);
  if (state.in_flight(route)) {
    return Reject{"the same route is in flight", "one pair per route"};
  }
  const auto closed = state.last_closed(route);
  if (!closed || state.now() - *closed >= config.repeat_after) {
    return Pass{};
  }
  return Reject{"closed " + milliseconds(state.now() - *closed) + " ago",
                milliseconds(config.repeat_after)};
}

FilterVerdict
in_flight(const Candidate& candidate, const RiskState& state, const RiskConfig& config) {
  const auto pairs = state.in_flight(candidate.signal().game);
  if (pairs < config.max_in_flight_per_game) {
    return Pass{};
  }
  return Reject{fmt::format("{} pairs", pairs),
                fmt::format("{} pairs per game", config.max_in_flight_per_game)};
}

FilterVerdict pairs_in_flight(const Candidate&, const RiskState& state, const RiskConfig& config) {
  const auto pairs = static_cast<std::int64_t>(state.pairs_in_flight());
  if (pairs < config.max_in_flight) {
    return Pass{};
  }
  return Reject{fmt::format("{} pairs", pairs), fmt::format("{} pairs", config.max_in_flight)};
}

FilterVerdict pair_rate(const Candidate&, const RiskState& state, const RiskConfig& config) {
  struct Rate {
    std::string_view name;
    Duration span;
    std::int32_t most;
  };
  for (const auto& rate : {Rate{"minute", std::chrono::minutes{1}, config.max_pairs_per_minute},
                           Rate{"hour", std::chrono::hours{1}, config.max_pairs_per_hour}}) {
    const auto pairs = state.approved_since(state.now() - rate.span);
    if (pairs >= rate.most) {
      return Reject{fmt::format("{} pairs in a {}", pairs, rate.name),
                    fmt::format("{} pairs", rate.most)};
    }
  }
  return Pass{};
}

} // namespace arbees::filter
