#include <fmt/format.h>

#include "actors/signal_processor/filter_list.hpp"

// Whether a position may be sold as its tracker wants to.

namespace arbees {

namespace {

using filter::dollars;
using filter::milliseconds;

/// Exits go on while no pair is opened; a halt stops everything.
FilterVerdict trading_state(const ExitSignal&, const RiskState& state, const RiskConfig&) {
  const auto& control = state.control();
  if (control.state != TradingState::halted) {
    return Pass{};
  }
  return Reject{fmt::format("halted by {}", control.by), "not halted"};
}

FilterVerdict expiry(const ExitSignal& exit, const RiskState& state, const RiskConfig&) {
  if (state.now() < exit.expires_at) {
    return Pass{};
  }
  return Reject{"late by " + milliseconds(state.now() - exit.expires_at), "in time"};
}

/// No more may be sold than the pair's own end says is held: the tracker's word is not taken for
/// it.
FilterVerdict held(const ExitSignal& exit, const RiskState& state, const RiskConfig&) {
  const auto* const pair = state.pairs().find(exit.position);
  const auto* const closed = state.pairs().closed(exit.position);
  if (pair == nullptr || closed == nullptr) {
    return Reject{pair == nullptr ? "unknown pair" : "the pair is at work",
                  "a pair that has ended"};
  }
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& leg = exit.legs[i];
    if (leg.quantity == Quantity{0}) {
      continue;
    }
    if (i >= pair->legs.size() || leg.market != pair->legs[i].market
        || leg.side != pair->legs[i].side || leg.quantity < Quantity{0}
        || leg.quantity > closed->held[i]) {
      return Reject{fmt::format("{} of leg {}", to_string(leg.quantity), i),
                    fmt::format("at most {}", to_string(closed->held[i]))};
    }
  }
  return Pass{};
}

FilterVerdict in_flight(const ExitSignal& exit, const RiskState& state, const RiskConfig&) {
  if (state.exit_in_flight(exit.position)) {
    return Reject{"an exit of the position is under way", "one at a time"};
  }
  return Pass{};
}

FilterVerdict exit_rate(const ExitSignal&, const RiskState& state, const RiskConfig& config) {
  const auto exits = state.exits_since(state.now() - std::chrono::minutes{1});
  if (exits < config.max_exits_per_minute) {
    return Pass{};
  }
  return Reject{fmt::format("{} exits in a minute", exits),
                fmt::format("{} exits", config.max_exits_per_minute)};
}

FilterVerdict venue_state(const ExitSignal& exit, const RiskState& state, const RiskConfig&) {
  const auto* const pair = state.pairs().find(exit.position);
  for (std::size_t i = 0; i < 2; ++i) {
    if (exit.legs[i].quantity == Quantity{0}) {
      continue;
    }
    const auto shard = pair->legs[i].exchange_index;
    const auto standing = state.venue(exit.legs[i].venue).state(shard);
    if (standing != VenueState::open) {
      return Reject{fmt::format("{} shard {} {}", to_string(exit.legs[i].venue), shard,
                                to_string(standing)),
                    "open"};
    }
  }
  return Pass{};
}

FilterVerdict book_age(const ExitSignal& exit, const RiskState& state, const RiskConfig& config) {
  for (const auto& leg : exit.legs) {
    const auto age = state.now() - leg.received_at;
    if (leg.quantity > Quantity{0} && age > config.max_exit_book_age) {
      return Reject{fmt::format("{} book {}", to_string(leg.venue), milliseconds(age)),
                    milliseconds(config.max_exit_book_age)};
    }
  }
  return Pass{};
}

/// A limit protects the sale: it is a price, and not far below what the book showed.
FilterVerdict protected_limit(const ExitSignal& exit, const RiskState&, const RiskConfig& config) {
  Money both;
  auto legs = 0;
  for (const auto& leg : exit.legs) {
    if (leg.quantity == Quantity{0}) {
      continue;
    }
    const auto at_limit = notional(leg.limit, leg.quantity, Rounding::down);
    const auto most = Money{divide(Int128{config.max_exit_slippage.value()} * leg.quantity.value(),
                                   quantity_per_contract, Rounding::down)};
    if (!tradable(leg.limit) || leg.proceeds - at_limit > most) {
      return Reject{fmt::format("{} limit {} for {}", to_string(leg.venue), to_string(leg.limit),
                                dollars(leg.proceeds)),
                    dollars(config.max_exit_slippage) + " per contract below the book"};
    }
    ++legs;
    both += notional(leg.limit, Quantity{quantity_per_contract}, Rounding::down);
  }
  const auto fence = Money{money_per_dollar} + config.arbitrage.max_edge;
  if (legs == 0 || (legs == 2 && both > fence)) {
    return Reject{legs == 0 ? "nothing to sell" : dollars(both) + " for a dollar",
                  "at most " + dollars(fence)};
  }
  return Pass{};
}

constexpr std::array all_exit_filters = {
  ExitFilter{"trading_state", trading_state},
  ExitFilter{"expiry", expiry},
  ExitFilter{"held", held},
  ExitFilter{"exit_in_flight", in_flight},
  ExitFilter{"exit_rate", exit_rate},
  ExitFilter{"venue_state", venue_state},
  ExitFilter{"book_age", book_age},
  ExitFilter{"protected_limit", protected_limit},
};

} // namespace

std::span<const ExitFilter> exit_filters() {
  return all_exit_filters;
}

std::variant<ExitRequest, ExitRejected>
judge(const ExitSignal& exit, const RiskState& state, const RiskConfig& config) {
  for (const auto& one : exit_filters()) {
    auto verdict = one.check(exit, state, config);
    if (auto* const reject = std::get_if<Reject>(&verdict)) {
      return ExitRejected{exit, std::string{one.name}, std::move(reject->measured),
                          std::move(reject->limit), state.now()};
    }
  }
  return ExitRequest{.exit = exit, .approved_at = state.now()};
}

} // namespace arbees
