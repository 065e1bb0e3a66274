#include "actors/game_shard/sweep.hpp"

#include <rapidcheck.h>

#include <catch2/catch.hpp>

#include "actors/market/fees.hpp"
#include "tests/actors/sample_game.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

const FeeSchedule kalshi_fees = *kalshi_spec().fees;
const FeeSchedule poly_fees = *poly_spec().fees;

Depth ladder(const std::vector<Level>& levels) {
  Depth depth;
  for (const auto& level : levels) {
    depth.push_back(level);
  }
  return depth;
}

/// One contract's price after fees in units of 1e-20 dollar, exact: no rounding hides a difference.
Int128 exact_price(Price price, const FeeSchedule& fees) {
  const Int128 unit = 100'000'000'000'000; // of 1e-6 dollar
  return Int128{price.value()} * 100 * unit
         + Int128{fees.taker_ppm} * price.value() * complement(price).value() * 1'000'000;
}

/// The ladder contract by contract, dearest last.
std::vector<Price> unrolled(const Depth& depth) {
  std::vector<Price> prices;
  for (const auto& level : depth.levels()) {
    for (auto i = level.quantity.value() / quantity_per_contract; i > 0; --i) {
      prices.push_back(level.price);
    }
  }
  return prices;
}

Depth random_ladder() {
  Depth depth;
  auto price = *rc::gen::inRange(1, 7'000);
  for (auto levels = *rc::gen::inRange(1, 5); levels > 0 && price < 10'000; --levels) {
    depth.push_back({Price{price}, contracts(*rc::gen::inRange(1, 5))});
    price += *rc::gen::inRange(1, 400);
  }
  return depth;
}

} // namespace

TEST_CASE("The edge of one pair is the dollar less both prices and both fees") {
  // 100 - 44 - 50 = 6 cents gross, 1.7248 and 1.25 cents of fees.
  CHECK(marginal_edge(cents(44), kalshi_fees, cents(50), poly_fees) == Money{30'252});
  CHECK(marginal_edge(cents(50), kalshi_fees, cents(50), poly_fees) == Money{-30'000});
}

TEST_CASE("A sweep goes as deep as the marginal pair still earns the minimum") {
  const auto a = ladder({{cents(44), contracts(10)}, {cents(46), contracts(10)}});
  const auto b = ladder({{cents(50), contracts(4)}, {cents(52), contracts(100)}});
  // 44+50: 3.0252 c; 44+52: 1.0272 c; 46+52: -0.9868 c.
  const auto swept = sweep({a, kalshi_fees}, {b, poly_fees}, Money{5'000});
  CHECK(swept.quantity == contracts(10));
  CHECK(swept.legs[0].limit == cents(44));
  CHECK(swept.legs[1].limit == cents(52));
  CHECK(swept.legs[0].cost == Money{4'400'000});
  CHECK(swept.legs[1].cost == Money{2'000'000 + 3'120'000});
  CHECK(swept.legs[0].fee == taker_fee_bound(kalshi_fees, cents(44), contracts(10)));
  CHECK(swept.legs[1].fee
        == taker_fee_bound(poly_fees, cents(50), contracts(4))
             + taker_fee_bound(poly_fees, cents(52), contracts(6)));
  CHECK(swept.edge
        == dollars(10) - Money{4'400'000} - Money{5'120'000} - swept.legs[0].fee
             - swept.legs[1].fee);
  CHECK(swept.edge_per_contract == Money{swept.edge.value() / 10});
  CHECK(swept.top_gross == Money{60'000});
}

TEST_CASE("The minimum itself is still enough, a millionth more is not") {
  const auto a = ladder({{cents(44), contracts(10)}});
  const auto b = ladder({{cents(50), contracts(10)}});
  CHECK(sweep({a, kalshi_fees}, {b, poly_fees}, Money{30'252}).quantity == contracts(10));
  CHECK(sweep({a, kalshi_fees}, {b, poly_fees}, Money{30'253}).quantity == Quantity{0});
}

TEST_CASE("Where nothing is earned, the best levels still say how far it was") {
  const auto a = ladder({{cents(50), contracts(10)}});
  const auto swept = sweep({a, kalshi_fees}, {a, poly_fees}, Money{5'000});
  CHECK(swept.quantity == Quantity{0});
  CHECK(swept.edge == Money{0});
  CHECK(swept.top_edge == Money{-30'000});
}

TEST_CASE("A hundredth of a contract loses its edge to rounding") {
  const auto a = ladder({{cents(44), Quantity{10'000}}});
  const auto b = ladder({{cents(50), Quantity{10'000}}});
  const auto swept = sweep({a, kalshi_fees}, {b, poly_fees}, Money{5'000});
  CHECK(swept.quantity == Quantity{10'000});
  CHECK(swept.edge_per_contract < Money{21'000});
}

TEST_CASE("Hostile sizes do not overflow") {
  const auto a = ladder({{cents(10), Quantity{std::numeric_limits<std::int64_t>::max()}},
                         {cents(11), Quantity{std::numeric_limits<std::int64_t>::max()}}});
  const auto swept = sweep({a, kalshi_fees}, {a, poly_fees}, Money{5'000});
  CHECK(swept.quantity > contracts(1'000'000'000));
  CHECK(swept.edge > Money{0});
}

TEST_CASE("A sweep agrees with pairing the contracts one by one") {
  CHECK(rc::check([] {
    const auto a = random_ladder();
    const auto b = random_ladder();
    const Money min_edge{*rc::gen::inRange(1, 40'000)};
    const auto swept = sweep({a, kalshi_fees}, {b, poly_fees}, min_edge);
    const auto prices_a = unrolled(a);
    const auto prices_b = unrolled(b);
    const Int128 unit = 100'000'000'000'000;
    std::size_t pairs = 0;
    while (pairs < std::min(prices_a.size(), prices_b.size())
           && (1'000'000 - Int128{min_edge.value()} - 2) * unit
                >= exact_price(prices_a[pairs], kalshi_fees)
                     + exact_price(prices_b[pairs], poly_fees)) {
      ++pairs;
    }
    auto most = pairs;
    while (most < std::min(prices_a.size(), prices_b.size())
           && (1'000'000 - Int128{min_edge.value()}) * unit
                >= exact_price(prices_a[most], kalshi_fees)
                     + exact_price(prices_b[most], poly_fees)) {
      ++most;
    }
    // Both fees are rounded up to 1e-6 dollar: a pair within two of them of the minimum may go
    // either way, every other must not.
    RC_ASSERT(swept.quantity >= contracts(static_cast<std::int64_t>(pairs)));
    RC_ASSERT(swept.quantity <= contracts(static_cast<std::int64_t>(most)));
    const auto count = static_cast<std::size_t>(swept.quantity.value() / quantity_per_contract);
    Money cost_a;
    Money cost_b;
    Int128 exact = 0;
    for (std::size_t i = 0; i < count; ++i) {
      cost_a += notional(prices_a[i], contracts(1), Rounding::up);
      cost_b += notional(prices_b[i], contracts(1), Rounding::up);
      exact += exact_price(prices_a[i], kalshi_fees) + exact_price(prices_b[i], poly_fees);
    }
    RC_ASSERT(swept.legs[0].cost == cost_a);
    RC_ASSERT(swept.legs[1].cost == cost_b);
    if (count > 0) {
      RC_ASSERT(swept.legs[0].limit == prices_a[count - 1]);
      RC_ASSERT(swept.legs[1].limit == prices_b[count - 1]);
      // Never better than the exact edge, worse by the rounding of each level only.
      const auto edge = Int128{payout(swept.quantity).value()} * unit - exact;
      RC_ASSERT(Int128{swept.edge.value()} * unit <= edge);
      RC_ASSERT(Int128{swept.edge.value() + 5 * (101 + 10)} * unit >= edge);
    }
  }));
}
