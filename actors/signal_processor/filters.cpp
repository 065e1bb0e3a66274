#include "actors/signal_processor/filters.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "actors/market/fees.hpp"
#include "actors/market/grid.hpp"

namespace arbees {

namespace {

FilterVerdict pass_if(bool condition, std::string_view measured, std::string_view limit) {
  if (condition) {
    return Pass{};
  }
  return Reject{std::string{measured}, std::string{limit}};
}

std::string milliseconds(Duration duration) {
  return fmt::format("{} ms",
                     std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

std::string dollars(Money money) {
  return "$" + to_string(money);
}

Money total_cost(const Signal& signal, const RiskState& state, Quantity quantity) {
  Money sum;
  for (const auto& leg : legs_of(signal)) {
    sum += worst_cost(leg, *state.market(leg.market), quantity);
  }
  return sum;
}

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
FilterVerdict cut_to_budget(const Signal& signal, Money room, Money limit, const Cost& cost) {
  const auto wanted = cost(signal.quantity);
  if (wanted <= room) {
    return Pass{};
  }
  const auto quantity = affordable(signal.quantity, room, cost);
  if (quantity == Quantity{0}) {
    return Reject{fmt::format("{} wanted, {} left", dollars(wanted), dollars(room)),
                  dollars(limit)};
  }
  return Cut{quantity};
}

FilterVerdict expiry(const Signal& signal, const RiskState& state, const RiskConfig&) {
  return pass_if(state.now() < signal.expires_at,
                 "late by " + milliseconds(state.now() - signal.expires_at),
                 "before " + std::to_string(to_ms(signal.expires_at)) + " ms");
}

FilterVerdict signal_type(const Signal& signal, const RiskState&, const RiskConfig& config) {
  return pass_if(signal.type == SignalType::arbitrage || config.allow_directional,
                 to_string(signal.type), "arbitrage only");
}

FilterVerdict lease_epoch(const Signal& signal, const RiskState& state, const RiskConfig&) {
  const auto known = state.epoch(signal.game);
  return pass_if(signal.assignment_epoch >= known, fmt::format("epoch {}", signal.assignment_epoch),
                 fmt::format("epoch {}", known));
}

bool expresses(const Contract& contract, const SignalLeg& leg, bool when_true) {
  return std::ranges::any_of(contract.expressions, [&](const Expression& expression) {
    return expression.market == leg.market && (expression.pays == leg.side) == when_true;
  });
}

/// The shard's word is not taken for it that one of the legs must pay.
FilterVerdict hedged(const Signal& signal, const RiskState& state, const RiskConfig&) {
  const auto* const contract = state.contract(signal);
  if (contract == nullptr || !state.tradable(signal.game)) {
    return Reject{contract == nullptr ? "unknown contract" : "match is shown only",
                  "a tradable match"};
  }
  for (const auto& leg : legs_of(signal)) {
    const auto* const market = state.market(leg.market);
    if (market == nullptr || market->ref.venue != leg.venue || !market->accepts_orders
        || !market->fees || !supported(*market->fees)) {
      return Reject{"market " + to_hex(leg.market) + " is unknown, closed or without fees",
                    "open markets with known fees"};
    }
  }
  const auto& [a, b] = signal.legs;
  if (signal.type == SignalType::directional) {
    return pass_if(expresses(*contract, a, true) || expresses(*contract, a, false),
                   "the leg is not of the contract", "an expression of the contract");
  }
  const auto opposite_sides = (expresses(*contract, a, true) && expresses(*contract, b, false))
                              || (expresses(*contract, a, false) && expresses(*contract, b, true));
  return pass_if(opposite_sides && a.venue != b.venue, "both legs may lose",
                 "opposite sides of one contract on two venues");
}

FilterVerdict settlement(const Signal& signal, const RiskState& state, const RiskConfig& config) {
  const auto* const contract = state.contract(signal);
  const auto flags = contract == nullptr ? 0 : contract->settlement_flags;
  const auto refused = flags & ~config.allowed_settlement_flags;
  return pass_if(refused == 0, fmt::format("flags {:#x}", flags),
                 fmt::format("of {:#x}", config.allowed_settlement_flags));
}

FilterVerdict feed_up(const Signal& signal, const RiskState& state, const RiskConfig&) {
  for (const auto& leg : legs_of(signal)) {
    const auto connected = state.connected(leg.venue);
    if (connected != true) {
      return Reject{fmt::format("{} {}", to_string(leg.venue), connected ? "down" : "unknown"),
                    "up"};
    }
  }
  return Pass{};
}

FilterVerdict freshness(const Signal& signal, const RiskState& state, const RiskConfig& config) {
  const auto& limits = config.arbitrage.ages(signal.in_play);
  for (const auto& leg : legs_of(signal)) {
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

// More than any book shows or any account holds: sums of such amounts still fit.
constexpr Quantity most_contracts{10'000'000'000 * quantity_per_contract};
constexpr Money most_money{100'000'000'000 * money_per_dollar};

bool reasonable(const SignalLeg& leg) {
  const auto within = [](Money money) { return money >= Money{0} && money <= most_money; };
  return tradable(leg.limit) && leg.quantity > Quantity{0} && leg.quantity <= most_contracts
         && within(leg.cost) && within(leg.fee);
}

/// Numbers that contradict each other are a bug or a data error, however good they look.
FilterVerdict sanity(const Signal& signal, const RiskState&, const RiskConfig& config) {
  if (signal.quantity <= Quantity{0} || signal.quantity > most_contracts) {
    return Reject{"quantity " + to_string(signal.quantity),
                  "above 0, at most " + to_string(most_contracts)};
  }
  Money spent;
  for (const auto& leg : legs_of(signal)) {
    if (!reasonable(leg)) {
      return Reject{fmt::format("{} leg at {}", to_string(leg.venue), to_string(leg.limit)),
                    "a price between 0 and 1, amounts of this world"};
    }
    spent += leg.cost + leg.fee;
  }
  if (signal.type == SignalType::arbitrage && signal.edge != payout(signal.quantity) - spent) {
    return Reject{"edge " + dollars(signal.edge),
                  "payout less costs and fees, " + dollars(payout(signal.quantity) - spent)};
  }
  return pass_if(signal.edge_per_contract <= config.arbitrage.max_edge,
                 dollars(signal.edge_per_contract) + " per contract",
                 dollars(config.arbitrage.max_edge));
}

FilterVerdict min_edge(const Signal& signal, const RiskState& state, const RiskConfig& config) {
  if (signal.type == SignalType::arbitrage) {
    const auto* const a = state.market(signal.legs[0].market);
    const auto* const b = state.market(signal.legs[1].market);
    if (a == nullptr || b == nullptr) {
      return Reject{"a market without a known delay", "known markets"};
    }
    const auto required = required_edge(config.arbitrage, *a, *b, signal.in_play);
    return pass_if(signal.edge_per_contract >= required,
                   dollars(signal.edge_per_contract) + " per contract", dollars(required));
  }
  // A percentage point of probability is a cent per contract: a tenth of it 1,000 units of Money.
  const auto tenths = signal.edge_per_contract.value() / 1'000;
  return pass_if(tenths >= config.min_directional_edge_tenth_pp,
                 format_decimal(tenths, 1, 1) + " pp",
                 format_decimal(config.min_directional_edge_tenth_pp, 1, 1) + " pp");
}

FilterVerdict price_band(const Signal& signal, const RiskState&, const RiskConfig& config) {
  for (const auto& leg : legs_of(signal)) {
    if (leg.limit < config.min_price || leg.limit > config.max_price) {
      return Reject{fmt::format("{} {}", to_string(leg.venue), to_string(leg.limit)),
                    fmt::format("{} to {}", to_string(config.min_price),
                                to_string(config.max_price))};
    }
  }
  return Pass{};
}

FilterVerdict duplicate(const Signal& signal, const RiskState& state, const RiskConfig& config) {
  const auto route = route_of(signal);
  if (state.in_flight(route)) {
    return Reject{"the same route is in flight", "one pair per route"};
  }
  const auto closed = state.last_closed(route);
  return pass_if(!closed || state.now() - *closed >= config.repeat_after,
                 closed ? "closed " + milliseconds(state.now() - *closed) + " ago" : "",
                 milliseconds(config.repeat_after));
}

FilterVerdict in_flight(const Signal& signal, const RiskState& state, const RiskConfig& config) {
  const auto pairs = state.in_flight(signal.game);
  return pass_if(pairs < config.max_in_flight_per_game, fmt::format("{} pairs", pairs),
                 fmt::format("{} pairs per game", config.max_in_flight_per_game));
}

FilterVerdict depth(const Signal& signal, const RiskState&, const RiskConfig& config) {
  auto shown = signal.legs[0].quantity;
  for (const auto& leg : legs_of(signal)) {
    shown = std::min(shown, leg.quantity);
  }
  const Quantity most{
    divide(Int128{shown.value()} * config.max_depth_percent, 100, Rounding::down)};
  if (signal.quantity <= most) {
    return Pass{};
  }
  return most > Quantity{0} ? FilterVerdict{Cut{most}}
                            : FilterVerdict{Reject{to_string(signal.quantity), to_string(most)}};
}

FilterVerdict pair_size(const Signal& signal, const RiskState& state, const RiskConfig& config) {
  return cut_to_budget(signal, config.max_pair, config.max_pair,
                       [&](Quantity q) { return total_cost(signal, state, q); });
}

FilterVerdict
game_exposure(const Signal& signal, const RiskState& state, const RiskConfig& config) {
  const auto room = config.max_game_exposure - state.exposure(signal.game);
  return cut_to_budget(signal, room, config.max_game_exposure,
                       [&](Quantity q) { return total_cost(signal, state, q); });
}

FilterVerdict
total_exposure(const Signal& signal, const RiskState& state, const RiskConfig& config) {
  const auto room = config.max_total_exposure - state.exposure();
  return cut_to_budget(signal, room, config.max_total_exposure,
                       [&](Quantity q) { return total_cost(signal, state, q); });
}

FilterVerdict balance(const Signal& signal, const RiskState& state, const RiskConfig&) {
  auto most = signal.quantity;
  for (const auto& leg : legs_of(signal)) {
    const auto& market = *state.market(leg.market);
    const auto free = state.free_balance(market);
    if (!free) {
      return Reject{fmt::format("{} balance unknown", to_string(leg.venue)), "a known balance"};
    }
    const auto quantity =
      affordable(most, *free, [&](Quantity q) { return worst_cost(leg, market, q); });
    if (quantity == Quantity{0}) {
      return Reject{fmt::format("{} {} free on shard {}", to_string(leg.venue), dollars(*free),
                                market.exchange_index),
                    "the price of one pair"};
    }
    most = quantity;
  }
  return most < signal.quantity ? FilterVerdict{Cut{most}} : FilterVerdict{Pass{}};
}

FilterVerdict grid(const Signal& signal, const RiskState& state, const RiskConfig&) {
  const auto& [a, b] = signal.legs;
  const auto* const market_a = state.market(a.market);
  const auto* const market_b =
    signal.type == SignalType::arbitrage ? state.market(b.market) : market_a;
  const auto limit_b = signal.type == SignalType::arbitrage ? b.limit : a.limit;
  const auto quantity = pair_quantity({*market_a, a.limit}, {*market_b, limit_b}, signal.quantity);
  if (!quantity) {
    return Reject{fmt::format("{} at {} and {}", to_string(signal.quantity), to_string(a.limit),
                              to_string(limit_b)),
                  "both venues' price grids, steps and minimums"};
  }
  return *quantity < signal.quantity ? FilterVerdict{Cut{*quantity}} : FilterVerdict{Pass{}};
}

/// Bought wholly at its limits, with fees rounded against us on so few contracts, it must not lose.
FilterVerdict worst_case(const Signal& signal, const RiskState& state, const RiskConfig&) {
  if (signal.type == SignalType::directional) {
    return Pass{};
  }
  const auto edge = payout(signal.quantity) - total_cost(signal, state, signal.quantity);
  return pass_if(edge >= Money{0},
                 fmt::format("{} for {}", dollars(edge), to_string(signal.quantity)), "$0.00");
}

constexpr std::array all_filters = {
  Filter{"expiry", expiry},
  Filter{"signal_type", signal_type},
  Filter{"lease_epoch", lease_epoch},
  Filter{"hedged", hedged},
  Filter{"settlement", settlement},
  Filter{"feed_up", feed_up},
  Filter{"freshness", freshness},
  Filter{"sanity", sanity},
  Filter{"min_edge", min_edge},
  Filter{"price_band", price_band},
  Filter{"duplicate", duplicate},
  Filter{"in_flight", in_flight},
  Filter{"depth", depth},
  Filter{"pair_size", pair_size},
  Filter{"game_exposure", game_exposure},
  Filter{"total_exposure", total_exposure},
  Filter{"balance", balance},
  Filter{"grid", grid},
  Filter{"worst_case", worst_case},
};

} // namespace

std::span<const Filter> filters() {
  return all_filters;
}

PairId pair_id(SignalId signal) {
  return PairId{fnv1a("pair", signal.value())};
}

std::variant<ExecutionRequest, SignalRejected>
judge(const Signal& signal, const RiskState& state, const RiskConfig& config) {
  auto sized = signal;
  for (const auto& filter : filters()) {
    const auto verdict = filter.check(sized, state, config);
    if (const auto* const reject = std::get_if<Reject>(&verdict)) {
      return SignalRejected{signal, std::string{filter.name}, reject->measured, reject->limit,
                            state.now()};
    }
    if (const auto* const cut = std::get_if<Cut>(&verdict)) {
      sized.quantity = cut->quantity;
    }
  }
  return ExecutionRequest{.pair = pair_id(signal.id),
                          .signal = signal,
                          .quantity = sized.quantity,
                          .limits = {signal.legs[0].limit, signal.legs[1].limit},
                          .approved_at = state.now()};
}

} // namespace arbees
