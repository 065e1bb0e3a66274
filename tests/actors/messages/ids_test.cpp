#include "actors/messages/ids.hpp"

#include <catch2/catch.hpp>

#include "actors/messages/topics.hpp"

using namespace arbees;

TEST_CASE("Market ids are the same in every process and differ by venue") {
  CHECK(market_id(Venue::kalshi, "KXNBAGAME-26NOV20LALLAC-LAL")
        == market_id(Venue::kalshi, "KXNBAGAME-26NOV20LALLAC-LAL"));
  CHECK(market_id(Venue::kalshi, "A") != market_id(Venue::polymarket, "A"));
  // FNV-1a, 64 bit, of "a": the published test value.
  CHECK(fnv1a("a") == 0xaf63dc4c8601ec8c);
}

TEST_CASE("Ids survive their text form") {
  const auto id = game_id("nba:401990102");
  CHECK(parse_hex(to_hex(id)) == id.value());
  for (const auto* const text :
       {"", "12", "zzzzzzzzzzzzzzzz", "00000000000000000", "-000000000000001"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_hex(text));
  }
}

TEST_CASE("Client order ids hold to what Kalshi accepts") {
  const auto id = client_order_id(PairId{0xabcdef}, 1, OrderPurpose::unwind, 2);
  CHECK(id == "a0000000000abcdef-1u2");
  CHECK(id.size() <= 64);
}

TEST_CASE("Topics name the venue's own market") {
  CHECK(topic::prices({.venue = Venue::kalshi, .native_id = "KXT-A", .tokens = {}, .outcomes = {}})
        == "prices.kalshi.KXT-A");
  CHECK(
    topic::prices({.venue = Venue::polymarket, .native_id = "0xc", .tokens = {}, .outcomes = {}})
    == "prices.poly.0xc");
  CHECK(topic::family("signals.trade.1") == "signals");
}

TEST_CASE("Every league has a name that reads back") {
  for (auto i = 0; i <= static_cast<int>(League::uel); ++i) {
    const auto league = static_cast<League>(i);
    CHECK(parse_league(to_string(league)) == league);
  }
  CHECK_FALSE(parse_league("unknown"));
}
