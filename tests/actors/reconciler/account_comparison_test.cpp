#include "actors/reconciler/account_comparison.hpp"

#include <catch2/catch.hpp>

using namespace arbees;

namespace {

constexpr Quantity contracts(std::int64_t n) {
  return Quantity{n * 1'000'000};
}

Holding held(std::uint64_t market, Side side, std::int64_t n) {
  return {.market = MarketId{market},
          .native_id = "M" + std::to_string(market),
          .side = side,
          .quantity = contracts(n)};
}

AccountView view(Venue venue, std::vector<Holding> holdings, std::optional<Money> money = {}) {
  return {.venue = venue, .holdings = std::move(holdings), .available = money};
}

} // namespace

TEST_CASE("accounts that agree are clean at the first look") {
  AccountComparison comparison{Money{}};
  const auto both =
    view(Venue::polymarket, {held(1, Side::yes, 5), held(1, Side::no, 2)}, Money{7});
  const auto result = comparison.judge(both, both);
  REQUIRE(result);
  CHECK(result->drifts.empty());
}

TEST_CASE("a difference is drift once it was seen twice, and only that") {
  AccountComparison comparison{Money{}};
  const auto ledger = view(Venue::polymarket, {held(1, Side::yes, 5)});
  CHECK_FALSE(comparison.judge(ledger, view(Venue::polymarket, {held(1, Side::yes, 7)})));
  SECTION("money that moves differs by another amount each time") {
    CHECK_FALSE(comparison.judge(ledger, view(Venue::polymarket, {held(1, Side::yes, 8)})));
  }
  SECTION("the same amount is drift, however much was traded meanwhile") {
    const auto later =
      comparison.judge(view(Venue::polymarket, {held(1, Side::yes, 10)}),
                       view(Venue::polymarket, {held(1, Side::yes, 12), held(2, Side::no, 1)}));
    REQUIRE(later);
    REQUIRE(later->drifts.size() == 1);
    CHECK(later->drifts[0]
          == Drift{.what = "holding",
                   .subject = "M1 yes",
                   .ledger = to_string(contracts(10)),
                   .venue = to_string(contracts(12))});
  }
  SECTION("of the other venue nothing is known by it") {
    CHECK_FALSE(comparison.judge(view(Venue::kalshi, {held(1, Side::yes, 5)}),
                                 view(Venue::kalshi, {held(1, Side::yes, 7)})));
  }
}

TEST_CASE("Kalshi nets both sides of a market, Polymarket holds both") {
  const std::vector both{held(1, Side::yes, 5), held(1, Side::no, 3)};
  const std::vector netted{held(1, Side::yes, 2)};
  CHECK(compare(view(Venue::kalshi, both), view(Venue::kalshi, netted), {}).empty());
  CHECK(compare(view(Venue::polymarket, both), view(Venue::polymarket, netted), {}).size() == 2);
  CHECK(compare(view(Venue::kalshi, {held(1, Side::no, 3)}),
                view(Venue::kalshi, {held(1, Side::yes, 3)}), {})
          .size()
        == 1);
}

TEST_CASE("an order that rests without the ledger knowing is drift") {
  auto ledger = view(Venue::kalshi, {});
  auto venue = view(Venue::kalshi, {});
  ledger.working = {{.client_order_id = "a1"}, {.client_order_id = "a2", .venue_order_id = "v2"}};
  venue.working = {{.client_order_id = "a1", .venue_order_id = "v1"}, {.venue_order_id = "v2"}};
  CHECK(compare(ledger, venue, {}).empty());
  venue.working.push_back({.client_order_id = "", .venue_order_id = "v9", .native_id = "KX"});
  const auto differences = compare(ledger, venue, {});
  REQUIRE(differences.size() == 1);
  CHECK(differences[0].drift.subject == "v9");
}

TEST_CASE("money differs beyond the tolerance, if nothing rests that could hold it back") {
  const auto ledger = view(Venue::kalshi, {}, Money{1'000'000});
  CHECK(compare(ledger, view(Venue::kalshi, {}, Money{1'010'000}), Money{10'000}).empty());
  const auto shortfall = compare(ledger, view(Venue::kalshi, {}, Money{989'999}), Money{10'000});
  REQUIRE(shortfall.size() == 1);
  CHECK(shortfall[0].drift.what == "money");
  CHECK(stops_trading(shortfall[0].drift));
  const auto surplus = compare(ledger, view(Venue::kalshi, {}, Money{1'010'001}), Money{10'000});
  REQUIRE(surplus.size() == 1);
  CHECK(surplus[0].drift.what == "surplus");
  CHECK_FALSE(stops_trading(surplus[0].drift));
  CHECK(agrees(Reconciliation{.drifts = {surplus[0].drift}}));
  CHECK_FALSE(agrees(Reconciliation{.drifts = {surplus[0].drift, shortfall[0].drift}}));
  CHECK(compare(ledger, view(Venue::kalshi, {}), Money{10'000}).empty());
  auto resting = view(Venue::kalshi, {}, Money{});
  resting.working = {{.venue_order_id = "v"}};
  CHECK(compare(ledger, resting, Money{10'000}).size() == 1); // the order itself
}
