#include "bridges/espn/scoreboard_poller.hpp"

#include "bridges/espn/league_files.hpp"
#include "tests/bridges/poller_fixture.hpp"

namespace arbees::test {

using namespace std::chrono_literals;

namespace {

const EspnLeague nba{League::nba, "basketball/nba", "", EspnClock::left};

} // namespace

TEST_CASE("the scoreboard is asked for the Eastern day, and for yesterday until six") {
  CHECK(scoreboard_target(nba, utc("2026-11-21T03:30Z"))
        == "/apis/site/v2/sports/basketball/nba/scoreboard?dates=20261120");
  CHECK(scoreboard_target(nba, utc("2026-11-21T10:59Z"))
        == "/apis/site/v2/sports/basketball/nba/scoreboard?dates=20261120-20261121");
  CHECK(scoreboard_target(nba, utc("2026-11-21T11:00Z"))
        == "/apis/site/v2/sports/basketball/nba/scoreboard?dates=20261121");
  const EspnLeague college{League::ncaamb, "basketball/mens-college-basketball",
                           "groups=50&limit=400", EspnClock::left};
  CHECK(scoreboard_target(college, utc("2026-11-21T12:00Z"))
        == "/apis/site/v2/sports/basketball/mens-college-basketball/scoreboard"
           "?groups=50&limit=400&dates=20261121");
}

TEST_CASE("a league is polled as often as its games ask for") {
  const ScoreboardPollerConfig config;
  const auto interval = [&](Phase phase, Duration until_start) {
    Scoreboard board;
    board.fetched_at = utc("2026-11-21T00:00Z");
    board.games.resize(1);
    board.games[0].state.phase = phase;
    board.games[0].game.start = board.fetched_at + until_start;
    return scoreboard_interval(config, board);
  };
  CHECK(interval(Phase::live, -1h) == 5s);
  CHECK(interval(Phase::scheduled, 59min) == 60s);
  CHECK(interval(Phase::scheduled, 65min) == 5min);
  CHECK(interval(Phase::scheduled, 5h) == 10min);
  CHECK(interval(Phase::final, -5h) == 10min);
}

SCENARIO_METHOD(PollerFixture, "scoreboards are read again and again") {
  ScoreboardPollerConfig wanted{
    .base_url = url(), .leagues = {nba}, .live_interval = 10ms, .spacing = 1ms};
  const auto poller = ScoreboardPoller::make(*network, clock, wanted, sink());
  REQUIRE(poller);
  HttpPeer peer{server};
  const auto request = peer.read();
  CHECK(std::string{request.target()}.starts_with(
    "/apis/site/v2/sports/basketball/nba/scoreboard?dates="));
  peer.answer(200, sample("espn/nba-scoreboard-20261120.json"));
  const auto board = receive<Scoreboard>();
  CHECK(board.league == League::nba);
  CHECK(board.games.size() == 3);
  peer.read();
  peer.answer(200, sample("espn/nba-scoreboard-20261120.json"));
  CHECK(receive<Scoreboard>().fetched_at > board.fetched_at);
}

TEST_CASE("a base URL that is none is refused") {
  PollerFixture fixture;
  const auto poller = ScoreboardPoller::make(*fixture.network, fixture.clock,
                                             {.base_url = "nonsense"}, fixture.sink());
  CHECK_FALSE(poller);
}

TEST_CASE("pauses after failures double up to five minutes") {
  CHECK(pause_after_failures(1) == 5s);
  CHECK(pause_after_failures(2) == 10s);
  CHECK(pause_after_failures(6) == 160s);
  CHECK(pause_after_failures(7) == 300s);
  CHECK(pause_after_failures(1'000'000) == 300s);
}

TEST_CASE("league and team tables are read from their folder") {
  const auto files = read_league_files(std::string{ARBEES_TEST_DATA} + "/../../config");
  REQUIRE(files);
  CHECK(files->leagues.starts_with("league,"));
  CHECK(files->teams.contains("nba"));
  CHECK(make_league_tables(files->leagues, files->teams));
  CHECK_FALSE(read_league_files("/nowhere"));
}

} // namespace arbees::test
