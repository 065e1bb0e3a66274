#include "bridges/espn/scoreboard_codec.hpp"

#include <catch2/catch.hpp>

#include "tests/actors/orchestrator/listings.hpp"

namespace arbees::test {

using namespace std::chrono_literals;

namespace {

const Timestamp at = from_ms(1'795'226'400'000);

Scoreboard decode(League league, EspnClock clock, const std::string& file) {
  const auto text = read_text(std::string{ARBEES_TEST_DATA} + "/games/espn/" + file);
  const auto decoded = decode_scoreboard(league, clock, text, at);
  REQUIRE(decoded);
  CHECK(decoded->dropped.empty());
  return decoded->scoreboard;
}

} // namespace

TEST_CASE("displayed clocks are read whatever their form") {
  CHECK(parse_display_clock("4:12") == 252s);
  CHECK(parse_display_clock("12:00.5") == 720'500ms);
  CHECK(parse_display_clock("34.5") == 34'500ms);
  CHECK(parse_display_clock("0.0") == 0s);
  CHECK(parse_display_clock("0:00") == 0s);
  CHECK(parse_display_clock("45'+2'") == 47min);
  CHECK(parse_display_clock("90'") == 90min);
  for (const auto* text : {"", "-1:00", "4:60", "4:-1", ":12", "4:", "abc", "'", "45'+", "45'2'",
                           "999:00", "1e5", "99999999999999999999", "nan"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_display_clock(text));
  }
}

TEST_CASE("the NBA sample has a final, a live and a scheduled game") {
  const auto board = decode(League::nba, EspnClock::left, "nba-scoreboard-20261120.json");
  REQUIRE(board.games.size() == 3);
  CHECK(board.games[0].state.phase == Phase::final);
  CHECK(board.games[0].completed);
  CHECK(board.games[0].state.home_score == 118);
  const auto& live = board.games[1];
  CHECK(live.game.key == "nba:401990102");
  CHECK(live.game.id == game_id("nba:401990102"));
  CHECK(live.game.away.id == "BOS");
  CHECK(live.state.phase == Phase::live);
  CHECK(live.state.clock == 252s);
  CHECK(live.state.period == 3);
  CHECK(live.state.away_score == 71);
  const auto& derby = board.games[2];
  CHECK(derby.game.start == utc("2026-11-21T03:30Z"));
  CHECK(derby.home.full_name == "LA Clippers");
  CHECK(derby.home_spread_tenths == 25);
}

TEST_CASE("baseball has no clock, and a postponed game is not over") {
  const auto board =
    decode(League::mlb, EspnClock::none, "mlb-scoreboard-20260919-doubleheader.json");
  REQUIRE(board.games.size() == 4);
  CHECK_FALSE(board.games[1].state.clock);
  CHECK(board.games[1].state.detail == "Top 4th");
  CHECK(board.games[2].state.phase == Phase::void_);
  CHECK_FALSE(board.games[2].completed);
  CHECK(board.games[3].state.phase == Phase::delayed);
}

TEST_CASE("status names that nobody knows forbid trading") {
  CHECK(espn_phase("STATUS_FINAL_PEN") == Phase::final);
  CHECK(espn_phase("STATUS_FULL_TIME") == Phase::final);
  CHECK(espn_phase("STATUS_HALFTIME") == Phase::pause);
  CHECK(espn_phase("STATUS_FINALE") == Phase::unknown);
  CHECK(espn_phase("STATUS_NEW") == Phase::unknown);
  CHECK(espn_phase("") == Phase::unknown);
}

TEST_CASE("rubbish is refused, and one bad event does not take the others along") {
  for (const auto* text : {"", "null", "[]", "{}", R"({"events":{}})", R"({"events":[)", "\xff"}) {
    CAPTURE(text);
    CHECK_FALSE(decode_scoreboard(League::nba, EspnClock::left, text, at));
  }
  const auto decoded =
    decode_scoreboard(League::nba, EspnClock::left,
                      R"({"events":[1,{"id":"x"},{"id":"1","date":"soon","competitions":[{}]},
        {"id":"2","date":"2026-11-21T00:00Z","competitions":[{"competitors":[1,2]}]}]})",
                      at);
  REQUIRE(decoded);
  CHECK(decoded->scoreboard.games.empty());
  CHECK(decoded->dropped.at("no_object") == 1);
  CHECK(decoded->dropped.at("no_competition") == 1);
  CHECK(decoded->dropped.at("no_date") == 1);
  CHECK(decoded->dropped.at("no_competitors") == 1);
}

TEST_CASE("every cut of a scoreboard is refused, never a crash") {
  const auto text =
    read_text(std::string{ARBEES_TEST_DATA} + "/games/espn/nba-scoreboard-20261120.json");
  for (std::size_t size = 0; size < text.size(); size += 97) {
    CHECK_FALSE(decode_scoreboard(League::nba, EspnClock::left, text.substr(0, size), at));
  }
}

} // namespace arbees::test
