#include "actors/messages/money.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <stdexcept>

using namespace arbees;

TEST_CASE("Decimals are read exactly or not at all") {
  CHECK(parse_price("0.960") == Price{9600});
  CHECK(parse_price("0.9600") == Price{9600});
  CHECK(parse_price("0.0001") == Price{1});
  CHECK(parse_price("1") == price_one);
  CHECK(parse_price("0") == price_zero);
  CHECK(parse_quantity("10") == parse_quantity("10.00"));
  CHECK(parse_quantity("-3.50") == Quantity{-3'500'000});
  CHECK(parse_money("0.0863") == Money{86'300});
  for (const auto* const text : {"", ".", "-", "1.00001", "1.0001", "-0.1", "0.96a", "1e3", " 1",
                                 "0..1", "99999999999999999999", "+1"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_price(text));
  }
  CHECK_FALSE(parse_quantity("0.0000001"));
  CHECK(parse_quantity("0.1000000") == Quantity{100'000});
}

TEST_CASE("Amounts are written as the venues write them") {
  CHECK(to_string(Price{4200}) == "0.4200");
  CHECK(to_string(Quantity{12'500'000}) == "12.50");
  CHECK(to_string(Quantity{370'001}) == "0.370001");
  CHECK(to_string(Money{-17'300}) == "-0.0173");
  CHECK(to_string(Money{std::numeric_limits<std::int64_t>::min()}) == "-9223372036854.775808");
  CHECK(format_decimal(4200, 4, 0) == "0.42");
  CHECK(format_decimal(0, 4, 0) == "0");
}

TEST_CASE("A notional loses its fraction in the direction that was asked for") {
  const Quantity odd{333'333};
  CHECK(notional(Price{5000}, odd, Rounding::down) == Money{166'666});
  CHECK(notional(Price{5000}, odd, Rounding::up) == Money{166'667});
  CHECK(notional(Price{5000}, odd, Rounding::half_up) == Money{166'667});
  CHECK(notional(Price{5600}, Quantity{10'000'000}, Rounding::up) == Money{5'600'000});
  CHECK(notional(Price{10'000}, Quantity{9'000'000'000'000'000}, Rounding::up)
        == payout(Quantity{9'000'000'000'000'000}));
}

TEST_CASE("Sums beyond 64 bits are refused") {
  const Money most{std::numeric_limits<std::int64_t>::max()};
  CHECK_THROWS_AS(most + Money{1}, std::overflow_error);
  CHECK_THROWS_AS(Money{std::numeric_limits<std::int64_t>::min()} - Money{1}, std::overflow_error);
  CHECK(Money{3} - Money{5} == Money{-2});
}

TEST_CASE("Quantities are cut to the grid") {
  CHECK(floor_to(Quantity{12'345'678}, Quantity{10'000}) == Quantity{12'340'000});
  CHECK(complement(Price{3700}) == Price{6300});
  CHECK(tradable(Price{1}));
  CHECK_FALSE(tradable(price_zero));
  CHECK_FALSE(tradable(price_one));
}
