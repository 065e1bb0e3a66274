#include "actors/book/ladder.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>

using namespace arbees;

namespace {

Level level(std::int32_t price, std::int64_t contracts) {
  return {Price{price}, Quantity{contracts * quantity_per_contract}};
}

Quantity contracts(std::int64_t count) {
  return Quantity{count * quantity_per_contract};
}

} // namespace

TEST_CASE("a ladder shows its levels best first, whatever their order was") {
  Ladder ladder;
  const std::vector bids{level(4100, 250), level(4200, 13), level(100, 1)};
  const std::vector asks{level(4500, 80), level(9900, 2), level(4400, 17), level(5000, 0)};
  REQUIRE(ladder.replace(bids, asks));
  CHECK(*ladder.best(BookSide::bid) == level(4200, 13));
  CHECK(*ladder.best(BookSide::ask) == level(4400, 17));
  const auto depth = ladder.depth(BookSide::ask);
  REQUIRE(depth.levels().size() == 3);
  CHECK(depth.levels()[1] == level(4500, 80));
  CHECK(depth.levels()[2] == level(9900, 2));
  CHECK(ladder.at(BookSide::bid, Price{4100}) == contracts(250));
  CHECK(ladder.at(BookSide::bid, Price{4101}) == contracts(0));
}

TEST_CASE("the depth shows the best 16 levels, and the others remain") {
  Ladder ladder;
  for (int i = 1; i <= 17; ++i) {
    REQUIRE(ladder.set_level(BookSide::bid, Price{i * 100}, contracts(i)));
  }
  const auto depth = ladder.depth(BookSide::bid);
  REQUIRE(depth.levels().size() == 16);
  CHECK(depth.best() == level(1700, 17));
  CHECK(depth.levels().back() == level(200, 2));
  REQUIRE(ladder.set_level(BookSide::bid, Price{1700}, contracts(0)));
  CHECK(ladder.depth(BookSide::bid).levels().back() == level(100, 1));
}

TEST_CASE("a change that leaves nothing removes the level, and one below zero is refused") {
  Ladder ladder;
  REQUIRE(ladder.apply_delta(BookSide::bid, Price{4200}, contracts(3)));
  CHECK_FALSE(ladder.apply_delta(BookSide::bid, Price{4200}, contracts(-4)));
  CHECK(ladder.at(BookSide::bid, Price{4200}) == contracts(3));
  CHECK_FALSE(ladder.apply_delta(BookSide::ask, Price{4300}, contracts(-1)));
  CHECK_FALSE(ladder.best(BookSide::ask));
  REQUIRE(ladder.apply_delta(BookSide::bid, Price{4200}, contracts(-3)));
  CHECK_FALSE(ladder.best(BookSide::bid));
}

TEST_CASE("totals beyond reason are refused at the limit") {
  Ladder ladder;
  CHECK(ladder.set_level(BookSide::ask, Price{1}, Ladder::largest_total));
  CHECK_FALSE(ladder.apply_delta(BookSide::ask, Price{1}, Quantity{1}));
  CHECK_FALSE(ladder.apply_delta(BookSide::ask, Price{1},
                                 Quantity{std::numeric_limits<std::int64_t>::max()}));
  CHECK_FALSE(ladder.set_level(BookSide::ask, Price{1}, Quantity{-1}));
  CHECK(ladder.at(BookSide::ask, Price{1}) == Ladder::largest_total);
}

TEST_CASE("a replacement with an impossible or repeated level leaves an empty ladder") {
  Ladder ladder;
  REQUIRE(ladder.replace(std::vector{level(4200, 1)}, {}));
  SECTION("negative") {
    CHECK_FALSE(ladder.replace(std::vector{level(4200, -1)}, {}));
  }
  SECTION("twice") {
    CHECK_FALSE(ladder.replace(std::vector{level(4200, 1), level(4100, 1), level(4200, 2)}, {}));
  }
  SECTION("too large") {
    const Level huge{Price{4200}, Quantity{Ladder::largest_total.value() + 1}};
    CHECK_FALSE(ladder.replace({}, std::vector{huge}));
  }
  CHECK_FALSE(ladder.best(BookSide::bid));
  CHECK_FALSE(ladder.best(BookSide::ask));
}

TEST_CASE("a book is crossed from the moment that bid and ask meet") {
  Ladder ladder;
  CHECK_FALSE(ladder.crossed());
  REQUIRE(ladder.replace(std::vector{level(4200, 1)}, {}));
  CHECK_FALSE(ladder.crossed());
  const auto [ask, crossed] =
    GENERATE(std::pair{4201, false}, std::pair{4200, true}, std::pair{4199, true});
  REQUIRE(ladder.set_level(BookSide::ask, Price{ask}, contracts(1)));
  CHECK(ladder.crossed() == crossed);
}

TEST_CASE("ten thousand random changes leave what a plain map holds") {
  std::mt19937_64 random{20261121};
  Ladder ladder;
  std::map<std::int32_t, std::int64_t> expected;
  const auto side = GENERATE(BookSide::bid, BookSide::ask);
  for (int i = 0; i < 10'000; ++i) {
    const auto price = static_cast<std::int32_t>(1 + random() % 60);
    const auto change = static_cast<std::int64_t>(random() % 21) - 10;
    const auto accepted = ladder.apply_delta(side, Price{price}, Quantity{change});
    REQUIRE(accepted == (expected[price] + change >= 0));
    if (accepted) {
      expected[price] += change;
    }
    if (expected[price] == 0) {
      expected.erase(price);
    }
  }
  REQUIRE(expected.size() > 16);
  const auto levels = ladder.levels(side);
  REQUIRE(levels.size() == expected.size());
  for (const auto& held : levels) {
    CHECK(expected[held.price.value()] == held.quantity.value());
  }
  const auto best = side == BookSide::bid ? expected.rbegin()->first : expected.begin()->first;
  CHECK(ladder.best(side)->price == Price{best});
}
