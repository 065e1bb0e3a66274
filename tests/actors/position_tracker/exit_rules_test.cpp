#include "actors/position_tracker/exit_rules.hpp"

#include "tests/actors/executor/pair_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

/// YES on Kalshi and NO on Polymarket, bought for 45 cents each, fees included.
class Scene {
public:
  Scene(Quantity kalshi, Quantity poly) : quantities_{kalshi, poly} { bids(cents(43), cents(43)); }

  /// What both sides can be sold for, 50 contracts each and 500 more two cents below.
  void bids(Price kalshi, Price poly, Quantity size = contracts(50)) {
    const auto lower = [](Price price) { return Price{price.value() - 200}; };
    books_[0] =
      kalshi_book({{kalshi, size}, {lower(kalshi), contracts(500)}}, {{cents(99), contracts(500)}});
    books_[1] = poly_book({{cents(1), contracts(500)}},
                          {{complement(poly), size}, {complement(lower(poly)), contracts(500)}});
  }

  ExitQuestion question() const {
    ExitQuestion question{.league = League::nfl,
                          .lockup_hours = 6,
                          .opened_at = start,
                          .now = start + 1min - 40s,
                          .flatten = flatten};
    for (std::size_t i = 0; i < 2; ++i) {
      const auto cost = notional(cents(45), quantities_[i], Rounding::up);
      question.legs[i] = {.leg = {.market = markets_[i].id,
                                  .venue = markets_[i].ref.venue,
                                  .side = i == 0 ? Side::yes : Side::no,
                                  .quantity = quantities_[i],
                                  .cost = cost},
                          .entry = cost,
                          .market = &markets_[i],
                          .book = &books_[i]};
    }
    return question;
  }

  ExitAnswer judge() const { return judge_exit(question(), config); }

  PositionConfig config{.min_hold = 20s};
  bool flatten = false;

private:
  std::array<Quantity, 2> quantities_;
  std::array<MarketSpec, 2> markets_{kalshi_market(), poly_market()};
  std::array<BookUpdate, 2> books_;
};

} // namespace

TEST_CASE("a hedged pair waits for its dollar") {
  Scene scene{contracts(20), contracts(20)};
  for (const auto price : {cents(3), cents(30), cents(45), cents(49)}) {
    scene.bids(price, price);
    CHECK_FALSE(scene.judge().reason);
  }
}

TEST_CASE("both legs are sold early when they bring more than the dollar that is locked") {
  Scene scene{contracts(20), contracts(20)};
  scene.bids(cents(52), cents(51));
  CHECK_FALSE(scene.judge().reason);
  // Fees of 1.7537 and 1.2495 cents leave 100.9968; the dollar is worth 99.9938 until it is paid.
  scene.bids(cents(53), cents(51));
  CHECK(scene.judge().reason == ExitReason::early_exit);
  scene.config.hurdle_percent = 0;
  CHECK_FALSE(scene.judge().reason);
  scene.bids(cents(53), cents(52));
  const auto exit = scene.judge();
  REQUIRE(exit.reason == ExitReason::early_exit);
  CHECK(exit.legs[0].quantity == contracts(20));
  CHECK(exit.legs[1].quantity == contracts(20));
  CHECK(exit.legs[0].limit == cents(53));
  CHECK(exit.legs[1].limit == cents(52));
  CHECK(exit.legs[1].side == Side::no);
  CHECK(exit.legs[1].proceeds == dollars(20 * 0.52));
}

TEST_CASE("an early exit goes only as deep as each contract is worth it") {
  Scene scene{contracts(80), contracts(80)};
  scene.bids(cents(53), cents(52));
  const auto exit = scene.judge();
  REQUIRE(exit.reason == ExitReason::early_exit);
  CHECK(exit.legs[0].quantity == contracts(50));
  CHECK(exit.legs[0].limit == cents(53));
  SECTION("and deeper if the lower level still pays") {
    scene.bids(cents(60), cents(52));
    const auto deeper = scene.judge();
    REQUIRE(deeper.reason == ExitReason::early_exit);
    CHECK(deeper.legs[0].quantity == contracts(80));
    CHECK(deeper.legs[0].limit == cents(58));
    CHECK(deeper.legs[1].limit == cents(50));
  }
}

TEST_CASE("money that waits longer lets go of its dollar for less") {
  CHECK(locked_value(dollars(0.90), 0, 10) == dollars(1));
  // 90 cents at 10 % a year for 876 hours: 0.9 cents.
  CHECK(locked_value(dollars(0.90), 876, 10) == dollars(1 - 0.009));
  CHECK(locked_value(dollars(0.90), -5, 10) == dollars(1));
}

TEST_CASE(
  "contracts without hedge have a stop-loss and a take-profit, by league and after a while") {
  Scene scene{contracts(20), Quantity{}};
  scene.bids(cents(45), cents(45));
  CHECK_FALSE(scene.judge().reason);
  SECTION("far enough below their cost they are sold at a protected limit") {
    scene.bids(cents(36), cents(45));
    const auto exit = scene.judge();
    REQUIRE(exit.reason == ExitReason::stop_loss);
    CHECK(exit.legs[0].quantity == contracts(20));
    CHECK(exit.legs[0].limit == cents(36));
    CHECK(exit.legs[1].quantity == Quantity{});
    scene.bids(cents(38), cents(45));
    CHECK_FALSE(scene.judge().reason);
  }
  SECTION("the protected limit leaves what would go for much less") {
    scene.bids(cents(30), cents(45), contracts(5));
    scene.config.max_slippage = dollars(0.01);
    const auto exit = scene.judge();
    REQUIRE(exit.reason == ExitReason::stop_loss);
    CHECK(exit.legs[0].quantity == contracts(5));
  }
  SECTION("far enough above it as well") {
    scene.bids(cents(58), cents(45));
    REQUIRE(scene.judge().reason == ExitReason::take_profit);
    scene.bids(cents(56), cents(45));
    CHECK_FALSE(scene.judge().reason);
  }
  SECTION("the league has its own distance") {
    scene.bids(cents(36), cents(45));
    scene.config.league_stop_loss[League::nfl] = dollars(0.20);
    CHECK_FALSE(scene.judge().reason);
  }
  SECTION("not before it was held long enough") {
    scene.bids(cents(36), cents(45));
    scene.config.min_hold = 20s + 1ns;
    CHECK_FALSE(scene.judge().reason);
  }
}

TEST_CASE("hedged pairs are cut short only if they need not be held to settlement") {
  Scene scene{contracts(20), contracts(20)};
  scene.bids(cents(40), cents(40));
  CHECK_FALSE(scene.judge().reason);
  scene.config.hold_to_settlement = false;
  CHECK(scene.judge().reason == ExitReason::stop_loss);
}

TEST_CASE("flattening sells what loses little, and says why it keeps the rest") {
  Scene scene{contracts(20), contracts(20)};
  scene.flatten = true;
  scene.bids(cents(45), cents(45)); // 3 cents of fees
  const auto exit = scene.judge();
  REQUIRE(exit.reason == ExitReason::flatten);
  CHECK(exit.legs[0].quantity == contracts(20));
  CHECK(exit.legs[1].quantity == contracts(20));
  scene.bids(cents(43), cents(43)); // 7 cents
  const auto kept = scene.judge();
  CHECK_FALSE(kept.reason);
  CHECK(kept.detail.find("may lose 5.00 cents") != std::string::npos);
  scene.config.flatten_max_loss = dollars(0.08);
  CHECK(scene.judge().reason == ExitReason::flatten);
}

TEST_CASE("no rule looks at a book that is old, stale or missing") {
  Scene scene{contracts(20), contracts(20)};
  scene.bids(cents(60), cents(60));
  REQUIRE(scene.judge().reason);
  scene.config.max_book_age = 19s;
  CHECK_FALSE(scene.judge().reason);
  scene.config.max_book_age = 20s;
  auto question = scene.question();
  auto stale = *question.legs[1].book;
  stale.status = BookStatus::stale;
  question.legs[1].book = &stale;
  CHECK_FALSE(judge_exit(question, scene.config).reason);
  question.legs[1].book = nullptr;
  CHECK_FALSE(judge_exit(question, scene.config).reason);
}

TEST_CASE("an exit below a market's minimum is none") {
  Scene scene{contracts(4), contracts(4)};
  scene.bids(cents(60), cents(60));
  CHECK_FALSE(scene.judge().reason); // Polymarket takes 5 and more
}
