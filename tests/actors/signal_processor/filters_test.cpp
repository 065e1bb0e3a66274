#include "actors/signal_processor/filters.hpp"

#include <rapidcheck.h>

#include <catch2/catch.hpp>

#include "actors/market/fees.hpp"
#include "actors/market/grid.hpp"
#include "tests/actors/signal_processor/ask.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

/// Cost of the sample signal's two legs at their limits, fees at their bound.
Money worst(Quantity quantity) {
  const auto signal = sample_signal();
  return worst_cost(signal.legs[0], kalshi_spec(), quantity)
         + worst_cost(signal.legs[1], poly_spec(), quantity);
}

ExecutionRequest request(const Signal& signal, Quantity quantity, std::uint64_t pair = 1) {
  return {.pair = PairId{pair}, .signal = signal, .quantity = quantity};
}

Signal other_route(Signal signal) {
  signal.legs[0].market = kalshi_rival;
  signal.legs[0].side = Side::no;
  return signal;
}

} // namespace

TEST_CASE("The filters stand in one order, each with a name of its own") {
  std::vector<std::string_view> names;
  for (const auto& filter : filters()) {
    names.push_back(filter.name);
  }
  CHECK(names
        == std::vector<std::string_view>{"trading_state",
                                         "expiry",
                                         "signal_type",
                                         "lease_epoch",
                                         "hedged",
                                         "settlement",
                                         "venue_state",
                                         "feed_up",
                                         "reconciled",
                                         "void_rate",
                                         "freshness",
                                         "sanity",
                                         "side_prices",
                                         "min_edge",
                                         "lock_up",
                                         "price_band",
                                         "daily_loss",
                                         "drawdown",
                                         "duplicate",
                                         "unknown_leg",
                                         "in_flight",
                                         "pairs_in_flight",
                                         "pair_rate",
                                         "depth",
                                         "kelly",
                                         "pair_size",
                                         "contract_exposure",
                                         "game_exposure",
                                         "league_exposure",
                                         "shard_exposure",
                                         "venue_exposure",
                                         "total_exposure",
                                         "tail_loss",
                                         "balance",
                                         "grid",
                                         "worst_case"});
}

TEST_CASE("A good signal becomes a request of its whole quantity") {
  const auto state = ready_state();
  const auto signal = sample_signal();
  const auto decision = judge(signal, state, {});
  const auto* const request = std::get_if<ExecutionRequest>(&decision);
  REQUIRE(request != nullptr);
  CHECK(request->quantity == contracts(100));
  CHECK(request->limits == std::array{cents(44), cents(50)});
  CHECK(request->pair == pair_id(signal.id));
  CHECK(request->approved_at == noon);
  CHECK(request->signal.id == signal.id);
}

TEST_CASE("A rejection names the filter and its numbers and keeps the whole signal") {
  auto signal = sample_signal();
  signal.assignment_epoch = 1;
  auto state = ready_state();
  state.hear_epoch(sample_signal());
  const auto decision = judge(signal, state, {});
  const auto* const rejected = std::get_if<SignalRejected>(&decision);
  REQUIRE(rejected != nullptr);
  CHECK(rejected->filter == "lease_epoch");
  CHECK(rejected->measured == "epoch 1");
  CHECK(rejected->limit == "epoch 3");
  CHECK(rejected->at == noon);
  CHECK(rejected->signal.quantity == contracts(100));
}

TEST_CASE("The first filter that objects is the one that is named") {
  auto signal = sample_signal();
  signal.assignment_epoch = 0;
  signal.legs[0].limit = cents(99);
  auto state = ready_state();
  state.hear_epoch(sample_signal());
  state.advance(noon + 1s);
  CHECK(std::get<SignalRejected>(judge(signal, state, {})).filter == "expiry");
}

TEST_CASE("A signal is good until it expires") {
  auto state = ready_state();
  state.advance(noon + 499ms);
  CHECK(passes(ask("expiry", sample_signal(), state)));
  state.advance(noon + 500ms);
  CHECK(rejects(ask("expiry", sample_signal(), state)));
}

TEST_CASE("An older epoch of a game's lease is not listened to") {
  auto state = ready_state();
  auto newer = sample_signal();
  CHECK(passes(ask("lease_epoch", newer, state)));
  newer.assignment_epoch = 4;
  state.hear_epoch(newer);
  CHECK(rejects(ask("lease_epoch", sample_signal(), state)));
  CHECK(passes(ask("lease_epoch", newer, state)));
}

TEST_CASE("Only legs of which one must pay are a hedge") {
  const auto state = ready_state();
  CHECK(passes(ask("hedged", sample_signal(), state)));
  CHECK(passes(ask("hedged", other_route(sample_signal()), state)));
  auto signal = sample_signal();
  SECTION("both legs on the same outcome") {
    signal.legs[1].side = Side::yes;
  }
  SECTION("the rival's market taken for the team's own") {
    signal.legs[0].market = kalshi_rival;
  }
  SECTION("a market that nobody matched") {
    signal.legs[0].market = MarketId{99};
  }
  SECTION("a contract that nobody matched") {
    signal.contract = ContractId{6};
  }
  SECTION("a game that nobody matched") {
    signal.game = GameId{6};
  }
  SECTION("two legs on one venue") {
    signal.legs[1] = signal.legs[0];
    signal.legs[1].side = Side::no;
  }
  SECTION("a venue that is not the market's") {
    signal.legs[0].venue = Venue::polymarket;
  }
  CHECK(rejects(ask("hedged", signal, state)));
}

TEST_CASE("A match that is shown only, and markets that cannot be traded, stop a signal") {
  auto match = matched_game();
  SECTION("shown only") {
    match.tradable = false;
  }
  SECTION("no orders") {
    match.markets[0].accepts_orders = false;
  }
  SECTION("no fees") {
    match.markets[2].fees.reset();
  }
  SECTION("fees that nobody can compute") {
    match.markets[2].fees->exponent = 9;
  }
  CHECK(rejects(ask("hedged", sample_signal(), ready_state({}, match))));
}

TEST_CASE("A contract may carry only the settlement flags that are allowed") {
  auto match = matched_game();
  match.contracts[0].settlement_flags = static_cast<std::uint8_t>(SettlementFlag::tie_possible);
  const auto state = ready_state({}, match);
  const auto all = RiskConfig{}.allowed_settlement_flags;
  const auto without = [&](SettlementFlag flag) {
    RiskConfig config;
    config.allowed_settlement_flags = static_cast<std::uint8_t>(all & ~static_cast<int>(flag));
    return config;
  };
  CHECK(passes(ask("settlement", sample_signal(), state)));
  // Of the rule texts.
  CHECK(rejects(ask("settlement", sample_signal(), state, without(SettlementFlag::tie_possible))));
  // Of the profiles: Kalshi stops waiting for a make-up game, and pays a fair price without one.
  CHECK(rejects(
    ask("settlement", sample_signal(), state, without(SettlementFlag::postpone_asymmetry))));
  CHECK(rejects(ask("settlement", sample_signal(), state, without(SettlementFlag::void_price))));
  CHECK(
    passes(ask("settlement", sample_signal(), state, without(SettlementFlag::regulation_only))));
}

TEST_CASE("Without the rules of both venues nothing is traded") {
  RiskState bare{{}};
  bare.add(matched_game());
  CHECK(rejects(ask("settlement", sample_signal(), bare)));
  auto match = matched_game();
  match.game.league = League::ligamx;
  CHECK(rejects(ask("settlement", sample_signal(), ready_state({}, match))));
}

TEST_CASE("A venue whose feed is down or was never heard of opens no pair") {
  RiskState state{{}};
  state.add(matched_game());
  CHECK(rejects(ask("feed_up", sample_signal(), state)));
  state.add(FeedStatus{.venue = Venue::kalshi, .connected = true});
  CHECK(rejects(ask("feed_up", sample_signal(), state)));
  state.add(FeedStatus{.venue = Venue::polymarket, .connected = true});
  CHECK(passes(ask("feed_up", sample_signal(), state)));
  state.add(FeedStatus{.venue = Venue::kalshi, .connected = false});
  CHECK(rejects(ask("feed_up", sample_signal(), state)));
}

TEST_CASE("Each leg's book is fresh up to the limit of the game's state") {
  const auto in_play = GENERATE(true, false);
  const auto leg = GENERATE(0U, 1U);
  const RiskConfig config;
  const auto state = ready_state();
  auto signal = sample_signal();
  signal.in_play = in_play;
  SECTION("since it was read") {
    const auto limit = config.arbitrage.ages(in_play).book;
    signal.legs[leg].exchange_time = {};
    signal.legs[leg].received_at = noon - limit;
    CHECK(passes(ask("freshness", signal, state)));
    signal.legs[leg].received_at = noon - limit - 1ms;
    CHECK(rejects(ask("freshness", signal, state)));
  }
  SECTION("since the venue's stamp") {
    const auto limit = config.arbitrage.ages(in_play).exchange;
    signal.legs[leg].exchange_time = noon - limit;
    CHECK(passes(ask("freshness", signal, state)));
    signal.legs[leg].exchange_time = noon - limit - 1ms;
    CHECK(rejects(ask("freshness", signal, state)));
  }
  SECTION("and not from the future") {
    signal.legs[leg].exchange_time = noon + config.arbitrage.max_clock_skew;
    CHECK(passes(ask("freshness", signal, state)));
    signal.legs[leg].exchange_time = noon + config.arbitrage.max_clock_skew + 1ms;
    CHECK(rejects(ask("freshness", signal, state)));
  }
}

TEST_CASE("Numbers that contradict each other or are too good are a data error") {
  const auto state = ready_state();
  auto signal = sample_signal();
  CHECK(passes(ask("sanity", signal, state)));
  signal.edge_per_contract = RiskConfig{}.arbitrage.max_edge;
  CHECK(passes(ask("sanity", signal, state)));
  SECTION("an edge above ten cents") {
    signal.edge_per_contract = RiskConfig{}.arbitrage.max_edge + Money{1};
  }
  SECTION("an edge that is not payout less costs") {
    signal.edge += Money{1};
  }
  SECTION("no quantity") {
    signal.quantity = Quantity{0};
  }
  SECTION("a price of a dollar") {
    signal.legs[0].limit = price_one;
  }
  SECTION("a negative cost") {
    signal.legs[0].cost = Money{-1};
  }
  SECTION("more contracts than there are") {
    signal.legs[1].quantity = Quantity{std::numeric_limits<std::int64_t>::max()};
  }
  SECTION("more money than there is") {
    signal.legs[1].fee = Money{std::numeric_limits<std::int64_t>::max()};
  }
  CHECK(rejects(ask("sanity", signal, state)));
}

TEST_CASE("Arbitrage must earn its minimum in cents, a directional signal in points") {
  const auto state = ready_state();
  auto signal = sample_signal();
  RiskConfig config;
  signal.edge_per_contract = config.arbitrage.min_edge;
  CHECK(passes(ask("min_edge", signal, state)));
  signal.edge_per_contract = config.arbitrage.min_edge - Money{1};
  CHECK(rejects(ask("min_edge", signal, state)));
  SECTION("and more in play if a venue lets the order wait") {
    auto match = matched_game();
    match.markets.back().taker_delay = 1s;
    const auto slow = ready_state({}, match);
    signal.edge_per_contract = config.arbitrage.min_edge + config.arbitrage.delay_premium;
    CHECK(passes(ask("min_edge", signal, slow)));
    signal.edge_per_contract -= Money{1};
    CHECK(rejects(ask("min_edge", signal, slow)));
    signal.in_play = false;
    CHECK(passes(ask("min_edge", signal, slow)));
    return;
  }
  signal.type = SignalType::directional;
  CHECK(rejects(ask("signal_type", signal, state)));
  config.allow_directional = true;
  CHECK(passes(ask("signal_type", signal, state, config)));
  signal.edge_per_contract = Money{50'000}; // 5.0 points
  CHECK(passes(ask("min_edge", signal, state, config)));
  signal.edge_per_contract = Money{49'999};
  CHECK(rejects(ask("min_edge", signal, state, config)));
}

TEST_CASE("Legs are bought inside the price band only") {
  struct Row {
    std::int32_t limit;
    bool pass;
  };
  const auto row = GENERATE(values<Row>({{199, false}, {200, true}, {9800, true}, {9801, false}}));
  const auto leg = GENERATE(0U, 1U);
  CAPTURE(row.limit, leg);
  auto signal = sample_signal();
  signal.legs[leg].limit = Price{row.limit};
  const auto verdict = ask("price_band", signal, ready_state());
  CHECK(passes(verdict) == row.pass);
  CHECK(rejects(verdict) == !row.pass);
}

TEST_CASE("A route is not bought again while it is in flight or just done") {
  auto state = ready_state();
  const auto signal = sample_signal();
  CHECK(passes(ask("duplicate", signal, state)));
  state.approve(request(signal, contracts(10)));
  CHECK(rejects(ask("duplicate", signal, state)));
  CHECK(passes(ask("duplicate", other_route(signal), state)));
  state.add(PairClosed{.pair = PairId{1}, .game = GameId{77}, .closed_at = noon + 1s});
  CHECK(rejects(ask("duplicate", signal, state)));
  state.advance(noon + 1s + RiskConfig{}.repeat_after - 1ms);
  CHECK(rejects(ask("duplicate", signal, state)));
  state.advance(noon + 1s + RiskConfig{}.repeat_after);
  CHECK(passes(ask("duplicate", signal, state)));
}

TEST_CASE("Only so many pairs of one game are in flight at once") {
  auto state = ready_state();
  const auto signal = sample_signal();
  state.approve(request(signal, contracts(1), 1));
  CHECK(passes(ask("in_flight", signal, state)));
  state.approve(request(signal, contracts(1), 2));
  CHECK(rejects(ask("in_flight", signal, state)));
  auto other = signal;
  other.game = GameId{78};
  CHECK(passes(ask("in_flight", other, state)));
}

TEST_CASE("No more is bought than the thinner ladder showed") {
  const auto state = ready_state();
  auto signal = sample_signal();
  CHECK(passes(ask("depth", signal, state)));
  signal.legs[1].quantity = contracts(60);
  CHECK(cut(ask("depth", signal, state)) == contracts(60));
  RiskConfig config;
  config.max_depth_percent = 50;
  CHECK(cut(ask("depth", signal, state, config)) == contracts(30));
  config.max_depth_percent = 0;
  CHECK(rejects(ask("depth", signal, state, config)));
}

TEST_CASE("A pair costs at most its limit, to the last millionth of a contract") {
  const auto state = ready_state();
  const auto signal = sample_signal();
  RiskConfig config;
  config.max_pair = worst(contracts(100));
  CHECK(passes(ask("pair_size", signal, state, config)));
  config.max_pair = config.max_pair - Money{1};
  const auto quantity = cut(ask("pair_size", signal, state, config));
  REQUIRE(quantity);
  CHECK(worst(*quantity) <= config.max_pair);
  CHECK(worst(*quantity + Quantity{1}) > config.max_pair);
  config.max_pair = Money{0};
  CHECK(rejects(ask("pair_size", signal, state, config)));
}

TEST_CASE("What is in flight and held leaves that much less room") {
  const auto name = GENERATE("game_exposure", "total_exposure");
  CAPTURE(name);
  auto state = ready_state();
  const auto signal = sample_signal();
  const auto one = worst(contracts(100));
  RiskConfig config;
  config.max_game_exposure = one + one;
  config.max_total_exposure = one + one;
  CHECK(passes(ask(name, signal, state, config)));
  state.approve(request(signal, contracts(100), 1));
  CHECK(passes(ask(name, signal, state, config)));
  state.approve(request(signal, contracts(50), 2));
  const auto quantity = cut(ask(name, signal, state, config));
  REQUIRE(quantity);
  CHECK(*quantity >= contracts(49));
  CHECK(*quantity <= contracts(50));
  state.approve(request(signal, contracts(50), 3));
  CHECK(rejects(ask(name, signal, state, config)));
}

TEST_CASE("Another game's exposure counts in the total only") {
  auto state = ready_state();
  auto other = sample_signal();
  other.game = GameId{78};
  state.approve(request(other, contracts(100)));
  RiskConfig config;
  config.max_game_exposure = worst(contracts(100));
  config.max_total_exposure = worst(contracts(100));
  CHECK(passes(ask("game_exposure", sample_signal(), state, config)));
  CHECK_FALSE(passes(ask("total_exposure", sample_signal(), state, config)));
}

TEST_CASE("Each venue's free balance bounds its own leg") {
  auto state = ready_state();
  const auto signal = sample_signal();
  const auto kalshi_cost = worst_cost(signal.legs[0], kalshi_spec(), contracts(100));
  state.add(BalanceUpdate{.venue = Venue::kalshi, .available = kalshi_cost});
  CHECK(passes(ask("balance", signal, state)));
  state.add(BalanceUpdate{.venue = Venue::kalshi, .available = kalshi_cost - Money{1}});
  const auto quantity = cut(ask("balance", signal, state));
  REQUIRE(quantity);
  CHECK(worst_cost(signal.legs[0], kalshi_spec(), *quantity) <= kalshi_cost - Money{1});
  CHECK(*quantity > contracts(99));
  state.add(BalanceUpdate{.venue = Venue::kalshi, .available = Money{0}});
  CHECK(rejects(ask("balance", signal, state)));
}

TEST_CASE("Of a sharded venue only the money on the market's own shard counts") {
  auto match = matched_game();
  match.markets.front().exchange_index = 3;
  auto state = ready_state({}, match);
  BalanceUpdate balance{.venue = Venue::kalshi,
                        .available = dollars(5'000),
                        .shards = {{.exchange_index = 0, .available = dollars(5'000)}}};
  state.add(balance);
  CHECK(rejects(ask("balance", sample_signal(), state)));
  balance.shards.push_back({.exchange_index = 3, .available = dollars(1'000)});
  state.add(balance);
  CHECK(passes(ask("balance", sample_signal(), state)));
}

TEST_CASE("Without paper money nothing is spent until the venue has told its balance") {
  RiskConfig config;
  config.paper_balance = {};
  auto state = ready_state(config);
  CHECK(rejects(ask("balance", sample_signal(), state, config)));
  state.add(BalanceUpdate{.venue = Venue::kalshi, .available = dollars(1000)});
  CHECK(rejects(ask("balance", sample_signal(), state, config)));
  state.add(BalanceUpdate{.venue = Venue::polymarket, .available = dollars(1000)});
  CHECK(passes(ask("balance", sample_signal(), state, config)));
}

TEST_CASE("A quantity is cut to what both venues accept, or refused") {
  const auto state = ready_state();
  // At 50 c Polymarket takes any two hundredths of a share, and five shares at least.
  CHECK(passes(ask("grid", sample_signal(contracts(5)), state)));
  CHECK(cut(ask("grid", sample_signal(Quantity{7'019'999}), state)) == Quantity{7'000'000});
  CHECK(rejects(ask("grid", sample_signal(Quantity{4'990'000}), state)));
  auto off_grid = sample_signal();
  off_grid.legs[0].limit = Price{4405};
  CHECK(rejects(ask("grid", off_grid, state)));
}

TEST_CASE("A pair that would lose at its limits is not bought") {
  const auto state = ready_state();
  auto signal = sample_signal();
  // 47 c and 50 c: 1.7437 c and 1.25 c of fees leave less than a hundredth of a cent, which the
  // fees' own rounding eats on a few contracts only.
  signal.legs[0].limit = cents(47);
  CHECK(passes(ask("worst_case", signal, state)));
  signal.quantity = contracts(1);
  CHECK(rejects(ask("worst_case", signal, state)));
  signal.quantity = contracts(100);
  signal.legs[0].limit = cents(48);
  CHECK(rejects(ask("worst_case", signal, state)));
}

TEST_CASE("Whatever passes is within every limit and on both grids") {
  CHECK(rc::check([] {
    RiskConfig config;
    config.max_pair = Money{*rc::gen::inRange<std::int64_t>(0, 600'000'000)};
    config.max_game_exposure = Money{*rc::gen::inRange<std::int64_t>(0, 1'000'000'000)};
    config.max_total_exposure = Money{*rc::gen::inRange<std::int64_t>(0, 1'000'000'000)};
    auto state = ready_state(config);
    state.add(BalanceUpdate{.venue = Venue::kalshi,
                            .available = Money{*rc::gen::inRange<std::int64_t>(0, 500'000'000)}});
    const auto held = Quantity{*rc::gen::inRange<std::int64_t>(1, 300'000'000)};
    state.approve(request(other_route(sample_signal()), held));
    const auto signal =
      sample_signal(Quantity{*rc::gen::inRange<std::int64_t>(10'000'000, 900'000'000)});
    const auto decision = judge(signal, state, config);
    if (const auto* const passed = std::get_if<ExecutionRequest>(&decision)) {
      const auto cost = worst(passed->quantity);
      RC_ASSERT(passed->quantity <= signal.quantity);
      RC_ASSERT(accepts_buy(kalshi_spec(), cents(44), passed->quantity));
      RC_ASSERT(accepts_buy(poly_spec(), cents(50), passed->quantity));
      RC_ASSERT(cost <= config.max_pair);
      RC_ASSERT(cost + state.exposure(GameId{77}) <= config.max_game_exposure);
      RC_ASSERT(cost + state.exposure() <= config.max_total_exposure);
      RC_ASSERT(worst_cost(signal.legs[0], kalshi_spec(), passed->quantity)
                <= *state.free_balance(*state.market(signal.legs[0].market)));
    } else {
      const auto& filter = std::get<SignalRejected>(decision).filter;
      RC_ASSERT(filter == "pair_size" || filter == "game_exposure" || filter == "total_exposure"
                || filter == "balance" || filter == "grid" || filter == "worst_case"
                || filter == "sanity" || filter == "min_edge" || filter == "lock_up"
                || filter == "contract_exposure" || filter == "tail_loss");
    }
  }));
}

namespace {

/// NO rests at 50 c without a fee, YES is to be taken at 47 c: 1.25 c after the hedge's fee.
Signal resting_signal() {
  auto signal = sample_signal();
  signal.legs[0].limit = cents(47);
  signal.legs[0].cost = notional(cents(47), signal.quantity, Rounding::up);
  signal.legs[0].fee = taker_fee_bound(*kalshi_spec().fees, cents(47), signal.quantity);
  signal.legs[1].post_only = true;
  signal.legs[1].fee = Money{};
  signal.edge =
    payout(signal.quantity) - signal.legs[0].cost - signal.legs[0].fee - signal.legs[1].cost;
  signal.edge_per_contract = Money{divide(Int128{signal.edge.value()} * quantity_per_contract,
                                          signal.quantity.value(), Rounding::down)};
  return signal;
}

} // namespace

TEST_CASE("An order that rests passes every filter without the takers' fee and delay") {
  auto match = matched_game();
  match.markets[2].taker_delay = 1s;
  const auto config = with_rules();
  const auto state = ready_state(config, match);
  const auto decision = judge(resting_signal(), state, config);
  REQUIRE(std::holds_alternative<ExecutionRequest>(decision));
  auto taking = resting_signal();
  taking.legs[1].post_only = false;
  REQUIRE(std::holds_alternative<SignalRejected>(judge(taking, state, config)));
  CHECK(std::get<SignalRejected>(judge(taking, state, config)).filter == "min_edge");
}

TEST_CASE("An order that rests must earn its premium, and counts in full while it is in flight") {
  auto config = with_rules();
  config.arbitrage.rest_premium = Money{7'600};
  auto state = ready_state(config);
  CHECK(rejects(ask("min_edge", resting_signal(), state, config)));
  config.arbitrage.rest_premium = Money{5'000};
  const auto decision = judge(resting_signal(), state, config);
  const auto* const request = std::get_if<ExecutionRequest>(&decision);
  REQUIRE(request);
  state.approve(*request);
  const auto both = worst_cost(request->signal.legs[0], kalshi_spec(), request->quantity)
                    + worst_cost(request->signal.legs[1], poly_spec(), request->quantity);
  CHECK(state.exposure() == both);
  CHECK(worst_cost(request->signal.legs[1], poly_spec(), contracts(100)) == dollars(50));
}
