#include "bridges/store/position.hpp"

#include <catch2/catch.hpp>
#include <random>

using namespace arbees;

namespace {

Fill fill(Action action, std::int32_t price, std::int64_t quantity) {
  return {.action = action, .price = Price{price}, .quantity = Quantity{quantity}};
}

} // namespace

TEST_CASE("Selling what is held realizes the difference to its average cost") {
  Position position;
  position = after(position, fill(Action::buy, 4000, 10'000'000));
  position = after(position, fill(Action::buy, 6000, 10'000'000));
  CHECK(position.cost == Money{10'000'000});
  position = after(position, fill(Action::sell, 7000, 5'000'000));
  CHECK(position.quantity == Quantity{15'000'000});
  CHECK(position.cost == Money{7'500'000});
  CHECK(position.realized == Money{1'000'000});
  position = after(position, fill(Action::sell, 4000, 15'000'000));
  CHECK(position == Position{.realized = Money{-500'000}});
}

TEST_CASE("Selling more than is held leaves the rest owed") {
  Position position;
  position = after(position, fill(Action::buy, 4000, 1'000'000));
  position = after(position, fill(Action::sell, 5000, 3'000'000));
  CHECK(position.quantity == Quantity{-2'000'000});
  CHECK(position.cost == Money{-1'000'000});
  CHECK(position.realized == Money{100'000});
  position = after(position, fill(Action::buy, 2000, 2'000'000));
  CHECK(position == Position{.realized = Money{700'000}});
}

TEST_CASE("No money appears or disappears, however odd the fills") {
  std::mt19937_64 random{20261121};
  for (auto round = 0; round < 1000; ++round) {
    Position position;
    Money paid;
    for (auto i = 0; i < 20; ++i) {
      const auto buy = random() % 2 == 0;
      const auto next =
        fill(buy ? Action::buy : Action::sell, static_cast<std::int32_t>(random() % 10'001),
             static_cast<std::int64_t>(random() % 5'000'000));
      paid += buy ? notional(next.price, next.quantity, Rounding::up)
                  : -notional(next.price, next.quantity, Rounding::down);
      position = after(position, next);
      REQUIRE(position.cost - position.realized == paid);
      REQUIRE((position.quantity != Quantity{0} || position.cost == Money{0}));
    }
  }
}
