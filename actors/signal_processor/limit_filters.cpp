#include <algorithm>

#include "actors/signal_processor/filter_list.hpp"

// How much: what is left of each limit bounds the quantity.

namespace arbees::filter {

namespace {

/// The largest quantity for which `cost` is within `budget`, found by halving: cost never falls.
template <class Cost>
Quantity affordable(Quantity most, Money budget, const Cost& cost) {
  auto low = std::int64_t{0};
  auto high = most.value();
  while (low < high) {
    const auto middle = low + (high - low + 1) / 2;
    if (cost(Quantity{middle}) <= budget) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return Quantity{low};
}

template <class Cost>
FilterVerdict shrink(Quantity wanted, Money most, Money room, Money limit, const Cost& cost) {
  if (most <= room) {
    return Pass{};
  }
  const auto quantity = affordable(wanted, room, cost);
  if (quantity == Quantity{0}) {
    return Reject{fmt::format("{} wanted, {} left", dollars(most), dollars(room)), dollars(limit)};
  }
  return Cut{quantity};
}

/// What both legs may cost must fit beside `used`.
FilterVerdict shrink_pair(const Candidate& candidate, Money used, Money limit) {
  return shrink(candidate.quantity(), candidate.cost(), limit - used, limit,
                [&](Quantity q) { return candidate.cost(q); });
}

/// The same for each leg with its own limit; `used` tells what stands beside it.
template <class Used>
FilterVerdict shrink_legs(const Candidate& candidate, Money limit, const Used& used) {
  std::optional<Quantity> least;
  for (std::size_t i = 0; i < candidate.legs().size(); ++i) {
    auto verdict = shrink(candidate.quantity(), candidate.cost(i), limit - used(i), limit,
                          [&](Quantity q) { return candidate.cost(i, q); });
    if (std::holds_alternative<Reject>(verdict)) {
      return verdict;
    }
    if (const auto* const cut = std::get_if<Cut>(&verdict)) {
      least = std::min(least.value_or(cut->quantity), cut->quantity);
    }
  }
  return least ? FilterVerdict{Cut{*least}} : FilterVerdict{Pass{}};
}

} // namespace

FilterVerdict depth(const Candidate& candidate, const RiskState&, const RiskConfig& config) {
  auto shown = candidate.legs()[0].quantity;
  for (const auto& leg : candidate.legs()) {
    shown = std::min(shown, leg.quantity);
  }
  const Quantity most{
    divide(Int128{shown.value()} * config.max_depth_percent, 100, Rounding::down)};
  if (candidate.quantity() <= most) {
    return Pass{};
  }
  return most > Quantity{0}
           ? FilterVerdict{Cut{most}}
           : FilterVerdict{Reject{to_string(candidate.quantity()), to_string(most)}};
}

/// A directional stake is a fraction of the one that lets free money grow fastest: edge over what
/// a win brings. A hedged pair has nothing to bet.
FilterVerdict kelly(const Candidate& candidate, const RiskState& state, const RiskConfig& config) {
  if (candidate.is_arbitrage()) {
    return Pass{};
  }
  const auto free = state.free_balance(*candidate.market(0));
  const auto each = candidate.cost(Quantity{quantity_per_contract});
  const auto win = Money{money_per_dollar} - each;
  const auto edge = candidate.signal().edge_per_contract;
  if (!free || *free <= Money{0} || win <= Money{0} || edge <= Money{0}) {
    return Reject{"no free money or nothing to win", "both"};
  }
  const Money stake{divide(Int128{free->value()} * edge.value() * config.kelly_percent,
                           Int128{win.value()} * 100, Rounding::down)};
  return shrink(candidate.quantity(), candidate.cost(), stake, stake,
                [&](Quantity q) { return candidate.cost(q); });
}

FilterVerdict pair_size(const Candidate& candidate, const RiskState&, const RiskConfig& config) {
  return shrink_pair(candidate, Money{0}, config.max_pair);
}

FilterVerdict
contract_exposure(const Candidate& candidate, const RiskState& state, const RiskConfig& config) {
  return shrink_pair(candidate, state.pairs().exposure(candidate.signal().contract),
                     config.max_contract_exposure);
}

FilterVerdict
game_exposure(const Candidate& candidate, const RiskState& state, const RiskConfig& config) {
  return shrink_pair(candidate, state.exposure(candidate.signal().game), config.max_game_exposure);
}

FilterVerdict
league_exposure(const Candidate& candidate, const RiskState& state, const RiskConfig& config) {
  return shrink_pair(candidate, state.pairs().exposure(candidate.game()->game.league),
                     config.max_league_exposure);
}

FilterVerdict
shard_exposure(const Candidate& candidate, const RiskState& state, const RiskConfig& config) {
  return shrink_legs(candidate, config.max_shard_exposure, [&](std::size_t leg) {
    return state.pairs().exposure(candidate.legs()[leg].venue,
                                  candidate.market(leg)->exchange_index);
  });
}

FilterVerdict
venue_exposure(const Candidate& candidate, const RiskState& state, const RiskConfig& config) {
  return shrink_legs(candidate, config.max_venue_exposure, [&](std::size_t leg) {
    return state.pairs().exposure(candidate.legs()[leg].venue);
  });
}

FilterVerdict
total_exposure(const Candidate& candidate, const RiskState& state, const RiskConfig& config) {
  return shrink_pair(candidate, state.exposure(), config.max_total_exposure);
}

/// In a branch in which the venues' rules differ, all pairs of the game lose together.
FilterVerdict
tail_loss(const Candidate& candidate, const RiskState& state, const RiskConfig& config) {
  std::optional<Quantity> least;
  const auto& payoffs = candidate.rules()->payoffs;
  for (std::size_t i = 0; i < branch_count; ++i) {
    if (!payoffs[i] || payoffs[i]->worst >= Money{money_per_dollar}) {
      continue;
    }
    const auto loss = [&, worst = payoffs[i]->worst](Money cost, Quantity q) {
      return cost
             - Money{
               divide(Int128{worst.value()} * q.value(), quantity_per_contract, Rounding::down)};
    };
    const auto held = state.pairs().tail_loss(candidate.signal().game, static_cast<Branch>(i));
    auto verdict = shrink(candidate.quantity(), loss(candidate.cost(), candidate.quantity()),
                          config.max_game_tail_loss - held, config.max_game_tail_loss,
                          [&](Quantity q) { return loss(candidate.cost(q), q); });
    if (auto* const reject = std::get_if<Reject>(&verdict)) {
      reject->measured =
        fmt::format("{} if {}", reject->measured, to_string(static_cast<Branch>(i)));
      return verdict;
    }
    if (const auto* const cut = std::get_if<Cut>(&verdict)) {
      least = std::min(least.value_or(cut->quantity), cut->quantity);
    }
  }
  return least ? FilterVerdict{Cut{*least}} : FilterVerdict{Pass{}};
}

FilterVerdict balance(const Candidate& candidate, const RiskState& state, const RiskConfig&) {
  std::optional<Quantity> least;
  for (std::size_t i = 0; i < candidate.legs().size(); ++i) {
    const auto venue = candidate.legs()[i].venue;
    const auto& market = *candidate.market(i);
    const auto free = state.free_balance(market);
    if (!free) {
      return Reject{fmt::format("{} balance unknown", to_string(venue)), "a known balance"};
    }
    if (candidate.cost(i) <= *free) {
      continue;
    }
    const auto quantity =
      affordable(candidate.quantity(), *free, [&](Quantity q) { return candidate.cost(i, q); });
    if (quantity == Quantity{0}) {
      return Reject{fmt::format("{} {} free on shard {}", to_string(venue), dollars(*free),
                                market.exchange_index),
                    "the price of one pair"};
    }
    least = std::min(least.value_or(quantity), quantity);
  }
  return least ? FilterVerdict{Cut{*least}} : FilterVerdict{Pass{}};
}

} // namespace arbees::filter
