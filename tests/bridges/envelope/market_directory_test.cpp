#include "bridges/envelope/market_directory.hpp"

#include <caf/all.hpp>
#include <catch2/catch.hpp>

#include "tests/bridges/envelope/sample_messages.hpp"

using namespace arbees;
using namespace arbees::test;

TEST_CASE("a match names its markets") {
  MarketDirectory directory;
  CHECK(directory.find(kalshi_market) == nullptr);
  directory.add(sample_match());
  const auto* const kalshi = directory.find(kalshi_market);
  REQUIRE(kalshi);
  CHECK(kalshi->contract_team == "LAL");
  CHECK(kalshi->prices_topic == "prices.kalshi.KXNBAGAME-26NOV21LACLAL-LAL");
  CHECK(kalshi->head
        == R"("market_id":"KXNBAGAME-26NOV21LACLAL-LAL","platform":"kalshi",)"
           R"("game_id":"nba:401990102","contract_team":"LAL")");
  const auto* const poly = directory.find(poly_market);
  REQUIRE(poly);
  CHECK(poly->orderbook_topic == "orderbook.poly.0xabc123");
  CHECK(poly->head.find(R"("token_id":"7101","outcome":"Lakers")") != std::string::npos);
  REQUIRE(directory.game_key(sample_game().id));
  CHECK(*directory.game_key(sample_game().id) == "nba:401990102");
}

TEST_CASE("a market that pays for no contract is called by its outcome") {
  auto match = sample_match();
  match.contracts[0].expressions = {{kalshi_market, Side::no}};
  MarketDirectory directory;
  directory.add(match);
  CHECK(directory.find(kalshi_market)->contract_team == "LA Lakers");
}

TEST_CASE("ended games are forgotten, the oldest first, but not at once") {
  MarketDirectory directory;
  directory.add(sample_match());
  directory.ended(sample_game().id);
  directory.ended(sample_game().id);
  for (std::size_t i = 1; i < MarketDirectory::ended_games; ++i) {
    const auto key = "nba:" + std::to_string(i);
    directory.add(GameInfo{.id = game_id(key), .key = key});
    directory.ended(game_id(key));
  }
  CHECK(directory.find(kalshi_market));
  directory.add(GameInfo{.id = game_id("nba:last"), .key = "nba:last"});
  directory.ended(game_id("nba:last"));
  CHECK_FALSE(directory.find(kalshi_market));
  CHECK_FALSE(directory.game_key(sample_game().id));
  CHECK(directory.game_key(game_id("nba:1")));
}
