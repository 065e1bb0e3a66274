#include "actors/signal_processor/risk_state.hpp"

#include <catch2/catch.hpp>

#include "tests/actors/signal_processor/sample_signal.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

constexpr PairId pair{1};
constexpr GameId game{77};

RiskState with_pair(Quantity quantity = contracts(100)) {
  auto state = ready_state();
  state.approve({.pair = pair, .signal = sample_signal(), .quantity = quantity});
  return state;
}

OrderReport
report(Venue venue, Money notional, Money fee, Action action = Action::buy, std::string id = "a") {
  return {.pair = pair,
          .client_order_id = std::move(id),
          .venue = venue,
          .action = action,
          .notional = notional,
          .fee = fee};
}

PairClosed closed(PairOutcome outcome, std::array<Quantity, 2> held, Money cost, Money fees) {
  return {.pair = pair,
          .game = game,
          .outcome = outcome,
          .held = held,
          .cost = cost,
          .fees = fees,
          .closed_at = noon + 1s};
}

} // namespace

TEST_CASE("A pair in flight counts with the most that it may cost") {
  const auto state = with_pair();
  const auto signal = sample_signal();
  // 100 * 0.44 + ceil(1.7248) + 0.0001 and 100 * 0.50 + 1.25
  CHECK(worst_cost(signal.legs[0], kalshi_spec(), contracts(100)) == Money{45'724'900});
  CHECK(worst_cost(signal.legs[1], poly_spec(), contracts(100)) == Money{51'250'000});
  CHECK(state.exposure() == Money{96'974'900});
  CHECK(state.exposure(game) == Money{96'974'900});
  CHECK(state.exposure(GameId{1}) == Money{0});
  CHECK(state.in_flight(game) == 1);
  CHECK(state.free_balance(kalshi_spec()) == dollars(10'000) - Money{45'724'900});
  CHECK(state.free_balance(poly_spec()) == dollars(10'000) - Money{51'250'000});
}

TEST_CASE("A pair that ends with nothing frees its exposure") {
  auto state = with_pair();
  const auto outcome = GENERATE(PairOutcome::void_, PairOutcome::unwound);
  state.add(closed(outcome, {}, dollars(1), dollars(1)));
  CHECK(state.exposure() == Money{0});
  CHECK(state.in_flight(game) == 0);
}

TEST_CASE("A pair that holds something counts with what it cost") {
  auto state = with_pair();
  struct Row {
    PairOutcome outcome;
    std::array<Quantity, 2> held;
  };
  const auto row =
    GENERATE(values<Row>({{PairOutcome::complete, {contracts(100), contracts(100)}},
                          {PairOutcome::balanced_partial, {contracts(40), contracts(40)}},
                          {PairOutcome::unwound, {contracts(40), contracts(40)}},
                          {PairOutcome::exposed, {contracts(40), Quantity{0}}}}));
  state.add(closed(row.outcome, row.held, dollars(37), dollars(1)));
  CHECK(state.exposure(game) == dollars(38));
  CHECK(state.exposure() == dollars(38));
  CHECK(state.in_flight(game) == 0);
}

TEST_CASE("The end of a game frees what is held in it, not what is still in flight") {
  auto state = with_pair();
  state.add(PairClosed{
    .pair = PairId{2}, .game = game, .held = {contracts(1), contracts(1)}, .cost = dollars(5)});
  CHECK(state.exposure(game) == Money{96'974'900} + dollars(5));
  state.add(GameEnded{.game = matched_game().game});
  CHECK(state.exposure(game) == Money{96'974'900});
  CHECK_FALSE(state.tradable(game));
  CHECK(state.market(kalshi_market) == nullptr);
  // The last pair is closed after the end: it holds nothing of a game that is over.
  state.add(closed(PairOutcome::complete, {contracts(100), contracts(100)}, dollars(95), {}));
  CHECK(state.exposure() == Money{0});
}

TEST_CASE("What orders have cost is taken off the balance until the venue tells a new one") {
  auto state = with_pair();
  const auto reserved = Money{45'724'900};
  // Spent out of what was reserved: the free balance does not change.
  state.add(report(Venue::kalshi, dollars(40), dollars(1)));
  CHECK(state.free_balance(kalshi_spec()) == dollars(10'000) - reserved);
  // Reports are cumulative: the same one again changes nothing.
  state.add(report(Venue::kalshi, dollars(40), dollars(1)));
  CHECK(state.free_balance(kalshi_spec()) == dollars(10'000) - reserved);
  // More than was reserved, by an order that completes the pair.
  state.add(report(Venue::kalshi, dollars(10), dollars(0), Action::buy, "b"));
  CHECK(state.free_balance(kalshi_spec()) == dollars(10'000) - dollars(51));
  // Sold again.
  state.add(report(Venue::kalshi, dollars(9), dollars(1), Action::sell, "c"));
  CHECK(state.free_balance(kalshi_spec())
        == dollars(10'000) - dollars(43) - (reserved - dollars(43)));
  state.add(closed(PairOutcome::complete, {contracts(90), contracts(90)}, dollars(40), {}));
  CHECK(state.free_balance(kalshi_spec()) == dollars(10'000) - dollars(43));
  state.add(BalanceUpdate{.venue = Venue::kalshi, .available = dollars(7)});
  CHECK(state.free_balance(kalshi_spec()) == dollars(7));
  CHECK(state.free_balance(poly_spec()) == dollars(10'000));
}

TEST_CASE("Reports of pairs that are not in flight change no balance") {
  auto state = ready_state();
  state.add(report(Venue::kalshi, dollars(40), dollars(1)));
  CHECK(state.free_balance(kalshi_spec()) == dollars(10'000));
}

TEST_CASE("A match that is told again replaces the markets that it had") {
  auto state = ready_state();
  auto match = matched_game();
  match.markets.erase(match.markets.begin() + 1);
  match.markets[0].min_quantity = contracts(9);
  state.add(match);
  CHECK(state.market(kalshi_rival) == nullptr);
  REQUIRE(state.market(kalshi_market) != nullptr);
  CHECK(state.market(kalshi_market)->min_quantity == contracts(9));
}

TEST_CASE("Time never goes back") {
  auto state = ready_state();
  state.advance(noon - 1h);
  CHECK(state.now() == noon);
}
