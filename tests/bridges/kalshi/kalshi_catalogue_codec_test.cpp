#include "bridges/kalshi/kalshi_catalogue_codec.hpp"

#include <catch2/catch.hpp>

#include "tests/actors/orchestrator/listings.hpp"

namespace arbees::test {

namespace {
const Timestamp at = from_ms(1'795'226'400'000);
}

TEST_CASE("Kalshi's fee types become schedules, unknown ones none") {
  const auto schedule = [](const char* type, std::int64_t multiplier) {
    return kalshi_fee_schedule({type, multiplier}, "test", at);
  };
  CHECK(schedule("quadratic", 1'000'000)->taker_ppm == 70'000);
  CHECK(schedule("quadratic", 1'000'000)->maker_ppm == 0);
  CHECK(schedule("quadratic_with_maker_fees", 1'000'000)->maker_ppm == 17'500);
  CHECK(schedule("quadratic_with_maker_fees", 500'000)->taker_ppm == 35'000);
  CHECK(schedule("quadratic_with_combo_maker_fees", 1'000'000)->maker_ppm == 35'000);
  CHECK_FALSE(schedule("flat", 1'000'000));
  CHECK_FALSE(schedule("", 1'000'000));
  CHECK_FALSE(schedule("quadratic", -1));
}

TEST_CASE("an event's own fees beat those of its series") {
  const auto fees_of = [](const std::string& extra) {
    const auto text = R"({"events":[{"event_ticker":"KXMLBGAME-26SEP191305NYYBAL",)" + extra
                      + R"("markets":[{"ticker":"KXMLBGAME-26SEP191305NYYBAL-NYY"}]}]})";
    const auto page =
      decode_kalshi_events(text, {{"KXMLBGAME", {"quadratic_with_maker_fees", 500'000}}}, at);
    REQUIRE(page);
    return page->events.at(0).markets.at(0).spec.fees;
  };
  CHECK(fees_of("")->taker_ppm == 35'000);
  CHECK(fees_of(R"("fee_multiplier_override":"1.0",)")->taker_ppm == 70'000);
  CHECK(fees_of(R"("fee_type_override":"quadratic",)")->maker_ppm == 0);
  CHECK_FALSE(fees_of(R"("fee_type_override":"new_kind",)"));
}

TEST_CASE("the NFL sample carries milestones, grids, lines and status") {
  const auto text =
    read_text(std::string{ARBEES_TEST_DATA} + "/games/kalshi/events-nfl-20261115.json");
  const auto page = decode_kalshi_events(text, {}, at);
  REQUIRE(page);
  CHECK(page->dropped.empty());
  REQUIRE(page->events.size() == 5);
  const auto& game = page->events[2];
  CHECK(game.start == utc("2026-11-16T01:20Z"));
  REQUIRE(game.markets.size() == 2);
  CHECK(game.markets[0].spec.accepts_orders);
  CHECK_FALSE(game.markets[0].spec.fees);
  CHECK(game.markets[0].spec.price_bands
        == std::vector<PriceBand>{{Price{0}, Price{10'000}, Price{100}}});
  CHECK(game.markets[0].team_key == game.away_team_key);
  CHECK(page->events[3].markets[0].line_tenths == 25);
  CHECK_FALSE(page->events[0].markets[0].spec.accepts_orders);
}

TEST_CASE("rubbish from Kalshi is refused or left out") {
  for (const auto* text : {"", "[]", "{}", R"({"events":1})"}) {
    CHECK_FALSE(decode_kalshi_events(text, {}, at));
  }
  const auto page = decode_kalshi_events(
    R"({"events":[7,{"event_ticker":""},{"event_ticker":"A-B","markets":[1,{"ticker":""},
        {"ticker":"A-B-C","market_type":"scalar"},
        {"ticker":"A-B-D","price_ranges":[{"start":"0","end":"2","step":"0.01"}]}]}],"cursor":"c"})",
    {}, at);
  REQUIRE(page);
  CHECK(page->cursor == "c");
  CHECK(page->dropped.at("event") == 2);
  CHECK(page->dropped.at("market") == 3);
  CHECK(page->events[0].markets[0].spec.price_bands.empty());
  CHECK_FALSE(decode_kalshi_series(R"({"series":{"ticker":"A"}})"));
  CHECK(
    decode_kalshi_series(R"({"series":{"ticker":"A","fee_type":"quadratic","fee_multiplier":0.5}})")
      ->fees.multiplier_ppm
    == 500'000);
}

} // namespace arbees::test
