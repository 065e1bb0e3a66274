#include "tools/sim/price_model.hpp"

#include <algorithm>
#include <cmath>

namespace arbees::sim {

namespace {

struct Spread {
  double sigma;       ///< deviation of the final margin
  double total_sigma; ///< deviation of the final total
  double overtime;    ///< seconds of an overtime
};

Spread spread(League league) {
  switch (league) {
    case League::nba:
      return {12.5, 18.0, 300};
    case League::nfl:
      return {13.45, 13.5, 600};
    case League::nhl:
      return {2.45, 2.45, 300};
    case League::mlb:
      return {4.1, 4.3, 1080};
    case League::epl:
      return {1.65, 1.65, 0};
  }
  return {};
}

double phi(double x) {
  return 0.5 * std::erfc(-x * M_SQRT1_2);
}

/// P(a normal with this mean and deviation exceeds `limit`), also without deviation.
double above(double limit, double mean, double deviation) {
  if (deviation < 1e-9) {
    return mean > limit ? 1.0 : 0.0;
  }
  return phi((mean - limit) / deviation);
}

/// The share of regulation that is left; in overtime, what is left of it as if of regulation.
double share_left(const Game& game, const GameState& state) {
  const auto length = regulation_seconds(game.league);
  return state.overtime ? std::max(state.clock, 1.0) / length : state.left / length;
}

double home_wins(const Game& game, const GameState& state) {
  const auto model = spread(game.league);
  const auto tau = share_left(game, state);
  const auto mean = state.home - state.away + game.home_edge * tau;
  const auto deviation = model.sigma * std::sqrt(tau);
  const auto win = above(0.5, mean, deviation);
  if (game.league == League::epl) {
    return win;
  }
  const auto tie = above(-0.5, mean, deviation) - win;
  const auto length = regulation_seconds(game.league);
  const auto overtime = phi(game.home_edge * std::sqrt(model.overtime / length) / model.sigma);
  return win + overtime * tie;
}

double draw(const Game& game, const GameState& state) {
  const auto tau = share_left(game, state);
  const auto mean = state.home - state.away + game.home_edge * tau;
  const auto deviation = spread(game.league).sigma * std::sqrt(tau);
  return above(-0.5, mean, deviation) - above(0.5, mean, deviation);
}

double covers(const Proposition& proposition, const Game& game, const GameState& state) {
  const auto tau = share_left(game, state);
  const auto sign = proposition.side == TeamSide::home ? 1.0 : -1.0;
  const auto mean = sign * (state.home - state.away + game.home_edge * tau);
  return above(proposition.line, mean, spread(game.league).sigma * std::sqrt(tau));
}

double exceeds(const Proposition& proposition, const Game& game, const GameState& state) {
  const auto tau = share_left(game, state);
  const auto mean = state.home + state.away + game.total * tau;
  return above(proposition.line, mean, spread(game.league).total_sigma * std::sqrt(tau));
}

double leads_at_half(const Proposition& proposition, const Game& game, const GameState& state) {
  const auto length = regulation_seconds(game.league);
  const auto tau = std::max(0.0, (state.left - length / 2) / length);
  const auto sign = proposition.side == TeamSide::home ? 1.0 : -1.0;
  const auto mean = sign * (state.home - state.away + game.home_edge * tau);
  return above(0.5, mean, spread(game.league).sigma * std::sqrt(tau));
}

constexpr Price half{5000};

Price pays(bool holds) {
  return holds ? price_one : price_zero;
}

} // namespace

double fair_value(const Proposition& proposition, const Game& game, const GameState& state) {
  if (const auto decided = outcome(proposition, state)) {
    return decided->value() / 10'000.0;
  }
  auto p = 0.5;
  switch (proposition.kind) {
    case Kind::winner:
      p = home_wins(game, state);
      if (proposition.side == TeamSide::away) {
        p = 1 - p - (game.league == League::epl ? draw(game, state) : 0.0);
      }
      break;
    case Kind::draw:
      p = draw(game, state);
      break;
    case Kind::spread:
      p = covers(proposition, game, state);
      break;
    case Kind::total:
      p = exceeds(proposition, game, state);
      break;
    case Kind::first_half:
      p = leads_at_half(proposition, game, state);
      break;
    case Kind::outright:
      break;
  }
  return std::clamp(p, 0.002, 0.998);
}

std::optional<Price> outcome(const Proposition& proposition, const GameState& state) {
  const auto home = proposition.side == TeamSide::home;
  if (proposition.kind == Kind::first_half && state.half_done) {
    const auto lead = state.half_home - state.half_away;
    return pays(home ? lead > 0 : lead < 0);
  }
  if (state.phase != Phase::final || proposition.kind == Kind::outright) {
    return std::nullopt;
  }
  if (proposition.kind == Kind::winner && state.tied) {
    return half; // on both venues (fact sheets kalshi 8, polymarket 8.2)
  }
  const auto lead = home ? state.home - state.away : state.away - state.home;
  switch (proposition.kind) {
    case Kind::draw:
      return pays(lead == 0);
    case Kind::spread:
      return pays(lead > proposition.line);
    case Kind::total:
      return pays(state.home + state.away > proposition.line);
    case Kind::winner:
    case Kind::first_half:
    case Kind::outright:
      break;
  }
  return pays(lead > 0);
}

double taker_fee(Venue venue, League league, double p) {
  const auto rate =
    venue == Venue::polymarket ? 0.05 : 0.07 * facts(league).fee_multiplier_milli / 1000.0;
  return rate * p * (1 - p);
}

} // namespace arbees::sim
