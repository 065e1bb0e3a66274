#include <catch2/catch.hpp>

#include "tests/actors/signal_processor/ask.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

constexpr GameId game{77};

ExecutionRequest request(std::uint64_t pair, Signal signal = sample_signal()) {
  signal.id = SignalId{1'000 + pair};
  return {.pair = PairId{pair}, .signal = signal, .quantity = contracts(10)};
}

PairClosed lost(std::uint64_t pair, Money loss, Timestamp at = noon) {
  return {.pair = PairId{pair},
          .game = game,
          .outcome = PairOutcome::unwound,
          .cost = loss,
          .locked_profit = -loss,
          .closed_at = at};
}

Fill fill(std::uint64_t number, FillState state, MarketId market = poly_market) {
  return {.fill_id = "t" + std::to_string(number),
          .pair = PairId{1},
          .market = market,
          .quantity = contracts(1),
          .state = state};
}

void trade(RiskState& state, std::uint64_t from, std::uint64_t count) {
  for (auto i = from; i < from + count; ++i) {
    state.add(fill(i, FillState::provisional));
    state.add(fill(i, FillState::confirmed));
  }
}

OrderReport report(OrderStatus status, std::string order = "a1") {
  return {.pair = PairId{9},
          .client_order_id = std::move(order),
          .market = kalshi_market,
          .venue = Venue::kalshi,
          .status = status};
}

} // namespace

TEST_CASE("Pairs are opened only while trading is active") {
  auto state = ready_state();
  CHECK(passes(ask("trading_state", sample_signal(), state)));
  const auto other =
    GENERATE(TradingState::reduce_only, TradingState::flatten, TradingState::halted);
  state.add(TradingControl{.state = other, .by = "file", .at = noon});
  const auto verdict = ask("trading_state", sample_signal(), state);
  REQUIRE(rejects(verdict));
  CHECK(std::get<Reject>(verdict).measured == std::string{to_string(other)} + " by file");
  state.add(TradingControl{.state = TradingState::active, .by = "cli", .at = noon});
  CHECK(passes(ask("trading_state", sample_signal(), state)));
}

TEST_CASE("A venue that does not take orders stops both legs") {
  const auto venue = GENERATE(Venue::kalshi, Venue::polymarket);
  const auto standing =
    GENERATE(VenueState::post_only, VenueState::cancel_only, VenueState::down, VenueState::refused);
  auto state = ready_state();
  CHECK(passes(ask("venue_state", sample_signal(), state)));
  state.add(VenueStatus{.venue = venue, .state = standing});
  CHECK(rejects(ask("venue_state", sample_signal(), state)));
  state.add(VenueStatus{.venue = venue, .state = VenueState::open});
  CHECK(passes(ask("venue_state", sample_signal(), state)));
}

TEST_CASE("Of a venue and its shard the stricter state counts") {
  auto match = matched_game();
  match.markets.front().exchange_index = 3;
  auto state = ready_state({}, match);
  const auto say = [&](std::optional<std::int32_t> shard, VenueState standing) {
    state.add(VenueStatus{.venue = Venue::kalshi, .exchange_index = shard, .state = standing});
  };
  say(0, VenueState::down); // another shard's outage
  CHECK(passes(ask("venue_state", sample_signal(), state)));
  say(3, VenueState::cancel_only);
  CHECK(rejects(ask("venue_state", sample_signal(), state)));
  say(std::nullopt, VenueState::open);
  CHECK(rejects(ask("venue_state", sample_signal(), state)));
  say(3, VenueState::open);
  CHECK(passes(ask("venue_state", sample_signal(), state)));
  say(std::nullopt, VenueState::post_only);
  CHECK(rejects(ask("venue_state", sample_signal(), state)));
}

TEST_CASE("A venue that never told its state is as the configuration says") {
  RiskConfig config;
  config.initial_venue_state = {VenueState::down, VenueState::open};
  auto state = ready_state(config);
  CHECK(rejects(ask("venue_state", sample_signal(), state, config)));
  state.add(VenueStatus{.venue = Venue::kalshi, .state = VenueState::open});
  CHECK(passes(ask("venue_state", sample_signal(), state, config)));
}

TEST_CASE("Where it is required, ledger and venue must agree before a pair is opened") {
  RiskConfig config;
  auto state = ready_state(config);
  CHECK(passes(ask("reconciled", sample_signal(), state, config)));
  config.require_reconciled = true;
  CHECK(rejects(ask("reconciled", sample_signal(), state, config)));
  state.add(Reconciliation{.venue = Venue::kalshi, .at = noon});
  CHECK(rejects(ask("reconciled", sample_signal(), state, config)));
  state.add(Reconciliation{.venue = Venue::polymarket, .at = noon});
  CHECK(passes(ask("reconciled", sample_signal(), state, config)));
  SECTION("a difference is waited for, once") {
    state.add(Reconciliation{.venue = Venue::kalshi, .drifts = {Drift{"money"}}, .at = noon});
    state.advance(noon + config.reconcile_patience);
    CHECK(passes(ask("reconciled", sample_signal(), state, config)));
    // Told again, it is still the same difference.
    state.add(Reconciliation{
      .venue = Venue::kalshi, .drifts = {Drift{"money"}}, .at = noon + config.reconcile_patience});
    state.advance(noon + config.reconcile_patience + 1ms);
    CHECK(rejects(ask("reconciled", sample_signal(), state, config)));
    state.add(Reconciliation{.venue = Venue::kalshi, .at = noon + 10s});
    CHECK(passes(ask("reconciled", sample_signal(), state, config)));
  }
  SECTION("what cannot be compared does not agree") {
    state.add(Reconciliation{.venue = Venue::polymarket, .failed = "timeout", .at = noon});
    state.advance(noon + config.reconcile_patience + 1ms);
    CHECK(rejects(ask("reconciled", sample_signal(), state, config)));
  }
}

TEST_CASE("More than two voided trades in a hundred stop a venue until somebody resumes") {
  auto state = ready_state();
  trade(state, 0, 30);
  state.add(fill(3, FillState::voided));
  CHECK(passes(ask("void_rate", sample_signal(), state))); // 1 of 50 is 2 %
  state.add(fill(3, FillState::voided));                   // told again
  CHECK(passes(ask("void_rate", sample_signal(), state)));
  state.add(fill(7, FillState::voided));
  CHECK(rejects(ask("void_rate", sample_signal(), state)));
  SECTION("good trades do not mend it") {
    trade(state, 100, 60);
    CHECK(rejects(ask("void_rate", sample_signal(), state)));
  }
  SECTION("an old resumption, told again at a start, is none") {
    state.add(TradingControl{.state = TradingState::active, .by = "cli", .at = noon - 1h});
    CHECK(rejects(ask("void_rate", sample_signal(), state)));
  }
  SECTION("a person's word mends it, and the count begins anew") {
    state.advance(noon + 1s);
    state.add(TradingControl{.state = TradingState::active, .by = "cli", .at = noon + 1s});
    CHECK(passes(ask("void_rate", sample_signal(), state)));
    state.add(fill(200, FillState::voided));
    CHECK(passes(ask("void_rate", sample_signal(), state)));
  }
}

TEST_CASE("Voided trades count for their venue and for the latest trades only") {
  auto state = ready_state();
  state.add(fill(1, FillState::voided));
  state.add(fill(2, FillState::voided, kalshi_market));
  CHECK(passes(ask("void_rate", sample_signal(), state)));
  CHECK(state.venue(Venue::kalshi).voids.voided() == 1);
  trade(state, 10, 50);
  CHECK(state.venue(Venue::polymarket).voids.voided() == 0);
  state.add(fill(60, FillState::voided));
  CHECK(passes(ask("void_rate", sample_signal(), state)));
}

TEST_CASE("An order that nobody knows the end of holds its game") {
  auto state = ready_state();
  state.add(report(OrderStatus::unknown)); // of a pair of before a restart
  CHECK(rejects(ask("unknown_leg", sample_signal(), state)));
  auto elsewhere = sample_signal();
  elsewhere.game = GameId{78};
  CHECK(passes(ask("unknown_leg", elsewhere, state)));
  state.add(report(OrderStatus::filled, "a2"));
  CHECK(rejects(ask("unknown_leg", sample_signal(), state)));
  state.add(report(GENERATE(OrderStatus::accepted, OrderStatus::filled, OrderStatus::unfilled)));
  CHECK(passes(ask("unknown_leg", sample_signal(), state)));
}

TEST_CASE("What was lost in a day stops new pairs until the next day") {
  const auto loss = RiskConfig{}.max_daily_loss;
  auto state = ready_state();
  state.add(lost(1, loss - Money{1}));
  CHECK(passes(ask("daily_loss", sample_signal(), state)));
  state.add(lost(2, Money{1}));
  CHECK(rejects(ask("daily_loss", sample_signal(), state)));
  CHECK(rejects(ask("drawdown", sample_signal(), state)));
  const auto midnight = std::chrono::floor<std::chrono::days>(noon) + std::chrono::days{1};
  state.advance(midnight - 1ms);
  CHECK(rejects(ask("daily_loss", sample_signal(), state)));
  state.advance(midnight);
  CHECK(passes(ask("daily_loss", sample_signal(), state)));
  CHECK(passes(ask("drawdown", sample_signal(), state)));
}

TEST_CASE("A person may go on after a loss, and then it is counted from there") {
  const auto loss = RiskConfig{}.max_daily_loss;
  auto state = ready_state();
  state.add(lost(1, loss));
  SECTION("an old resumption, told again at a start, is none") {
    state.add(TradingControl{.state = TradingState::active, .by = "cli", .at = noon - 1s});
    CHECK(rejects(ask("daily_loss", sample_signal(), state)));
  }
  SECTION("a new one is, whichever is heard first") {
    state.add(TradingControl{.state = TradingState::active, .by = "cli", .at = noon + 1s});
    state.add(lost(2, loss, noon)); // told late
    CHECK(passes(ask("daily_loss", sample_signal(), state)));
    CHECK(state.day().realised() == -(loss + loss));
    state.add(lost(3, loss, noon + 2s));
    CHECK(rejects(ask("daily_loss", sample_signal(), state)));
  }
}

TEST_CASE("A fall from the day's best stops new pairs although the day is a good one") {
  auto state = ready_state();
  state.add(lost(1, -dollars(700)));
  CHECK(passes(ask("drawdown", sample_signal(), state)));
  state.add(lost(2, RiskConfig{}.max_drawdown - Money{1}));
  CHECK(passes(ask("drawdown", sample_signal(), state)));
  state.add(lost(3, Money{1}));
  CHECK(state.day().realised() == dollars(200));
  CHECK(rejects(ask("drawdown", sample_signal(), state)));
  CHECK(passes(ask("daily_loss", sample_signal(), state)));
}

TEST_CASE("Only so many pairs are in flight in all, and begun in a minute and in an hour") {
  auto state = ready_state();
  RiskConfig config;
  config.max_in_flight = 2;
  config.max_pairs_per_minute = 3;
  config.max_pairs_per_hour = 4;
  const auto pass = [&](std::uint64_t pair) {
    state.approve(request(pair));
    state.add(PairClosed{.pair = PairId{pair}, .game = game, .closed_at = state.now()});
  };
  pass(1);
  pass(2);
  CHECK(passes(ask("pair_rate", sample_signal(), state, config)));
  pass(3);
  CHECK(rejects(ask("pair_rate", sample_signal(), state, config)));
  state.advance(noon + 1min);
  CHECK(passes(ask("pair_rate", sample_signal(), state, config)));
  pass(4);
  CHECK(rejects(ask("pair_rate", sample_signal(), state, config)));
  state.advance(noon + 1h);
  CHECK(passes(ask("pair_rate", sample_signal(), state, config)));
  state.approve(request(5));
  CHECK(passes(ask("pairs_in_flight", sample_signal(), state, config)));
  state.approve(request(6));
  CHECK(rejects(ask("pairs_in_flight", sample_signal(), state, config)));
}

TEST_CASE("A route rests after each end of its pair, also after a refused and a revised one") {
  auto state = ready_state();
  const auto rest = RiskConfig{}.repeat_after;
  const auto closed = [&](Timestamp at, std::uint32_t revision) {
    return PairClosed{
      .pair = PairId{1}, .game = game, .closed_at = at, .reason = "refused", .revision = revision};
  };
  state.approve(request(1));
  state.add(closed(noon, 0)); // nothing was sent
  CHECK(rejects(ask("duplicate", sample_signal(), state)));
  state.advance(noon + rest);
  CHECK(passes(ask("duplicate", sample_signal(), state)));
  state.add(closed(noon + 1min, 1));
  CHECK(rejects(ask("duplicate", sample_signal(), state)));
  state.advance(noon + 1min + rest);
  CHECK(passes(ask("duplicate", sample_signal(), state)));
}

TEST_CASE("A signal is approved once") {
  auto state = ready_state();
  const auto signal = sample_signal();
  state.approve({.pair = pair_id(signal.id), .signal = signal, .quantity = contracts(10)});
  state.add(PairClosed{.pair = pair_id(signal.id), .game = game, .closed_at = noon});
  state.advance(noon + 1min);
  CHECK(rejects(ask("duplicate", signal, state)));
}
