#include "actors/signal_processor/pair_book.hpp"

#include <catch2/catch.hpp>

#include "tests/actors/signal_processor/sample_signal.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

constexpr PairId pair{1};
constexpr GameId game{77};

/// 100 contracts that may cost $45 at Kalshi and $52 at Polymarket.
RiskPair sample_pair() {
  RiskPair made{.game = game,
                .league = League::nba,
                .route = route_of(sample_signal()),
                .quantity = contracts(100),
                .legs = {{.market = kalshi_market,
                          .venue = Venue::kalshi,
                          .exchange_index = 3,
                          .side = Side::yes,
                          .limit = cents(44),
                          .reserved = dollars(45)},
                         {.market = poly_market,
                          .venue = Venue::polymarket,
                          .side = Side::no,
                          .limit = cents(50),
                          .reserved = dollars(52)}}};
  made.worst_payoffs.fill(dollars(1));
  made.worst_payoffs[static_cast<std::size_t>(Branch::cancelled)] = Money{500'000};
  return made;
}

/// Locked: $95 spent for 100 hedged contracts. Exposed: 20 of Kalshi's are over.
PairClosed closed(std::array<std::int64_t, 2> held, Money cost, std::uint32_t revision = 0) {
  const auto matched = contracts(std::min(held[0], held[1]));
  return {.pair = pair,
          .game = game,
          .matched = matched,
          .held = {contracts(held[0]), contracts(held[1])},
          .cost = cost,
          .locked_profit = payout(matched) - cost,
          .closed_at = noon,
          .revision = revision};
}

OrderReport bought(Venue venue, Money cost) {
  return {.pair = pair,
          .client_order_id = std::string{to_string(venue)},
          .market = venue == Venue::kalshi ? kalshi_market : poly_market,
          .venue = venue,
          .notional = cost};
}

Settlement paid(Venue venue, std::int64_t quantity, Money money, Money fee = {}) {
  return {.venue = venue,
          .market = venue == Venue::kalshi ? kalshi_market : poly_market,
          .side = venue == Venue::kalshi ? Side::yes : Side::no,
          .quantity = contracts(quantity),
          .payout = money,
          .fee = fee,
          .at = noon};
}

PairBook with_pair() {
  PairBook book;
  book.open(pair, sample_pair());
  return book;
}

} // namespace

TEST_CASE("A pair counts for its game, contract, league, venues and shards") {
  auto book = with_pair();
  CHECK(book.exposure() == dollars(97));
  CHECK(book.exposure(game) == dollars(97));
  CHECK(book.exposure(ContractId{5}) == dollars(97));
  CHECK(book.exposure(League::nba) == dollars(97));
  CHECK(book.exposure(Venue::kalshi) == dollars(45));
  CHECK(book.exposure(Venue::kalshi, 3) == dollars(45));
  CHECK(book.exposure(Venue::kalshi, 0) == Money{0});
  CHECK(book.exposure(Venue::polymarket, 0) == dollars(52));
  CHECK(book.tail_loss(game, Branch::cancelled) == dollars(47));
  CHECK(book.tail_loss(game, Branch::win) == Money{0});
  // Completed at a higher price than its limit.
  book.add(bought(Venue::kalshi, dollars(47)));
  CHECK(book.exposure(Venue::kalshi) == dollars(47));
  CHECK(book.exposure() == dollars(99));
}

TEST_CASE("A closed pair counts with what each leg cost") {
  auto book = with_pair();
  SECTION("as its orders were reported") {
    book.add(bought(Venue::kalshi, dollars(44)));
    book.add(bought(Venue::polymarket, dollars(51)));
    CHECK(book.add(closed({100, 100}, dollars(95)), std::nullopt) == dollars(5));
    CHECK(book.exposure(Venue::kalshi) == dollars(44));
    CHECK(book.exposure(Venue::polymarket) == dollars(51));
  }
  SECTION("in proportion to what is held, if they were not") {
    book.add(closed({100, 100}, dollars(94)), std::nullopt);
    CHECK(book.exposure(Venue::kalshi) == dollars(44));
    CHECK(book.exposure(Venue::polymarket) == dollars(50));
  }
  CHECK(book.counts().held == 1);
}

TEST_CASE("Exposure shrinks as the venues pay, leg by leg") {
  auto book = with_pair();
  book.add(closed({100, 100}, dollars(94)), std::nullopt);
  CHECK(book.add(paid(Venue::kalshi, 100, dollars(100))) == Money{0});
  CHECK(book.exposure() == dollars(50));
  CHECK(book.exposure(Venue::kalshi, 3) == Money{0});
  CHECK(book.tail_loss(game, Branch::cancelled) == Money{0}); // that branch did not happen
  CHECK(book.counts().held == 1);
  CHECK(book.add(paid(Venue::polymarket, 100, Money{0})) == Money{0});
  CHECK(book.exposure() == Money{0});
  CHECK(book.counts().settled == 1);
}

TEST_CASE("A payment of another side or market settles nothing") {
  auto book = with_pair();
  book.add(closed({100, 100}, dollars(94)), std::nullopt);
  auto other = paid(Venue::kalshi, 100, dollars(100));
  other.side = Side::no;
  book.add(other);
  other = paid(Venue::kalshi, 100, dollars(100));
  other.market = kalshi_rival;
  book.add(other);
  CHECK(book.exposure() == dollars(94));
}

TEST_CASE("Realised profit is what was locked until the venues pay otherwise") {
  auto book = with_pair();
  CHECK(book.add(closed({100, 100}, dollars(94)), std::nullopt) == dollars(6));
  SECTION("a cancelled game pays 30 cents at one venue and 50 at the other") {
    CHECK(book.add(paid(Venue::kalshi, 100, dollars(30))) == Money{0});
    CHECK(book.add(paid(Venue::polymarket, 100, dollars(50))) == -dollars(20));
  }
  SECTION("a charge for the settlement") {
    book.add(paid(Venue::kalshi, 100, dollars(100), dollars(2)));
    CHECK(book.add(paid(Venue::polymarket, 100, Money{0})) == -dollars(2));
  }
  SECTION("a decision that is reversed on one venue only") {
    book.add(paid(Venue::kalshi, 100, dollars(100)));
    CHECK(book.add(paid(Venue::polymarket, 100, Money{0})) == Money{0});
    CHECK(book.add(paid(Venue::kalshi, 100, Money{0})) == -dollars(100));
    CHECK(book.add(paid(Venue::polymarket, 100, dollars(100))) == dollars(100));
  }
  SECTION("payment for more contracts than this pair's") {
    book.add(paid(Venue::kalshi, 400, dollars(400)));
    CHECK(book.add(paid(Venue::polymarket, 400, Money{0})) == Money{0});
  }
}

TEST_CASE("Contracts without hedge are worth nothing until they are paid") {
  auto book = with_pair();
  CHECK(book.add(closed({100, 80}, dollars(84)), std::nullopt) == -dollars(4));
  SECTION("won") {
    CHECK(book.add(paid(Venue::kalshi, 100, dollars(100))) == dollars(20));
    CHECK(book.add(paid(Venue::polymarket, 80, Money{0})) == Money{0});
  }
  SECTION("lost") {
    CHECK(book.add(paid(Venue::kalshi, 100, Money{0})) == Money{0});
    CHECK(book.add(paid(Venue::polymarket, 80, dollars(80))) == Money{0});
  }
}

TEST_CASE("A later revision replaces what a pair holds and has earned") {
  auto book = with_pair();
  CHECK(book.add(closed({0, 0}, dollars(1)), std::nullopt) == -dollars(1));
  CHECK(book.counts().ended == 1);
  CHECK(book.add(closed({100, 100}, dollars(94), 1), std::nullopt) == dollars(7));
  CHECK(book.exposure() == dollars(94));
  CHECK(book.add(closed({0, 0}, dollars(1), 0), std::nullopt) == Money{0}); // heard late
  CHECK(book.exposure() == dollars(94));
  CHECK(book.add(closed({50, 50}, dollars(48), 2), std::nullopt) == -dollars(4));
  CHECK(book.exposure() == dollars(48));
  CHECK(book.counts().approved == 1);
}

TEST_CASE("The end of a game frees what is held, and a game that is played after all binds it") {
  auto book = with_pair();
  book.add(closed({100, 100}, dollars(94)), std::nullopt);
  book.end(game);
  CHECK(book.exposure() == Money{0});
  CHECK(book.counts().settled == 1);
  book.reopen(game);
  CHECK(book.exposure(game) == dollars(94));
  CHECK(book.counts().held == 1);
}

TEST_CASE("A pair of which only the end was heard counts for its game and league") {
  PairBook book;
  book.add(closed({100, 100}, dollars(94)), League::nba);
  CHECK(book.exposure(game) == dollars(94));
  CHECK(book.exposure(League::nba) == dollars(94));
  CHECK(book.exposure(Venue::kalshi) == Money{0});
  CHECK(book.counts().approved == 1);
  book.end(game);
  CHECK(book.exposure() == Money{0});
}

TEST_CASE("What was paid long ago is forgotten, what is held never") {
  auto book = with_pair();
  book.add(closed({100, 100}, dollars(94)), std::nullopt);
  book.forget(noon + std::chrono::days{90});
  CHECK(book.known(pair));
  CHECK(book.exposure() == dollars(94));
  book.add(paid(Venue::kalshi, 100, dollars(100)));
  book.add(paid(Venue::polymarket, 100, Money{0}));
  book.forget(noon + std::chrono::days{29});
  CHECK(book.known(pair));
  book.forget(noon + std::chrono::days{30});
  CHECK_FALSE(book.known(pair));
  CHECK(book.counts().approved == 1);
  CHECK(book.counts().settled == 1);
}
