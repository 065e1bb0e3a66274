#include "tests/bridges/polymarket/polymarket_gateway_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

/// Games take seconds.
struct FastFixture : PolymarketGatewayFixture {
  FastFixture() : PolymarketGatewayFixture{{}, 0, 1000} {}
};

} // namespace

SCENARIO_METHOD(PolymarketGatewayFixture, "the account is read anew, all of it or nothing") {
  start();
  const auto bought = order(venue.best_ask(Side::yes).price, shares(1000));
  place(bought);
  end_of(bought);
  listen_until([&] { return filled(bought) == shares(1000); });
  const auto resting = order(Price{500}, shares(700), Side::no, TimeInForce::good_till_cancelled);
  place(resting);
  const auto id = status_of(resting, OrderStatus::accepted).venue_order_id;
  const auto before = clock.now();
  SECTION("everything can be read") {
    const auto view = read_account();
    REQUIRE(view);
    CHECK(view->venue == Venue::polymarket);
    CHECK(view->available == venue.cash());
    CHECK(view->asked_at >= before);
    CHECK(view->at >= view->asked_at);
    CHECK(view->at <= clock.now());
    REQUIRE(view->holdings.size() == 1);
    CHECK(view->holdings[0].market == bought.market);
    CHECK(view->holdings[0].side == Side::yes);
    CHECK(view->holdings[0].quantity == shares(1000));
    REQUIRE(view->working.size() == 1);
    CHECK(view->working[0].client_order_id == resting.client_order_id);
    CHECK(view->working[0].venue_order_id == id);
    CHECK(view->working[0].filled == Quantity{});
  }
  SECTION("a part of it cannot") {
    const auto part =
      GENERATE(as<std::string>{}, "/v2/positions", "/data/orders", "/balance-allowance");
    venue.break_path(part);
    const auto view = read_account();
    REQUIRE_FALSE(view);
    CHECK(view.error() == Errc::io_failed);
  }
}

SCENARIO_METHOD(FastFixture, "what a decided market pays is told for each side") {
  config.settlement_period = 1ns;
  start();
  const auto yes = order(venue.best_ask(Side::yes).price, shares(1000));
  place(yes);
  end_of(yes);
  const auto no = order(venue.best_ask(Side::no).price, shares(800), Side::no);
  place(no);
  end_of(no);
  const auto value = venue.decide(GENERATE(true, false));
  venue.pass(3000); // whatever was matched is on the chain
  const auto due = [&](Side side) {
    const auto pays = side == Side::yes ? value : complement(value);
    return notional(pays, side == Side::yes ? shares(1000) : shares(800), Rounding::down);
  };
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (settlements.size() < 2 && std::chrono::steady_clock::now() < end) {
    tell(Tick{.now = clock.now()});
    wait_for_metric("user_stream_open", 1);
  }
  REQUIRE(settlements.size() == 2);
  for (const auto& settlement : settlements) {
    CHECK(settlement.venue == Venue::polymarket);
    CHECK(settlement.market == yes.market);
    CHECK(settlement.native_id == yes.ref.native_id);
    CHECK(settlement.quantity == (settlement.side == Side::yes ? shares(1000) : shares(800)));
    CHECK(settlement.payout == due(settlement.side));
    CHECK(settlement.fee == Money{});
  }
  CHECK(settlements[0].side != settlements[1].side);
  const auto view = read_account();
  REQUIRE(view);
  CHECK(view->holdings.empty());
  CHECK(view->available == venue.cash());
  // A new run is told the same, although nothing is held any more.
  const auto told = settlements.size();
  stop();
  statuses.clear();
  balances.clear();
  start();
  tell(Tick{.now = clock.now()});
  listen_until([&] { return settlements.size() == 2 * told; });
}

SCENARIO_METHOD(PolymarketGatewayFixture,
                "a buy without its exchange's allowance stays in the house") {
  start();
  venue.allowed = false; // from now on only one exchange may move what there is
  auto match = venue.match(true);
  tell(match);
  tell(Tick{.now = clock.now()});
  wait_for_metric("allowance_missing", 1);
  const auto intent = order(venue.best_ask(Side::yes).price, shares(50'000));
  place(intent);
  CHECK_THAT(end_of(intent).reason, Catch::StartsWith("no_allowance: approve pUSD for 0x"));
  CHECK(venue.order_posts == 0);
}

SCENARIO_METHOD(PolymarketGatewayFixture, "a signature under the wrong exchange stops new orders") {
  start();
  tell(venue.match(true));
  const auto first = order(venue.best_ask(Side::yes).price, shares(1000));
  place(first);
  const auto report = end_of(first);
  CHECK(report.status == OrderStatus::rejected);
  CHECK(report.reason == "invalid_signature");
  const auto second = order(venue.best_ask(Side::yes).price, shares(1000));
  place(second);
  CHECK(end_of(second).reason == "venue_refuses: invalid_signature");
  CHECK(venue.order_posts == 1);
}

SCENARIO_METHOD(PolymarketGatewayFixture, "an account that may not trade is told at the start") {
  SECTION("from a blocked place") {
    venue.blocked = true;
    CHECK_THAT(why_not(), Catch::Contains("refuses orders from this place (country 'ZZ')"));
  }
  SECTION("on an exchange of an unknown version") {
    venue.version = 3;
    CHECK_THAT(why_not(), Catch::Contains("version 3"));
  }
  SECTION("in closed-only mode") {
    venue.closed_only = true;
    CHECK_THAT(why_not(), Catch::Contains("closed-only"));
  }
  SECTION("with a spender that may not spend") {
    venue.allowed = false;
    CHECK_THAT(why_not(),
               Catch::Contains("0xe2222d279d744050d28e00520010520000310F59 may spend 5.00"));
  }
  SECTION("with another secret than the venue gave") {
    start(); // the venue gives one
    stop();
    write_secret("credentials", R"({"apiKey":"k","secret":"c2VjcmV0c2VjcmV0","passphrase":"p"})");
    config.account.credentials_file = (files / "credentials").string();
    CHECK_THAT(why_not(), Catch::Contains("HTTP 401"));
  }
  SECTION("with a key file that others may read") {
    std::filesystem::permissions(files / "key", std::filesystem::perms::group_read,
                                 std::filesystem::perm_options::add);
    CHECK_THAT(why_not(), Catch::Contains("bad_credential"));
  }
}
