#include <algorithm>

#include "actors/market/fees.hpp"
#include "actors/market/grid.hpp"
#include "actors/signal_processor/filter_list.hpp"

// Whether the signal is what it says, and worth it.

namespace arbees::filter {

namespace {

constexpr Money dollar{money_per_dollar};

// More than any book shows or any account holds: sums of such amounts still fit.
constexpr Quantity most_contracts{10'000'000'000 * quantity_per_contract};
constexpr Money most_money{100'000'000'000 * money_per_dollar};

bool reasonable(const SignalLeg& leg) {
  const auto within = [](Money money) { return money >= Money{0} && money <= most_money; };
  return tradable(leg.limit) && leg.quantity > Quantity{0} && leg.quantity <= most_contracts
         && within(leg.cost) && within(leg.fee);
}

std::string per_contract(Money money) {
  return dollars(money) + " per contract";
}

/// A price as dollars.
Money dollars_of(Price price) {
  return Money{std::int64_t{price.value()} * (money_per_dollar / price_one.value())};
}

/// The least edge of an arbitrage, per contract: what rests does not wait for takers' delays.
Money least_edge(const Candidate& candidate, const RiskConfig& config) {
  return std::ranges::any_of(candidate.legs(), &SignalLeg::post_only)
           ? required_resting_edge(config.arbitrage)
           : required_edge(config.arbitrage, *candidate.market(0), *candidate.market(1),
                           candidate.signal().in_play);
}

/// What the money of both legs must earn until it is free again, per contract.
Money lock_up_cost(const Candidate& candidate, const RiskState& state, const RiskConfig& config) {
  // Percent of a year's hours.
  constexpr std::int64_t year = 100 * 365 * 24;
  const auto until_start = std::max(
    std::chrono::ceil<std::chrono::hours>(candidate.game()->game.start - state.now()).count(),
    std::int64_t{0});
  Money cost;
  for (std::size_t i = 0; i < candidate.legs().size(); ++i) {
    const auto hours = until_start + candidate.rules()->lockup_hours[i];
    cost += Money{
      divide(Int128{dollars_of(candidate.legs()[i].limit).value()} * hours * config.hurdle_percent,
             year, Rounding::up)};
  }
  return cost;
}

} // namespace

FilterVerdict expiry(const Candidate& candidate, const RiskState& state, const RiskConfig&) {
  const auto expires_at = candidate.signal().expires_at;
  if (state.now() < expires_at) {
    return Pass{};
  }
  return Reject{"late by " + milliseconds(state.now() - expires_at),
                "before " + std::to_string(to_ms(expires_at)) + " ms"};
}

FilterVerdict signal_type(const Candidate& candidate, const RiskState&, const RiskConfig& config) {
  if (candidate.is_arbitrage() || config.allow_directional) {
    return Pass{};
  }
  return Reject{std::string{to_string(candidate.signal().type)}, "arbitrage only"};
}

FilterVerdict lease_epoch(const Candidate& candidate, const RiskState& state, const RiskConfig&) {
  const auto epoch = candidate.signal().assignment_epoch;
  const auto known = state.epoch(candidate.signal().game);
  if (epoch >= known) {
    return Pass{};
  }
  return Reject{fmt::format("epoch {}", epoch), fmt::format("epoch {}", known)};
}

/// The shard's word is not taken for it that one of the legs must pay: the sides are looked up in
/// the matched game.
FilterVerdict hedged(const Candidate& candidate, const RiskState&, const RiskConfig&) {
  const auto* const contract = candidate.contract();
  if (contract == nullptr || !candidate.game()->tradable) {
    return Reject{contract == nullptr ? "unknown contract" : "match is shown only",
                  "a tradable match"};
  }
  for (std::size_t i = 0; i < candidate.legs().size(); ++i) {
    const auto* const market = candidate.market(i);
    if (market == nullptr || market->ref.venue != candidate.legs()[i].venue
        || !market->accepts_orders || !market->fees || !supported(*market->fees)) {
      return Reject{"market " + to_hex(candidate.legs()[i].market)
                      + " is unknown, closed or without fees",
                    "open markets with known fees"};
    }
  }
  const auto& [a, b] = candidate.signal().legs;
  if (!candidate.is_arbitrage()) {
    return expresses(*contract, a, true) || expresses(*contract, a, false)
             ? FilterVerdict{Pass{}}
             : FilterVerdict{
               Reject{"the leg is not of the contract", "an expression of the contract"}};
  }
  const auto opposite_sides = (expresses(*contract, a, true) && expresses(*contract, b, false))
                              || (expresses(*contract, a, false) && expresses(*contract, b, true));
  if (opposite_sides && a.venue != b.venue) {
    return Pass{};
  }
  return Reject{"both legs may lose", "opposite sides of one contract on two venues"};
}

/// No trade without both venues' rules, nor with a branch in which they differ unless it is
/// allowed.
FilterVerdict settlement(const Candidate& candidate, const RiskState&, const RiskConfig& config) {
  const auto& rules = candidate.rules();
  if (!rules) {
    return Reject{"no settlement rules for a leg", "a profile of both venues"};
  }
  const auto flags = candidate.contract()->settlement_flags | rules->tail_flags;
  if ((flags & ~config.allowed_settlement_flags) == 0) {
    return Pass{};
  }
  return Reject{fmt::format("flags {:#x}", flags),
                fmt::format("of {:#x}", config.allowed_settlement_flags)};
}

FilterVerdict
freshness(const Candidate& candidate, const RiskState& state, const RiskConfig& config) {
  const auto& limits = config.arbitrage.ages(candidate.signal().in_play);
  for (const auto& leg : candidate.legs()) {
    const auto age = state.now() - leg.received_at;
    if (age > limits.book) {
      return Reject{fmt::format("{} book {}", to_string(leg.venue), milliseconds(age)),
                    milliseconds(limits.book)};
    }
    if (leg.exchange_time == Timestamp{}) {
      continue; // the venue gave no stamp (venues/kalshi.md 3.4)
    }
    const auto stamped = state.now() - leg.exchange_time;
    if (stamped > limits.exchange || stamped < -config.arbitrage.max_clock_skew) {
      return Reject{fmt::format("{} stamp {}", to_string(leg.venue), milliseconds(stamped)),
                    fmt::format("{} to {}", milliseconds(-config.arbitrage.max_clock_skew),
                                milliseconds(limits.exchange))};
    }
  }
  return Pass{};
}

/// Numbers that contradict each other are a bug or a data error, and so is what is too good to be
/// true (hazards.md 12): only a person who has proven it may widen the fence.
FilterVerdict sanity(const Candidate& candidate, const RiskState&, const RiskConfig& config) {
  const auto& signal = candidate.signal();
  if (signal.quantity <= Quantity{0} || signal.quantity > most_contracts) {
    return Reject{"quantity " + to_string(signal.quantity),
                  "above 0, at most " + to_string(most_contracts)};
  }
  Money spent;
  Money gross = payout(signal.quantity);
  for (const auto& leg : candidate.legs()) {
    if (!reasonable(leg)) {
      return Reject{fmt::format("{} leg at {}", to_string(leg.venue), to_string(leg.limit)),
                    "a price between 0 and 1, amounts of this world"};
    }
    spent += leg.cost + leg.fee;
    gross -= leg.cost;
  }
  if (candidate.is_arbitrage() && signal.edge != payout(signal.quantity) - spent) {
    return Reject{"edge " + dollars(signal.edge),
                  "payout less costs and fees, " + dollars(payout(signal.quantity) - spent)};
  }
  if (signal.edge_per_contract > config.arbitrage.max_edge) {
    return Reject{per_contract(signal.edge_per_contract), dollars(config.arbitrage.max_edge)};
  }
  // The shard looks at the best levels, here it is the whole sweep.
  const auto fence = Int128{config.arbitrage.max_pregame_gross.value()} * signal.quantity.value();
  if (candidate.is_arbitrage() && !signal.in_play
      && Int128{gross.value()} * quantity_per_contract > fence) {
    return Reject{dollars(gross) + " before fees, before the game",
                  per_contract(config.arbitrage.max_pregame_gross)};
  }
  return Pass{};
}

/// Opposite sides of one contract cost a dollar together, but for a few cents. If the match had
/// taken the teams for each other, both legs would be the same side, and rarely add up to one.
FilterVerdict side_prices(const Candidate& candidate, const RiskState&, const RiskConfig& config) {
  if (!candidate.is_arbitrage()) {
    return Pass{};
  }
  const auto both = dollars_of(candidate.legs()[0].limit) + dollars_of(candidate.legs()[1].limit);
  const auto gap = both > dollar ? both - dollar : dollar - both;
  if (gap <= config.max_pair_gap) {
    return Pass{};
  }
  return Reject{"both limits " + dollars(both),
                "$1.00, give or take " + dollars(config.max_pair_gap)};
}

FilterVerdict min_edge(const Candidate& candidate, const RiskState&, const RiskConfig& config) {
  const auto edge = candidate.signal().edge_per_contract;
  if (candidate.is_arbitrage()) {
    if (candidate.market(0) == nullptr || candidate.market(1) == nullptr) {
      return Reject{"a market without a known delay", "known markets"};
    }
    const auto required = least_edge(candidate, config);
    return edge >= required ? FilterVerdict{Pass{}}
                            : FilterVerdict{Reject{per_contract(edge), dollars(required)}};
  }
  // A percentage point of probability is a cent per contract: a tenth of it 1,000 units of Money.
  const auto tenths = edge.value() / 1'000;
  if (tenths >= config.min_directional_edge_tenth_pp) {
    return Pass{};
  }
  return Reject{format_decimal(tenths, 1, 1) + " pp",
                format_decimal(config.min_directional_edge_tenth_pp, 1, 1) + " pp"};
}

/// Money that waits for its settlement must earn what it would elsewhere.
FilterVerdict
lock_up(const Candidate& candidate, const RiskState& state, const RiskConfig& config) {
  const auto& signal = candidate.signal();
  const auto least = candidate.is_arbitrage()
                       ? least_edge(candidate, config)
                       : Money{std::int64_t{config.min_directional_edge_tenth_pp} * 1'000};
  const auto required = least + lock_up_cost(candidate, state, config);
  if (signal.edge_per_contract >= required) {
    return Pass{};
  }
  return Reject{per_contract(signal.edge_per_contract),
                dollars(required) + " with the hurdle for locked-up money"};
}

FilterVerdict price_band(const Candidate& candidate, const RiskState&, const RiskConfig& config) {
  for (const auto& leg : candidate.legs()) {
    if (leg.limit < config.min_price || leg.limit > config.max_price) {
      return Reject{fmt::format("{} {}", to_string(leg.venue), to_string(leg.limit)),
                    fmt::format("{} to {}", to_string(config.min_price),
                                to_string(config.max_price))};
    }
  }
  return Pass{};
}

FilterVerdict grid(const Candidate& candidate, const RiskState&, const RiskConfig&) {
  const auto other = candidate.legs().size() - 1; // the same leg, if there is only one
  const auto limit_a = candidate.legs()[0].limit;
  const auto limit_b = candidate.legs()[other].limit;
  const auto quantity = pair_quantity({*candidate.market(0), limit_a},
                                      {*candidate.market(other), limit_b}, candidate.quantity());
  if (!quantity) {
    return Reject{fmt::format("{} at {} and {}", to_string(candidate.quantity()),
                              to_string(limit_a), to_string(limit_b)),
                  "both venues' price grids, steps and minimums"};
  }
  return *quantity < candidate.quantity() ? FilterVerdict{Cut{*quantity}} : FilterVerdict{Pass{}};
}

/// Bought wholly at its limits, with fees rounded against us on so few contracts, it must not lose.
FilterVerdict worst_case(const Candidate& candidate, const RiskState&, const RiskConfig&) {
  if (!candidate.is_arbitrage()) {
    return Pass{};
  }
  const auto edge = payout(candidate.quantity()) - candidate.cost();
  if (edge >= Money{0}) {
    return Pass{};
  }
  return Reject{fmt::format("{} for {}", dollars(edge), to_string(candidate.quantity())), "$0.00"};
}

} // namespace arbees::filter
