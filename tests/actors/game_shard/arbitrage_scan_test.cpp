#include "actors/game_shard/arbitrage_scan.hpp"

#include <catch2/catch.hpp>

#include "tests/actors/sample_game.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

// Kalshi YES at 44 c and Polymarket NO at 50 c (YES bid 50 c): 3.03 c after fees.
BookUpdate cheap_kalshi(Timestamp at = noon, std::uint64_t version = 1) {
  return book(kalshi_market, {{cents(42), contracts(50)}}, {{cents(44), contracts(100)}}, at,
              version);
}
BookUpdate poly(Timestamp at = noon, std::uint64_t version = 1) {
  return book(poly_market, {{cents(50), contracts(80)}}, {{cents(52), contracts(80)}}, at, version);
}
BookUpdate fair_kalshi(Timestamp at = noon, std::uint64_t version = 1) {
  return book(kalshi_market, {{cents(50), contracts(50)}}, {{cents(51), contracts(100)}}, at,
              version);
}

ArbitrageScan
live_scan(const GameShardConfig& config = {}, const GameAssignment& game = assignment()) {
  ArbitrageScan scan{config};
  CHECK(scan.assign(game));
  scan.observe(game_update(Phase::live));
  return scan;
}

std::vector<Signal> list(std::span<const Signal> signals) {
  return {signals.begin(), signals.end()};
}

std::int64_t counter(const ArbitrageScan& scan, const std::string& name) {
  const auto values = scan.metrics().values;
  REQUIRE(values.count(name) == 1);
  return values.at(name);
}

} // namespace

TEST_CASE("Two books that together cost less than a dollar make one signal") {
  auto scan = live_scan();
  CHECK(scan.update(poly()).empty());
  CHECK(counter(scan, "route:no_book") == 4);
  const auto signals = list(scan.update(cheap_kalshi(noon + 1ms, 9)));
  REQUIRE(signals.size() == 1);
  const auto& signal = signals[0];
  CHECK(signal.type == SignalType::arbitrage);
  CHECK(signal.game == GameId{77});
  CHECK(signal.contract == ContractId{5});
  CHECK(signal.quantity == contracts(80));
  CHECK(signal.legs[0].market == kalshi_market);
  CHECK(signal.legs[0].venue == Venue::kalshi);
  CHECK(signal.legs[0].side == Side::yes);
  CHECK(signal.legs[0].limit == cents(44));
  CHECK(signal.legs[0].cost == Money{35'200'000});
  CHECK(signal.legs[0].book_version == 9);
  CHECK(signal.legs[1].market == poly_market);
  CHECK(signal.legs[1].side == Side::no);
  CHECK(signal.legs[1].limit == cents(50));
  CHECK(signal.legs[1].received_at == noon);
  CHECK(signal.edge
        == dollars(80) - signal.legs[0].cost - signal.legs[1].cost - signal.legs[0].fee
             - signal.legs[1].fee);
  CHECK(signal.edge_per_contract >= Money{30'000});
  CHECK(signal.triggered_by == noon + 1ms);
  CHECK(signal.expires_at == noon + 1ms + GameShardConfig{}.signal_ttl);
  CHECK(signal.assignment_epoch == 1);
  CHECK(signal.in_play);
}

TEST_CASE("The other direction buys NO on Kalshi and YES on Polymarket") {
  auto scan = live_scan();
  // Kalshi NO at 44 c is a YES bid of 56 c; Polymarket YES at 50 c.
  scan.update(book(kalshi_market, {{cents(56), contracts(10)}}, {{cents(58), contracts(10)}}));
  const auto signals =
    list(scan.update(book(poly_market, {{cents(48), contracts(7)}}, {{cents(50), contracts(7)}})));
  REQUIRE(signals.size() == 1);
  CHECK(signals[0].legs[0].side == Side::no);
  CHECK(signals[0].legs[0].limit == cents(44));
  CHECK(signals[0].legs[1].side == Side::yes);
  CHECK(signals[0].legs[1].limit == cents(50));
  CHECK(signals[0].quantity == contracts(7));
}

TEST_CASE("The rival's market expresses the same contract the other way round") {
  auto scan = live_scan();
  scan.update(poly());
  // NO of "BOS wins" at 44 c: a YES bid of 56 c there.
  const auto signals = list(
    scan.update(book(kalshi_rival, {{cents(56), contracts(10)}}, {{cents(58), contracts(10)}})));
  REQUIRE(signals.size() == 1);
  CHECK(signals[0].legs[0].market == kalshi_rival);
  CHECK(signals[0].legs[0].side == Side::no);
  CHECK(signals[0].legs[1].side == Side::no);
}

TEST_CASE("Of one contract only the best route is signalled in one update") {
  auto scan = live_scan();
  scan.update(cheap_kalshi());
  scan.update(book(kalshi_rival, {{cents(57), contracts(100)}}, {{cents(59), contracts(10)}}));
  const auto signals = list(scan.update(poly()));
  REQUIRE(signals.size() == 1);
  CHECK(signals[0].legs[0].market == kalshi_rival);
  CHECK(counter(scan, "route:outranked") == 1);
  // The other one wants the same bids of Polymarket, which are spoken for until the signal ends.
  CHECK(scan.update(cheap_kalshi(noon + 1ms)).empty());
  CHECK(counter(scan, "route:claimed") == 1);
  CHECK(scan.update(cheap_kalshi(noon + 1s)).size() == 1);
}

TEST_CASE("Contracts that negate each other do not signal the same pair twice") {
  auto game = assignment();
  auto negation = game.match.contracts[0];
  negation.id = ContractId{6};
  for (auto& expression : negation.expressions) {
    expression.pays = opposite(expression.pays);
  }
  game.match.contracts.push_back(negation);
  auto scan = live_scan({}, game);
  scan.update(poly());
  CHECK(scan.update(cheap_kalshi()).size() == 1);
  CHECK(counter(scan, "route:no_book") == 4);
}

TEST_CASE("An open opportunity is signalled again only when it has become materially better") {
  struct Row {
    Price ask;
    Quantity quantity;
    bool again;
  };
  const auto row = GENERATE(values<Row>({
    {cents(44), contracts(40), false},
    {cents(44), contracts(59), false},   // 47 % more
    {cents(44), contracts(60), true},    // 50 % more
    {Price{4390}, contracts(40), false}, // 0.1 c better
    {Price{4360}, contracts(40), true},  // 0.4 c better
    {cents(45), contracts(59), false},
  }));
  CAPTURE(row.ask, row.quantity);
  auto scan = live_scan();
  scan.update(poly());
  scan.update(book(kalshi_market, {}, {{cents(44), contracts(40)}}));
  CHECK(counter(scan, "signals") == 1);
  const auto better = book(kalshi_market, {}, {{row.ask, row.quantity}}, noon + 1ms, 2);
  CHECK(scan.update(better).size() == (row.again ? 1 : 0));
  CHECK(counter(scan, "route:not_rearmed") == (row.again ? 0 : 1));
}

TEST_CASE("An opportunity that was closed in between is a new one") {
  auto scan = live_scan();
  scan.update(poly());
  const auto first = list(scan.update(cheap_kalshi()));
  REQUIRE(first.size() == 1);
  CHECK(scan.update(fair_kalshi(noon + 1ms, 2)).empty());
  const auto second = list(scan.update(cheap_kalshi(noon + 2ms, 3)));
  REQUIRE(second.size() == 1);
  CHECK(first[0].id != second[0].id);
}

TEST_CASE("A renewed lease does not signal again what stands") {
  auto scan = live_scan();
  scan.update(poly());
  CHECK(scan.update(cheap_kalshi()).size() == 1);
  CHECK(scan.assign(assignment(1, noon + 2h)));
  CHECK(scan.update(cheap_kalshi(noon + 1s, 2)).empty());
  CHECK(counter(scan, "route:not_rearmed") == 1);
}

TEST_CASE("The same tape makes the same signal ids") {
  const auto play = [] {
    auto scan = live_scan();
    scan.update(poly());
    return list(scan.update(cheap_kalshi())).at(0).id;
  };
  CHECK(play() == play());
}

TEST_CASE("Signals come only while the game can be played to its end") {
  struct Row {
    Phase phase;
    bool signals;
  };
  const auto row = GENERATE(values<Row>({{Phase::scheduled, true},
                                         {Phase::live, true},
                                         {Phase::pause, true},
                                         {Phase::delayed, false},
                                         {Phase::suspended, false},
                                         {Phase::final, false},
                                         {Phase::void_, false},
                                         {Phase::unknown, false}}));
  CAPTURE(to_string(row.phase));
  ArbitrageScan scan{{}};
  scan.assign(assignment());
  scan.observe(game_update(row.phase));
  scan.update(poly());
  CHECK(scan.update(cheap_kalshi()).size() == (row.signals ? 1 : 0));
  CHECK(counter(scan, "skipped:phase") == (row.signals ? 0 : 2));
}

TEST_CASE("Nothing is signalled without a game, a state, a lease or a tradable match") {
  SECTION("no assignment") {
    ArbitrageScan scan{{}};
    CHECK(scan.update(poly()).empty());
    CHECK(counter(scan, "skipped:not_assigned") == 1);
  }
  SECTION("no state of the game") {
    ArbitrageScan scan{{}};
    scan.assign(assignment());
    scan.update(poly());
    CHECK(scan.update(cheap_kalshi()).empty());
    CHECK(counter(scan, "skipped:no_game_state") == 2);
  }
  SECTION("a match that is only shown") {
    auto game = assignment();
    game.match.tradable = false;
    auto scan = live_scan({}, game);
    scan.update(poly());
    CHECK(scan.update(cheap_kalshi()).empty());
    CHECK(counter(scan, "skipped:not_tradable") == 2);
  }
  SECTION("another game's market") {
    auto scan = live_scan();
    CHECK(scan.update(book(MarketId{99}, {}, {{cents(1), contracts(1)}})).empty());
    CHECK(counter(scan, "skipped:unknown_market") == 1);
  }
  SECTION("a market that takes no orders or whose fees nobody knows") {
    auto game = assignment();
    if (GENERATE(true, false)) {
      game.match.markets[2].accepts_orders = false;
    } else {
      game.match.markets[2].fees.reset();
    }
    auto scan = live_scan({}, game);
    scan.update(poly());
    CHECK(scan.update(cheap_kalshi()).empty());
  }
}

TEST_CASE("A shard is silent from the end of its lease") {
  auto scan = live_scan({}, assignment(3, noon + 1s));
  scan.update(poly());
  SECTION("just before") {
    CHECK(scan.update(cheap_kalshi(noon + 999ms)).size() == 1);
  }
  SECTION("at the end, by the book's own time") {
    CHECK(scan.update(cheap_kalshi(noon + 1s)).empty());
    CHECK(counter(scan, "skipped:lease_over") == 1);
  }
  SECTION("after a tick said so, even for a book that was read before") {
    scan.advance(noon + 1s);
    CHECK(scan.update(cheap_kalshi(noon + 500ms)).empty());
  }
  SECTION("until it is renewed") {
    scan.advance(noon + 2s);
    CHECK_FALSE(scan.assign(assignment(2, noon + 1h)));
    CHECK(counter(scan, "old_epochs") == 1);
    CHECK(scan.update(cheap_kalshi(noon + 3s)).empty());
    CHECK(scan.assign(assignment(4, noon + 1h)));
    const auto signals = list(scan.update(cheap_kalshi(noon + 3s, 2)));
    REQUIRE(signals.size() == 1);
    CHECK(signals[0].assignment_epoch == 4);
  }
}

TEST_CASE("Books are traded on only up to their age, which is shorter in play") {
  struct Row {
    Phase phase;
    Duration age;
    bool signals;
  };
  const auto limits = GameShardConfig{}.arbitrage;
  const auto row = GENERATE_COPY(values<Row>({
    {Phase::live, limits.in_play.book, true},
    {Phase::live, limits.in_play.book + 1ms, false},
    {Phase::scheduled, limits.pregame.book, true},
    {Phase::scheduled, limits.pregame.book + 1ms, false},
  }));
  CAPTURE(to_string(row.phase), row.age.count());
  auto game = assignment();
  game.match.game.start = noon + 30min;
  auto scan = live_scan({}, game);
  scan.observe(game_update(row.phase));
  auto old = poly();
  old.exchange_time = {}; // judged by its arrival alone
  scan.update(old);
  const auto trigger = book(kalshi_market, {}, {{cents(45), contracts(10)}}, noon + row.age);
  CHECK(scan.update(trigger).size() == (row.signals ? 1 : 0));
  CHECK(counter(scan, "route:book_age") == (row.signals ? 0 : 2));
}

TEST_CASE("A venue's own stamp may be neither too old nor from the future") {
  struct Row {
    Duration stamp;
    bool signals;
  };
  const auto limits = GameShardConfig{}.arbitrage;
  const auto row = GENERATE_COPY(values<Row>({
    {-limits.in_play.exchange, true},
    {-limits.in_play.exchange - 1ms, false},
    {limits.max_clock_skew, true},
    {limits.max_clock_skew + 1ms, false},
  }));
  CAPTURE(row.stamp.count());
  auto scan = live_scan();
  auto update = poly();
  update.exchange_time = noon + row.stamp;
  scan.update(update);
  CHECK(scan.update(cheap_kalshi()).size() == (row.signals ? 1 : 0));
  CHECK(counter(scan, "route:exchange_age") == (row.signals ? 0 : 2));
}

TEST_CASE("A score that nobody has read for long stops signals") {
  const auto limit = GameShardConfig{}.arbitrage.in_play.game;
  const auto late = GENERATE(0ms, 1ms);
  ArbitrageScan scan{{}};
  scan.assign(assignment());
  scan.observe(game_update(Phase::live, noon - limit - late));
  scan.update(poly());
  CHECK(scan.update(cheap_kalshi()).size() == (late == 0ms ? 1 : 0));
  CHECK(counter(scan, "skipped:game_age") == (late == 0ms ? 0 : 2));
}

TEST_CASE("A game that should have begun is judged by the limits of play") {
  ArbitrageScan scan{{}};
  scan.assign(assignment()); // started an hour ago
  scan.observe(game_update(Phase::scheduled));
  scan.update(poly());
  const auto signals = list(scan.update(cheap_kalshi()));
  REQUIRE(signals.size() == 1);
  CHECK(signals[0].in_play);
}

TEST_CASE("A book that is not whole stops every route through it") {
  auto scan = live_scan();
  scan.update(poly());
  auto stale = poly(noon + 1ms);
  stale.status = GENERATE(BookStatus::stale, BookStatus::closed);
  scan.update(stale);
  CHECK(scan.update(cheap_kalshi(noon + 2ms)).empty());
  CHECK(counter(scan, "route:book_stale") == 2);
}

TEST_CASE("Edges too good to be true are counted and not signalled") {
  SECTION("more than ten cents after fees") {
    // 34 c + 50 c: 16 c gross, 13.2 c after fees; 39 c + 50 c: 8.1 c.
    const auto ask = GENERATE(34, 39);
    auto scan = live_scan();
    scan.update(poly());
    const auto signals = scan.update(book(kalshi_market, {}, {{cents(ask), contracts(10)}})).size();
    CHECK(signals == (ask == 34 ? 0 : 1));
    CHECK(counter(scan, "route:sanity_edge") == (ask == 34 ? 1 : 0));
  }
  SECTION("more than five cents before fees while the game has not begun") {
    const auto ask = GENERATE(44, 45);
    auto game = assignment();
    game.match.game.start = noon + 2h;
    ArbitrageScan scan{{}};
    scan.assign(game);
    scan.observe(game_update(Phase::scheduled));
    scan.update(poly());
    const auto signals = scan.update(book(kalshi_market, {}, {{cents(ask), contracts(10)}})).size();
    CHECK(signals == (ask == 44 ? 0 : 1));
    CHECK(counter(scan, "route:sanity_gross") == (ask == 44 ? 1 : 0));
  }
}

TEST_CASE("A quiet night can be explained from the counters") {
  auto scan = live_scan();
  scan.update(poly());
  scan.update(fair_kalshi());
  CHECK(counter(scan, "updates") == 2);
  CHECK(counter(scan, "scans") == 6);
  CHECK(counter(scan, "route:no_edge") == 2);
  CHECK(counter(scan, "signals") == 0);
  // 51 + 50: one cent over the dollar, and 3 cents of fees; the other way it is 52 + 50.
  CHECK(counter(scan, "best_edge_micros") == -10'000 - 17'493 - 12'500);
  // 47 + 50: 0.0063 c over the dollar after fees; the minimum is half a cent.
  scan.update(book(kalshi_market, {}, {{cents(47), contracts(10)}}, noon + 1ms));
  CHECK(counter(scan, "route:near_miss") == 1);
}

TEST_CASE("In play, a venue's delay must be earned on top of the least edge") {
  const auto limits = GameShardConfig{}.arbitrage;
  auto slow = assignment();
  for (auto& market : slow.match.markets) {
    market.taker_delay = market.ref.venue == Venue::polymarket ? 1s : 0s;
  }
  ArbitrageScan at_once{{}};
  at_once.assign(assignment());
  at_once.observe(game_update(Phase::live));
  at_once.update(poly());
  const auto signals = list(at_once.update(cheap_kalshi()));
  REQUIRE(signals.size() == 1);
  const auto earned = signals[0].edge_per_contract;

  const auto premium = GENERATE_COPY(Money{0}, earned);
  auto config = GameShardConfig{};
  config.arbitrage.leg_policy = LegPolicy::delayed_first; // nobody rests
  config.arbitrage.delay_premium = premium;
  ArbitrageScan waits{config};
  waits.assign(slow);
  waits.observe(game_update(Phase::live));
  waits.update(poly());
  CHECK(waits.update(cheap_kalshi()).size() == (premium == Money{0} ? 1 : 0));
  CHECK(required_edge(limits, slow.match.markets[0], slow.match.markets[2], true)
        == limits.min_edge + limits.delay_premium);
  CHECK(required_edge(limits, slow.match.markets[0], slow.match.markets[2], false)
        == limits.min_edge);
}

namespace {

/// The sample game, but Polymarket lets takers wait.
GameAssignment delayed_game(Duration delay = 1s) {
  auto game = assignment();
  for (auto& market : game.match.markets) {
    if (market.ref.venue == Venue::polymarket) {
      market.taker_delay = delay;
    }
  }
  return game;
}

/// NO at 48 bid and 52 asked: a taker would pay for both legs more than they bring.
BookUpdate wide_poly(Timestamp at = noon) {
  return book(poly_market, {{cents(48), contracts(80)}}, {{cents(52), contracts(80)}}, at);
}
BookUpdate kalshi_at(std::int32_t ask, std::int64_t size = 100, Timestamp at = noon + 1ms) {
  return book(kalshi_market, {{cents(ask - 2), contracts(50)}},
              {{cents(ask), contracts(size)}, {cents(ask + 1), contracts(400)}}, at);
}

} // namespace

TEST_CASE("Where takers wait an order rests at what earns enough after the hedge's fee") {
  auto scan = live_scan({}, delayed_game());
  scan.update(wide_poly());
  const auto signals = list(scan.update(kalshi_at(47)));
  REQUIRE(signals.size() == 1);
  const auto& signal = signals[0];
  CHECK_FALSE(signal.legs[0].post_only);
  CHECK(signal.legs[1].post_only);
  CHECK(signal.legs[1].side == Side::no);
  // 100 - 47 - 1.7437 - 0.5 - 0.5 is 50.2563: 50, above the bid of 48, below the ask of 52.
  CHECK(signal.legs[1].limit == cents(50));
  CHECK(signal.legs[1].fee == Money{});
  CHECK(signal.legs[0].limit == cents(47));
  CHECK(signal.quantity == contracts(50)); // half of what Kalshi shows
  CHECK(signal.edge_per_contract >= Money{10'000});
  CHECK(signal.edge
        == payout(signal.quantity) - signal.legs[0].cost - signal.legs[0].fee - signal.legs[1].cost
             - signal.legs[1].fee);
  CHECK(counter(scan, "signals:resting") == 1);
}

TEST_CASE("No order rests where nobody would meet it, nor where it would take") {
  SECTION("below the best bid") {
    auto scan = live_scan({}, delayed_game());
    scan.update(wide_poly());
    CHECK(scan.update(kalshi_at(50)).empty()); // 47 at most
  }
  SECTION("at the best bid, which it joins") {
    auto scan = live_scan({}, delayed_game());
    scan.update(wide_poly());
    const auto signals = list(scan.update(kalshi_at(49)));
    REQUIRE(signals.size() == 1);
    CHECK(signals[0].legs[1].limit == cents(48));
  }
  SECTION("at the best offer, and a tick below stays") {
    auto scan = live_scan({}, delayed_game());
    scan.update(wide_poly());
    const auto signals = list(scan.update(kalshi_at(43)));
    REQUIRE(signals.size() == 1);
    CHECK(signals[0].legs[1].post_only);
    CHECK(signals[0].legs[1].limit == cents(51));
  }
}

TEST_CASE("The policy and the market's delay say whether an order rests") {
  struct Row {
    LegPolicy policy;
    Duration delay;
    Phase phase;
    bool rests;
  };
  const auto row = GENERATE(values<Row>({
    {LegPolicy::automatic, 1s, Phase::live, true},
    {LegPolicy::automatic, 0s, Phase::live, false},
    {LegPolicy::parallel, 1s, Phase::live, false},
    {LegPolicy::delayed_first, 1s, Phase::live, false},
    {LegPolicy::rest, 0s, Phase::live, true},
  }));
  GameShardConfig config;
  config.arbitrage.leg_policy = row.policy;
  auto scan = live_scan(config, delayed_game(row.delay));
  scan.update(wide_poly());
  CHECK(scan.update(kalshi_at(47)).size() == (row.rests ? 1 : 0));
}

TEST_CASE("Before the game nobody waits, and the automatic policy takes") {
  auto game = delayed_game();
  game.match.game.start = noon + 1h;
  ArbitrageScan scan{GameShardConfig{}};
  scan.assign(game);
  scan.observe(game_update(Phase::scheduled));
  scan.update(wide_poly());
  CHECK(scan.update(kalshi_at(47)).empty());
}

TEST_CASE("An order is not asked to rest again before its interval is over") {
  auto scan = live_scan({}, delayed_game());
  scan.update(wide_poly());
  CHECK(scan.update(kalshi_at(47)).size() == 1);
  CHECK(scan.update(kalshi_at(46, 100, noon + 1s)).empty());
  CHECK(scan.update(kalshi_at(46, 100, noon + 2s)).empty());
  CHECK(scan.update(kalshi_at(46, 100, noon + 2001ms)).size() == 1);
}

TEST_CASE("Where the best level is too small for an order the next one counts, at its price") {
  auto scan = live_scan({}, delayed_game());
  scan.update(wide_poly());
  const auto signals = list(scan.update(kalshi_at(47, 4))); // half of 4 is below 5 shares
  REQUIRE(signals.size() == 1);
  CHECK(signals[0].legs[0].limit == cents(48));
  CHECK(signals[0].legs[1].limit == cents(49));
  CHECK(signals[0].quantity == contracts(202));
}
