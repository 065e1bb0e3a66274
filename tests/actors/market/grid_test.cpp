#include "actors/market/grid.hpp"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <numeric>

using namespace arbees;

namespace {

// The documented structures (venues/kalshi.md section 4).
const std::vector<PriceBand> linear_cent = {{Price{0}, Price{10'000}, Price{100}}};
const std::vector<PriceBand> tapered_deci_cent = {{Price{0}, Price{1000}, Price{10}},
                                                  {Price{1000}, Price{9000}, Price{100}},
                                                  {Price{9000}, Price{10'000}, Price{10}}};
const std::vector<PriceBand> deci_edge_centi_cent = {{Price{0}, Price{100}, Price{1}},
                                                     {Price{100}, Price{9900}, Price{10}},
                                                     {Price{9900}, Price{10'000}, Price{1}}};

std::vector<PriceBand> tick(std::int32_t step) {
  return {{Price{step}, Price{10'000 - step}, Price{step}}};
}

MarketSpec kalshi(std::vector<PriceBand> bands = linear_cent) {
  MarketSpec spec;
  spec.ref.venue = Venue::kalshi;
  spec.price_bands = std::move(bands);
  spec.quantity_step = Quantity{10'000};
  spec.min_quantity = Quantity{10'000};
  return spec;
}

MarketSpec polymarket(std::int32_t step = 100) {
  MarketSpec spec;
  spec.ref.venue = Venue::polymarket;
  spec.price_bands = tick(step);
  spec.quantity_step = Quantity{10'000};
  spec.min_quantity = Quantity{5'000'000};
  spec.min_notional = Money{1'000'000};
  return spec;
}

/// Contracts by hundredths.
constexpr Quantity lots(std::int64_t hundredths) {
  return Quantity{hundredths * 10'000};
}

} // namespace

TEST_CASE("A bid snaps down and an ask up to the step of its band") {
  struct Row {
    std::int32_t price, down, up;
  };
  const auto row = GENERATE(values<Row>({
    {999, 990, 1000},   // below 0.10: a tenth of a cent
    {1000, 1000, 1000}, // the border is on both grids
    {1001, 1000, 1100},
    {1010, 1000, 1100},
    {8999, 8900, 9000},
    {9000, 9000, 9000},
    {9001, 9000, 9010},
    {9990, 9990, 9990},
    {15, 10, 20},
  }));
  CAPTURE(row.price);
  CHECK(floor_to_grid(tapered_deci_cent, Price{row.price}) == Price{row.down});
  CHECK(ceil_to_grid(tapered_deci_cent, Price{row.price}) == Price{row.up});
}

TEST_CASE("Nothing below the first price is a bid and nothing above the last an ask") {
  CHECK_FALSE(floor_to_grid(tapered_deci_cent, Price{9}));
  CHECK_FALSE(ceil_to_grid(tapered_deci_cent, Price{9991}));
  CHECK(floor_to_grid(tapered_deci_cent, price_one) == Price{9990});
  CHECK(ceil_to_grid(tapered_deci_cent, price_zero) == Price{10});
  CHECK_FALSE(floor_to_grid({}, Price{5000}));
  CHECK_FALSE(ceil_to_grid({}, Price{5000}));
}

TEST_CASE("Prices at a border may be multiples of either step, zero and one never trade") {
  CHECK(on_grid(tapered_deci_cent, Price{1000}));
  CHECK(on_grid(tapered_deci_cent, Price{990}));
  CHECK_FALSE(on_grid(tapered_deci_cent, Price{1010}));
  CHECK_FALSE(on_grid(tapered_deci_cent, Price{995}));
  CHECK(on_grid(tapered_deci_cent, Price{9010}));
  CHECK_FALSE(on_grid(tapered_deci_cent, price_zero));
  CHECK_FALSE(on_grid(tapered_deci_cent, price_one));
  CHECK(on_grid(deci_edge_centi_cent, Price{99}));
  CHECK_FALSE(on_grid(deci_edge_centi_cent, Price{101}));
  CHECK(on_grid(deci_edge_centi_cent, Price{9999}));
  CHECK_FALSE(on_grid({}, Price{5000}));
}

TEST_CASE("A finer grid that arrives in mid-session accepts what the coarse one refused") {
  auto market = kalshi(linear_cent);
  CHECK_FALSE(accepts_buy(market, Price{550}, lots(100)));
  market.price_bands = tapered_deci_cent;
  CHECK(accepts_buy(market, Price{550}, lots(100)));
}

TEST_CASE("Snapped prices are on the grid and none lies between") {
  CHECK(rc::check([] {
    const auto bands = *rc::gen::element(linear_cent, tapered_deci_cent, deci_edge_centi_cent,
                                         tick(1000), tick(50), tick(25), tick(1));
    const Price price{*rc::gen::inRange(0, 10'001)};
    const auto expect = [&](auto begin, auto end, auto step) -> std::optional<Price> {
      for (auto p = begin; p != end; p += step) {
        if (on_grid(bands, Price{p})) {
          return Price{p};
        }
      }
      return std::nullopt;
    };
    RC_ASSERT(floor_to_grid(bands, price) == expect(price.value(), -1, -1));
    RC_ASSERT(ceil_to_grid(bands, price) == expect(price.value(), 10'001, 1));
  }));
}

TEST_CASE("Hostile bands make a market untradable instead of a crash") {
  const std::vector<PriceBand> bands = {{Price{0}, Price{10'000}, Price{0}},
                                        {Price{9000}, Price{1000}, Price{10}},
                                        {Price{0}, Price{10'000}, Price{-5}},
                                        {Price{-100}, Price{-1}, Price{1}}};
  CHECK_FALSE(on_grid(bands, Price{5000}));
  CHECK_FALSE(floor_to_grid(bands, Price{5000}));
  CHECK_FALSE(ceil_to_grid(bands, Price{5000}));
}

TEST_CASE("An immediate buy on Polymarket costs whole cents") {
  CHECK(buy_step(polymarket(100), Price{5000}) == lots(2));
  CHECK(buy_step(polymarket(100), Price{5700}) == lots(100));
  CHECK(buy_step(polymarket(10), Price{5730}) == lots(1000));
  CHECK(buy_step(polymarket(1), Price{5731}) == lots(10'000));
  CHECK(buy_step(kalshi(), Price{5700}) == lots(1));
}

TEST_CASE("A pair's quantity is the largest that both markets accept") {
  const auto k = kalshi();
  const auto p = polymarket();
  const auto pair = [&](Price a, Price b, Quantity most) {
    return pair_quantity({k, a}, {p, b}, most);
  };
  CHECK(pair(Price{4300}, Price{5500}, lots(1234)) == lots(1220));
  CHECK(pair(Price{4300}, Price{5700}, lots(1299)) == lots(1200));
  // Five shares at least, and a dollar at least.
  CHECK(pair(Price{4300}, Price{5700}, lots(500)) == lots(500));
  CHECK_FALSE(pair(Price{4300}, Price{5700}, lots(499)));
  CHECK(pair(Price{9000}, Price{1000}, lots(1000)) == lots(1000));
  CHECK_FALSE(pair(Price{9000}, Price{1000}, lots(999)));
  // Off one of the grids.
  CHECK_FALSE(pair(Price{4350}, Price{5500}, lots(1000)));
  CHECK_FALSE(pair(Price{4300}, Price{5550}, lots(1000)));
}

TEST_CASE("A market without a usable step takes no order") {
  auto broken = kalshi();
  broken.quantity_step = Quantity{0};
  CHECK_FALSE(buy_step(broken, Price{5000}));
  CHECK_FALSE(pair_quantity({broken, Price{5000}}, {kalshi(), Price{5000}}, lots(100)));
  auto huge = kalshi();
  huge.quantity_step = Quantity{std::numeric_limits<std::int64_t>::max()};
  CHECK_FALSE(pair_quantity({huge, Price{5000}}, {polymarket(), Price{5000}}, lots(100)));
}

TEST_CASE("No random pair is off a grid, under a minimum, or smaller than it could be") {
  CHECK(rc::check([] {
    auto k = kalshi(*rc::gen::element(linear_cent, tapered_deci_cent, deci_edge_centi_cent));
    auto p = polymarket(*rc::gen::element(1000, 100, 50, 25, 10, 1));
    k.quantity_step = Quantity{*rc::gen::element(10'000, 1'000'000, 250'000)};
    p.min_quantity = Quantity{*rc::gen::element(0, 5'000'000, 15'000'000)};
    const Price a{*rc::gen::inRange(1, 10'000)};
    const Price b{*rc::gen::inRange(1, 10'000)};
    const auto limit_a = floor_to_grid(k.price_bands, a);
    const auto limit_b = floor_to_grid(p.price_bands, b);
    RC_PRE(limit_a && limit_b);
    const Quantity most{*rc::gen::inRange<std::int64_t>(0, 40'000'000)};
    const auto found = pair_quantity({k, *limit_a}, {p, *limit_b}, most);
    std::optional<Quantity> best;
    for (Quantity q{0}; q <= most; q += Quantity{10'000}) {
      if (accepts_buy(k, *limit_a, q) && accepts_buy(p, *limit_b, q)) {
        RC_ASSERT(Int128{q.value()} * limit_b->value() % 100'000'000 == 0);
        best = q;
      }
    }
    RC_ASSERT(found == best);
  }));
}
