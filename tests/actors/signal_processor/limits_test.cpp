#include <catch2/catch.hpp>

#include "tests/actors/signal_processor/ask.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

ExecutionRequest request(const Signal& signal, Quantity quantity, std::uint64_t pair = 1) {
  return {.pair = PairId{pair}, .signal = signal, .quantity = quantity};
}

Money worst(Quantity quantity) {
  const auto signal = sample_signal();
  return worst_cost(signal.legs[0], kalshi_spec(), quantity)
         + worst_cost(signal.legs[1], poly_spec(), quantity);
}

Signal directional(Price limit, Money edge) {
  auto signal = sample_signal();
  signal.type = SignalType::directional;
  signal.legs[0].limit = limit;
  signal.edge_per_contract = edge;
  return signal;
}

} // namespace

TEST_CASE("Contract and league have limits like the game") {
  struct Row {
    std::string_view filter;
    Money RiskConfig::*limit;
  };
  const auto row = GENERATE(values<Row>({{"contract_exposure", &RiskConfig::max_contract_exposure},
                                         {"league_exposure", &RiskConfig::max_league_exposure},
                                         {"total_exposure", &RiskConfig::max_total_exposure}}));
  CAPTURE(row.filter);
  auto state = ready_state();
  const auto signal = sample_signal();
  RiskConfig config;
  config.*row.limit = worst(contracts(100)) + worst(contracts(100));
  state.approve(request(signal, contracts(100)));
  CHECK(passes(ask(row.filter, signal, state, config)));
  config.*row.limit -= Money{1};
  const auto quantity = cut(ask(row.filter, signal, state, config));
  REQUIRE(quantity);
  CHECK(worst(*quantity) + state.exposure() <= config.*row.limit);
  CHECK(worst(*quantity + Quantity{1}) + state.exposure() > config.*row.limit);
  config.*row.limit = state.exposure();
  CHECK(rejects(ask(row.filter, signal, state, config)));
}

TEST_CASE("Each venue and each shard has a limit for its own legs") {
  struct Row {
    std::string_view filter;
    Money RiskConfig::*limit;
  };
  const auto row = GENERATE(values<Row>({{"shard_exposure", &RiskConfig::max_shard_exposure},
                                         {"venue_exposure", &RiskConfig::max_venue_exposure}}));
  CAPTURE(row.filter);
  const auto signal = sample_signal();
  auto state = ready_state();
  state.approve(request(signal, contracts(100)));
  // The Polymarket leg at 50 c is the dearer one.
  const auto leg = worst_cost(signal.legs[1], poly_spec(), contracts(100));
  RiskConfig config;
  config.*row.limit = leg + leg;
  CHECK(passes(ask(row.filter, signal, state, config)));
  config.*row.limit -= Money{1};
  const auto quantity = cut(ask(row.filter, signal, state, config));
  REQUIRE(quantity);
  CHECK(worst_cost(signal.legs[1], poly_spec(), *quantity) <= leg - Money{1});
  CHECK(*quantity > contracts(99));
  config.*row.limit = leg;
  CHECK(rejects(ask(row.filter, signal, state, config)));
}

TEST_CASE("What is at risk on another shard leaves this one's room alone") {
  auto state = ready_state();
  state.approve(request(sample_signal(), contracts(100)));
  auto match = matched_game();
  match.markets.front().exchange_index = 3; // the venue moved the market
  state.add(match);
  RiskConfig config;
  config.max_shard_exposure = worst_cost(sample_signal().legs[0], kalshi_spec(), contracts(100));
  auto signal = sample_signal();
  signal.legs[1].limit = cents(1); // the other leg fits anyway
  config.max_shard_exposure += dollars(60);
  CHECK(state.pairs().exposure(Venue::kalshi, 0) > Money{0});
  CHECK(state.pairs().exposure(Venue::kalshi, 3) == Money{0});
  CHECK(passes(ask("shard_exposure", signal, state, config)));
  config.max_venue_exposure = config.max_shard_exposure - dollars(20);
  CHECK_FALSE(passes(ask("venue_exposure", signal, state, config)));
}

TEST_CASE("All pairs of a game may lose only so much in one branch of the rules") {
  auto state = ready_state();
  const auto signal = sample_signal();
  RiskConfig config;
  // Postponed, abandoned, voided: both legs may be worth nothing.
  config.max_game_tail_loss = worst(contracts(100));
  CHECK(passes(ask("tail_loss", signal, state, config)));
  state.approve(request(signal, contracts(40)));
  CHECK(state.pairs().tail_loss(GameId{77}, Branch::postponed) == worst(contracts(40)));
  // Cancelled: Polymarket pays half a dollar.
  CHECK(state.pairs().tail_loss(GameId{77}, Branch::cancelled)
        == worst(contracts(40)) - dollars(20));
  CHECK(state.pairs().tail_loss(GameId{77}, Branch::win) == Money{0});
  const auto quantity = cut(ask("tail_loss", signal, state, config));
  REQUIRE(quantity);
  CHECK(*quantity <= contracts(60));
  CHECK(*quantity > contracts(59));
  config.max_game_tail_loss = worst(contracts(40));
  CHECK(rejects(ask("tail_loss", signal, state, config)));
  // Another game is another risk.
  auto other = matched_game();
  other.game.id = GameId{78};
  other.contracts[0].game = GameId{78};
  state.add(other);
  auto elsewhere = signal;
  elsewhere.game = GameId{78};
  config.max_game_tail_loss = worst(contracts(100));
  CHECK(passes(ask("tail_loss", elsewhere, state, config)));
}

TEST_CASE("Before the game an edge above five cents is a data error until proven") {
  const auto state = ready_state();
  auto signal = sample_signal(); // 6 cents before fees
  CHECK(passes(ask("sanity", signal, state)));
  signal.in_play = false;
  CHECK(rejects(ask("sanity", signal, state)));
  RiskConfig proven;
  proven.arbitrage.max_pregame_gross = Money{60'000};
  CHECK(passes(ask("sanity", signal, state, proven)));
}

TEST_CASE("Legs that do not cost about a dollar together are not opposite sides") {
  struct Row {
    std::int32_t kalshi;
    std::int32_t polymarket;
    bool pass;
  };
  // A favourite at 70 c taken for the underdog: both legs are the same side.
  const auto row = GENERATE(values<Row>(
    {{35, 50, true}, {34, 50, false}, {65, 50, true}, {66, 50, false}, {30, 32, false}}));
  CAPTURE(row.kalshi, row.polymarket);
  auto signal = sample_signal();
  signal.legs[0].limit = cents(row.kalshi);
  signal.legs[1].limit = cents(row.polymarket);
  const auto verdict = ask("side_prices", signal, ready_state());
  CHECK(passes(verdict) == row.pass);
  CHECK(rejects(verdict) == !row.pass);
}

TEST_CASE("The edge must pay for the time that money is locked up") {
  const auto state = ready_state(); // the game has begun
  auto signal = sample_signal();
  RiskConfig config;
  config.hurdle_percent = 365;
  // 44 c for 5 h and 50 c for 7 h at 1 % a day: 0.0917 c and 0.1459 c, each rounded up.
  const auto required = config.arbitrage.min_edge + Money{917} + Money{1'459};
  signal.edge_per_contract = required;
  CHECK(passes(ask("lock_up", signal, state, config)));
  signal.edge_per_contract -= Money{1};
  CHECK(rejects(ask("lock_up", signal, state, config)));
  config.hurdle_percent = 0;
  CHECK(passes(ask("lock_up", signal, state, config)));
  SECTION("and for the time until the game begins") {
    auto match = matched_game();
    match.game.start = noon + std::chrono::hours{24};
    config.hurdle_percent = 365;
    signal.edge_per_contract = required + Money{9'400} + Money{2};
    CHECK(passes(ask("lock_up", signal, ready_state({}, match), config)));
    signal.edge_per_contract -= Money{4};
    CHECK(rejects(ask("lock_up", signal, ready_state({}, match), config)));
  }
}

TEST_CASE("A directional stake is a fraction of the one that grows fastest") {
  auto state = ready_state();
  RiskConfig config;
  config.allow_directional = true;
  config.kelly_percent = 25;
  // At 44 c and 1.73 c of fees a win brings 54.27 c: an edge of 5 c is 9.2 % of $10,000, and a
  // quarter of that $230.
  const auto signal = directional(cents(44), Money{50'000});
  CHECK(passes(ask("kelly", signal, state, config)));
  state.add(BalanceUpdate{.venue = Venue::kalshi, .available = dollars(1'000)});
  const auto quantity = cut(ask("kelly", signal, state, config));
  REQUIRE(quantity);
  const auto stake = worst_cost(signal.legs[0], kalshi_spec(), *quantity);
  CHECK(stake > Money{23'000'000});
  CHECK(stake < Money{23'100'000});
  CHECK(rejects(ask("kelly", directional(cents(44), Money{0}), state, config)));
  config.kelly_percent = 0;
  CHECK(rejects(ask("kelly", signal, state, config)));
  CHECK(passes(ask("kelly", sample_signal(), state, config))); // nothing is bet on a hedge
}

TEST_CASE("A directional signal goes through all filters like any other") {
  RiskConfig config = with_rules();
  config.allow_directional = true;
  const auto state = ready_state(config);
  const auto decision = judge(directional(cents(44), Money{60'000}), state, config);
  const auto* const request = std::get_if<ExecutionRequest>(&decision);
  REQUIRE(request != nullptr);
  CHECK(request->quantity == contracts(100));
}
