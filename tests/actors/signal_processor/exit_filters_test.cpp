#include <catch2/catch.hpp>

#include "tests/actors/signal_processor/sample_signal.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

PairRestored held_pair(Quantity held = contracts(100), std::uint64_t number = 9) {
  const auto signal = sample_signal();
  PairRestored restored{.pair = {.request = {.pair = PairId{number},
                                             .signal = signal,
                                             .quantity = signal.quantity,
                                             .limits = {cents(44), cents(50)},
                                             .approved_at = noon - 1h},
                                 .intent_at = noon - 1h}};
  restored.closed = PairClosed{.pair = PairId{number},
                               .game = GameId{77},
                               .outcome = PairOutcome::complete,
                               .requested = signal.quantity,
                               .matched = held,
                               .held = {held, held},
                               .cost = dollars(94),
                               .fees = dollars(3),
                               .locked_profit = payout(held) - dollars(97),
                               .closed_at = noon - 1h};
  return restored;
}

/// Both legs at 50 cents, 100 contracts.
ExitSignal exit_of(Quantity quantity = contracts(100)) {
  ExitSignal exit{.id = SignalId{1},
                  .position = PairId{9},
                  .game = GameId{77},
                  .triggered_by = noon,
                  .expires_at = noon + 500ms};
  const auto leg = [&](MarketId market, Venue venue, Side side) {
    return ExitLeg{.market = market,
                   .venue = venue,
                   .side = side,
                   .limit = cents(50),
                   .quantity = quantity,
                   .proceeds = notional(cents(50), quantity, Rounding::down),
                   .received_at = noon};
  };
  exit.legs = {leg(kalshi_market, Venue::kalshi, Side::yes),
               leg(poly_market, Venue::polymarket, Side::no)};
  return exit;
}

RiskState holding(const RiskConfig& config = {}) {
  auto state = ready_state(config);
  state.add(held_pair());
  return state;
}

/// The filter that stops the exit; empty if none does.
std::string
stopped_by(const ExitSignal& exit, const RiskState& state, const RiskConfig& config = {}) {
  const auto verdict = judge(exit, state, config);
  const auto* const rejected = std::get_if<ExitRejected>(&verdict);
  return rejected != nullptr ? rejected->filter : "";
}

} // namespace

TEST_CASE("an exit of what is held passes, and stays allowed while no pair is opened") {
  auto state = holding();
  CHECK(stopped_by(exit_of(), state).empty());
  for (const auto trading : {TradingState::reduce_only, TradingState::flatten}) {
    state.add(TradingControl{.state = trading, .at = noon});
    CHECK(stopped_by(exit_of(), state).empty());
  }
  state.add(TradingControl{.state = TradingState::halted, .at = noon});
  CHECK(stopped_by(exit_of(), state) == "trading_state");
}

TEST_CASE("an exit that comes late, or from an old book, is none") {
  auto state = holding();
  auto exit = exit_of();
  exit.expires_at = noon;
  CHECK(stopped_by(exit, state) == "expiry");
  exit = exit_of();
  exit.legs[1].received_at = noon - 30s;
  CHECK(stopped_by(exit, state).empty());
  exit.legs[1].received_at = noon - 30s - 1ns;
  CHECK(stopped_by(exit, state) == "book_age");
}

TEST_CASE("no more is sold than the pair's end says, of nothing else, and of no pair at work") {
  auto state = holding();
  CHECK(stopped_by(exit_of(contracts(101)), state) == "held");
  auto exit = exit_of();
  exit.legs[1].side = Side::yes;
  CHECK(stopped_by(exit, state) == "held");
  exit = exit_of();
  exit.legs[0].market = kalshi_rival;
  CHECK(stopped_by(exit, state) == "held");
  exit = exit_of();
  exit.position = PairId{10};
  CHECK(stopped_by(exit, state) == "held");
  auto at_work = held_pair(contracts(100), 10);
  at_work.closed.reset();
  state.add(at_work);
  CHECK(stopped_by(exit, state) == "held");
}

TEST_CASE("a position has one exit at a time, and all of them so many a minute") {
  RiskConfig config;
  config.max_exits_per_minute = 2;
  auto state = holding(config);
  state.approve(ExitRequest{.exit = exit_of()});
  CHECK(stopped_by(exit_of(), state, config) == "exit_in_flight");
  state.add(ExitEnded{.position = PairId{9}, .at = noon});
  CHECK(stopped_by(exit_of(), state, config).empty());
  state.approve(ExitRequest{.exit = exit_of()});
  state.add(ExitEnded{.position = PairId{9}, .at = noon});
  CHECK(stopped_by(exit_of(), state, config) == "exit_rate");
  state.advance(noon + 1min);
  auto later = exit_of();
  later.expires_at = noon + 2min;
  for (auto& leg : later.legs) {
    leg.received_at = noon + 1min;
  }
  CHECK(stopped_by(later, state, config).empty());
}

TEST_CASE("a venue that takes no orders sells nothing, but for legs that are not sold") {
  auto state = holding();
  state.add(VenueStatus{.venue = Venue::polymarket, .state = VenueState::post_only});
  CHECK(stopped_by(exit_of(), state) == "venue_state");
  auto one_leg = exit_of();
  one_leg.legs[1].quantity = Quantity{};
  CHECK(stopped_by(one_leg, state).empty());
}

TEST_CASE("a limit protects the sale") {
  auto state = holding();
  auto exit = exit_of();
  exit.legs[0].limit = cents(40);
  CHECK(stopped_by(exit, state).empty());
  exit.legs[0].limit = cents(39);
  CHECK(stopped_by(exit, state) == "protected_limit");
  exit.legs[0].limit = price_zero;
  CHECK(stopped_by(exit, state) == "protected_limit");
  exit = exit_of();
  exit.legs[0].limit = cents(61); // 111 cents for a dollar: a data error
  exit.legs[0].proceeds = dollars(61);
  CHECK(stopped_by(exit, state) == "protected_limit");
  exit = exit_of();
  exit.legs[0].quantity = exit.legs[1].quantity = Quantity{};
  CHECK(stopped_by(exit, state) == "protected_limit");
}

TEST_CASE("risk knows after a restart what earlier runs did today and hold") {
  RiskState state{with_rules()};
  state.advance(noon);
  auto lost = held_pair(Quantity{}, 8);
  lost.closed->locked_profit = dollars(-40);
  auto yesterday = held_pair(Quantity{}, 7);
  yesterday.closed->locked_profit = dollars(-400);
  yesterday.closed->closed_at = noon - std::chrono::days{1};
  state.add(yesterday);
  state.add(lost);
  state.add(held_pair());
  auto at_work = held_pair(contracts(100), 10);
  at_work.closed.reset();
  state.add(at_work);
  CHECK(state.day().realised() == dollars(-40 + 3));
  CHECK(state.in_flight(GameId{77}) == 1);
  CHECK(state.exposure() > dollars(97));
  const auto unmatched = state.exposure();
  CHECK(state.pairs().exposure(League::nba) == Money{});
  SECTION("and by league and shard as soon as the game is matched again") {
    state.add(matched_game());
    CHECK(state.pairs().exposure(League::nba) == state.exposure());
    CHECK(state.exposure(GameId{77}) == state.exposure());
    CHECK(state.pairs().exposure(Venue::kalshi) + state.pairs().exposure(Venue::polymarket)
          == state.exposure());
    CHECK(state.exposure() >= unmatched - dollars(10));
  }
  SECTION("a payment of today ends what is held of its market") {
    const auto before = state.pairs().exposure(Venue::kalshi);
    state.add(Settlement{.venue = Venue::kalshi,
                         .market = kalshi_market,
                         .side = Side::yes,
                         .quantity = contracts(100),
                         .payout = dollars(100),
                         .at = noon});
    CHECK(state.pairs().exposure(Venue::kalshi) < before);
  }
}

TEST_CASE("the loss limit counts what an earlier run lost today, until a person resumes") {
  RiskState state{with_rules()};
  state.advance(noon);
  auto lost = held_pair(Quantity{}, 8);
  lost.closed->locked_profit = dollars(-499);
  state.add(lost);
  CHECK_FALSE(state.loss_limit_passed());
  auto more = held_pair(Quantity{}, 7);
  more.closed->locked_profit = dollars(-1);
  state.add(more);
  REQUIRE(state.loss_limit_passed());
  state.add(TradingControl{.at = noon});
  CHECK_FALSE(state.loss_limit_passed());
}
