#include "actors/market/fees.hpp"

#include <rapidcheck.h>

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

using namespace arbees;

namespace {

constexpr Money direct_grid{100};
constexpr Money fcm_grid{10'000};

FeeSchedule kalshi(Money grid, std::int64_t multiplier_percent = 100) {
  return {.rounding = Venue::kalshi,
          .taker_ppm = 700 * multiplier_percent,
          .maker_ppm = 175 * multiplier_percent,
          .balance_step = grid};
}

FeeSchedule polymarket(std::string_view rate, std::int32_t exponent = 1) {
  return {.rounding = Venue::polymarket,
          .taker_ppm = parse_decimal(rate, 6).value(),
          .exponent = exponent};
}

Price price(std::string_view text) {
  return parse_price(text).value();
}
Quantity contracts(std::string_view text) {
  return parse_quantity(text).value();
}
Money dollars(std::string_view text) {
  return parse_money(text).value();
}

struct KalshiRow {
  const char* name;
  Liquidity liquidity;
  std::int64_t multiplier_percent;
  const char* quantity;
  const char* price;
  const char* direct;
  const char* fcm;
};

boost::json::value vectors() {
  std::ifstream file{ARBEES_TEST_DATA "/polymarket-vectors.json"};
  REQUIRE(file);
  return boost::json::parse(std::string{std::istreambuf_iterator<char>{file}, {}});
}

} // namespace

TEST_CASE("Kalshi's worked examples come out to the last digit on both account grids") {
  const auto row = GENERATE(values<KalshiRow>({
    {"taker 100 @ 0.50", Liquidity::taker, 100, "100", "0.50", "1.7500", "1.75"},
    {"maker 100 @ 0.50", Liquidity::maker, 100, "100", "0.50", "0.4375", "0.44"},
    {"taker 1 @ 0.50", Liquidity::taker, 100, "1", "0.50", "0.0175", "0.02"},
    {"taker 10 @ 0.37", Liquidity::taker, 100, "10", "0.37", "0.1632", "0.17"},
    {"taker 250 @ 0.62", Liquidity::taker, 100, "250", "0.62", "4.1230", "4.13"},
    {"maker 250 @ 0.62", Liquidity::maker, 100, "250", "0.62", "1.0308", "1.04"},
    {"MLB taker 100 @ 0.50", Liquidity::taker, 50, "100", "0.50", "0.8750", "0.88"},
    {"MLB maker 100 @ 0.50", Liquidity::maker, 50, "100", "0.50", "0.2188", "0.22"},
    {"taker 1 @ 0.055", Liquidity::taker, 100, "1", "0.055", "0.0037", "0.005"},
    {"taker 12.34 @ 0.555", Liquidity::taker, 100, "12.34", "0.555", "0.2134", "0.2213"},
  }));
  CAPTURE(row.name);
  const auto charge = [&](Money grid) {
    return OrderFees{}.charge(kalshi(grid, row.multiplier_percent), row.liquidity, price(row.price),
                              contracts(row.quantity));
  };
  CHECK(charge(direct_grid) == dollars(row.direct));
  CHECK(charge(fcm_grid) == dollars(row.fcm));
}

TEST_CASE("Kalshi's model fees are rounded up to a millionth of a dollar") {
  const auto fee = [](Liquidity liquidity, const char* quantity, const char* at) {
    return trade_fee(kalshi(direct_grid), liquidity, price(at), contracts(quantity));
  };
  CHECK(fee(Liquidity::taker, "10", "0.37") == dollars("0.16317"));
  CHECK(fee(Liquidity::maker, "250", "0.62") == dollars("1.03075"));
  CHECK(fee(Liquidity::taker, "1", "0.055") == dollars("0.003639"));     // 0.00363825
  CHECK(fee(Liquidity::taker, "12.34", "0.555") == dollars("0.213338")); // 0.213337005
}

TEST_CASE("Three one-lots on Kalshi cost what one order of three costs on the direct grid") {
  const auto three = [](Money grid) {
    OrderFees order;
    std::vector<Money> fees;
    for (auto i = 0; i < 3; ++i) {
      fees.push_back(order.charge(kalshi(grid), Liquidity::taker, price("0.37"), contracts("1")));
    }
    return fees;
  };
  CHECK(three(direct_grid) == std::vector{dollars("0.0164"), dollars("0.0163"), dollars("0.0163")});
  CHECK(OrderFees{}.charge(kalshi(direct_grid), Liquidity::taker, price("0.37"), contracts("3"))
        == dollars("0.0490"));
  CHECK(three(fcm_grid) == std::vector{dollars("0.02"), dollars("0.02"), dollars("0.01")});
}

TEST_CASE("Three one-lots at 5.5 cents with a fee of a cent each pay 1.5, 0.5 and 1.5 cents") {
  // The venue's own example of its rounding (hazards.md 4) starts from a trade fee of one cent.
  BalanceRounding order;
  std::vector<Money> fees;
  for (auto i = 0; i < 3; ++i) {
    fees.push_back(order.net_fee(dollars("0.055"), dollars("0.01"), Action::buy, fcm_grid));
  }
  CHECK(fees == std::vector{dollars("0.015"), dollars("0.005"), dollars("0.015")});
}

TEST_CASE("Three one-lots at 5.5 cents under the present model never earn a rebate of a cent") {
  OrderFees order;
  for (auto i = 0; i < 3; ++i) {
    CHECK(order.charge(kalshi(fcm_grid), Liquidity::taker, price("0.055"), contracts("1"))
          == dollars("0.005"));
  }
}

TEST_CASE("A sale on Kalshi is credited rounded down") {
  // 0.37 - 0.016317 = 0.353683, credited 0.3536.
  CHECK(OrderFees{}.charge(kalshi(direct_grid), Liquidity::taker, price("0.37"), contracts("1"),
                           Action::sell)
        == dollars("0.0164"));
  CHECK(OrderFees{}.charge(kalshi(fcm_grid), Liquidity::taker, price("0.37"), contracts("1"),
                           Action::sell)
        == dollars("0.02"));
}

TEST_CASE("Rounding on Kalshi never makes an order cost more than a grid unit over its model") {
  CHECK(rc::check([] {
    const auto grid = *rc::gen::element(direct_grid, fcm_grid);
    const auto action = *rc::gen::element(Action::buy, Action::sell);
    OrderFees order;
    Money charged;
    Money model;
    Money balance;
    for (auto i = *rc::gen::inRange(1, 20); i > 0; --i) {
      const Price at{*rc::gen::inRange(1, 10'000)};
      const Quantity size{*rc::gen::inRange<std::int64_t>(1, 100'000) * 10'000};
      const auto fee = order.charge(kalshi(grid), Liquidity::taker, at, size, action);
      RC_ASSERT(fee >= Money{0});
      RC_ASSERT(fee <= taker_fee_bound(kalshi(grid), at, size));
      const auto paid = notional(at, size, Rounding::down);
      balance += action == Action::buy ? paid + fee : paid - fee;
      RC_ASSERT(balance.value() % grid.value() == 0);
      charged += fee;
      model += trade_fee(kalshi(grid), Liquidity::taker, at, size);
    }
    RC_ASSERT(charged >= model);
    if (grid == direct_grid) {
      // A rebate is bounded by its own fill's fee, so that fills smaller than the grid can leave
      // a remainder; what they leave is below one unit each.
      RC_ASSERT(charged - model < Money{20 * grid.value()});
    }
  }));
}

TEST_CASE("Polymarket's documented fee cases come out to the last digit") {
  const auto file = vectors();
  const auto& cases = file.at("fee_cases").as_array();
  REQUIRE(cases.size() == 8);
  for (const auto& row : cases) {
    const auto text = [&](const char* key) { return std::string{row.at(key).as_string()}; };
    CAPTURE(text("category"), text("shares"), text("price"));
    const auto exponent = static_cast<std::int32_t>(row.at("exponent").as_int64());
    CHECK(OrderFees{}.charge(polymarket(text("rate"), exponent), Liquidity::taker,
                             price(text("price")), contracts(text("shares")))
          == dollars(text("taker_fee_pusd")));
  }
}

TEST_CASE("Polymarket charges half-up at the fifth decimal and is reserved for rounded up") {
  const auto sports = polymarket("0.05");
  // 250 * 0.05 * 0.041 * 0.959 = 0.4914875
  CHECK(trade_fee(sports, Liquidity::taker, price("0.041"), contracts("250"))
        == dollars("0.49149"));
  // 0.01 * 0.05 * 0.01 * 0.99 = 0.00000495: less than half a unit.
  CHECK(trade_fee(sports, Liquidity::taker, price("0.01"), contracts("0.01")) == Money{0});
  CHECK(taker_fee_bound(sports, price("0.01"), contracts("0.01")) == dollars("0.00001"));
  CHECK(taker_fee_bound(sports, price("0.041"), contracts("250")) == dollars("0.49149"));
  CHECK(taker_fee_bound(sports, price("0.50"), contracts("100")) == dollars("1.25"));
  CHECK(trade_fee(sports, Liquidity::maker, price("0.50"), contracts("100")) == Money{0});
}

TEST_CASE("The floor of a taker pair is three cents at even odds and less at the edges") {
  // hazards.md fact 2: both venues' fees for one contract each side.
  const auto floor = [](const char* kalshi_price, const char* polymarket_price) {
    return trade_fee(kalshi(direct_grid), Liquidity::taker, price(kalshi_price), contracts("100"))
           + trade_fee(polymarket("0.05"), Liquidity::taker, price(polymarket_price),
                       contracts("100"));
  };
  CHECK(floor("0.50", "0.50") == dollars("3.00"));
  CHECK(floor("0.30", "0.70") == dollars("2.52"));
  CHECK(floor("0.20", "0.80") == dollars("1.92"));
  CHECK(floor("0.10", "0.90") == dollars("1.08"));
  CHECK(floor("0.05", "0.95") == dollars("0.57"));
}

TEST_CASE("A schedule with numbers that nobody can work with is not supported") {
  CHECK(supported(kalshi(direct_grid)));
  CHECK(supported(polymarket("0.05")));
  CHECK(supported(polymarket("0.05", 2)));
  CHECK_FALSE(supported(polymarket("0.05", 3)));
  CHECK_FALSE(supported(polymarket("0.05", -1)));
  CHECK_FALSE(supported(kalshi(Money{0})));
  auto negative = kalshi(direct_grid);
  negative.taker_ppm = -1;
  CHECK_FALSE(supported(negative));
  auto huge = kalshi(direct_grid);
  huge.maker_ppm = 1'000'001;
  CHECK_FALSE(supported(huge));
}

TEST_CASE("A fee too large for the arithmetic is refused, not wrapped") {
  const Quantity most{std::numeric_limits<std::int64_t>::max()};
  CHECK_THROWS_AS(trade_fee(polymarket("1", 2), Liquidity::taker, price("0.50"), most),
                  std::overflow_error);
}
