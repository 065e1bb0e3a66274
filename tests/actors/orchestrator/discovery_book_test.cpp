#include "actors/orchestrator/discovery_book.hpp"

#include <catch2/catch.hpp>

#include "tests/actors/orchestrator/games.hpp"

using namespace arbees;
using namespace arbees::test;
using std::chrono::hours;
using std::chrono::milliseconds;

namespace {

const auto now = from_ms(1'795'226'400'000);

DiscoveryRequest by_game(const std::string& key) {
  DiscoveryRequest request;
  request.id = "7";
  request.game = key;
  request.deadline = now + milliseconds{500};
  return request;
}

DiscoveryRequest by_teams(std::vector<std::string> teams, std::optional<League> league = {}) {
  auto request = by_game("");
  request.teams = std::move(teams);
  request.league = league;
  return request;
}

/// The problem's name, or the keys of the games.
std::string said(const DiscoveryBook& book, const DiscoveryRequest& request) {
  const auto answer = book.answer(request, now);
  CHECK(answer.id == request.id);
  CHECK(answer.games.empty() == answer.problem.has_value());
  CHECK(answer.reason.empty() != answer.problem.has_value());
  if (answer.problem) {
    return std::string{to_string(*answer.problem)};
  }
  std::string keys;
  for (const auto& game : answer.games) {
    keys += (keys.empty() ? "" : " ") + game.game.key;
  }
  return keys;
}

const auto lakers =
  game_info("nba:1", League::nba, {"LAC", "LA Clippers"}, {"LAL", "Los Angeles Lakers"});
const auto knicks =
  game_info("nba:2", League::nba, {"BOS", "Boston Celtics"}, {"NY", "New York Knicks"});
const auto bruins =
  game_info("nhl:3", League::nhl, {"BOS", "Boston Bruins"}, {"NYR", "New York Rangers"});

} // namespace

TEST_CASE("A proven game is found by its key, by its teams and with its league") {
  DiscoveryBook book;
  book.learn(matched(lakers));
  book.learn(matched(bruins));
  book.learn(knicks);
  CHECK(said(book, by_game("nba:1")) == "nba:1");
  CHECK(said(book, by_teams({"LAL"})) == "nba:1");
  CHECK(said(book, by_teams({"la clippers", "lal"})) == "nba:1");
  CHECK(said(book, by_teams({"Los Angeles Lakers", "LAC"}, League::nba)) == "nba:1");
  CHECK(said(book, by_teams({}, League::nba)) == "nba:1");
  CHECK(said(book, by_teams({"BOS"}, League::nhl)) == "nhl:3");
  const auto answer = book.answer(by_game("nba:1"), now);
  CHECK(answer.games[0].markets.size() == 1);
  CHECK(answer.at == now);
}

TEST_CASE("What is not known for certain is a problem with its reason, never a guess") {
  DiscoveryBook book;
  book.learn(matched(lakers));
  book.learn(knicks);
  book.learn(bruins);
  CHECK(said(book, by_game("nba:9")) == "unknown");
  CHECK(said(book, by_game("nba:")) == "unknown");
  CHECK(said(book, by_teams({"Lakers"})) == "unknown"); // a part of a name is no name
  CHECK(said(book, by_teams({"LAL", "NY"})) == "unknown");
  CHECK(said(book, by_teams({"LAL"}, League::nhl)) == "unknown");
  CHECK(said(book, by_teams({}, League::mlb)) == "unknown");
  CHECK(said(book, by_game("nba:2")) == "not_matched");
  CHECK(said(book, by_teams({}, League::nhl)) == "not_matched");
  CHECK(said(book, by_teams({"BOS"})) == "ambiguous");
  CHECK(said(book, by_teams({"LAL", "lal"})) == "malformed");
  CHECK(said(book, by_teams({"LAL", "LAC", "NY"})) == "malformed");
  CHECK(said(book, by_teams({"  "})) == "malformed");
  CHECK(said(book, by_teams({})) == "malformed");
  auto wrong_league = by_game("nba:1");
  wrong_league.league = League::nfl;
  CHECK(said(book, wrong_league) == "unknown");
}

TEST_CASE("The same teams on two days are ambiguous until one is over") {
  auto later = lakers;
  later.key = "nba:8";
  later.id = game_id(later.key);
  DiscoveryBook book;
  book.learn(matched(lakers));
  book.learn(matched(later));
  const auto answer = book.answer(by_teams({"LAL"}), now);
  CHECK(answer.problem == DiscoveryProblem::ambiguous);
  CHECK_THAT(answer.reason, Catch::Contains("nba:1, nba:8"));
  book.end(lakers, now);
  CHECK(said(book, by_teams({"LAL"})) == "nba:8");
  CHECK(book.answer(by_game("nba:1"), now).reason == "the game has ended");
  book.learn(matched(lakers)); // comes too late: it stays ended
  CHECK(said(book, by_game("nba:1")) == "unknown");
}

TEST_CASE("The reason says what stopped each venue's listing, or that the proof no longer holds") {
  DiscoveryBook book;
  book.learn(knicks);
  CHECK_THAT(book.answer(by_game("nba:2"), now).reason, Catch::Contains("no venue's listing"));
  book.learn(MatchRejected{.venue = Venue::polymarket,
                           .listing = "nba-bos-nyk",
                           .candidate = knicks,
                           .gate = "start",
                           .detail = "6 h apart",
                           .at = now});
  book.learn(MatchRejected{.listing = "nobody's", .candidate = {}, .gate = "team", .detail = ""});
  CHECK(book.answer(by_game("nba:2"), now).reason == "polymarket nba-bos-nyk: start: 6 h apart");
  auto doubtful = matched(knicks);
  doubtful.tradable = false;
  doubtful.reasons = {"catalogue is old"};
  book.learn(doubtful);
  CHECK(said(book, by_game("nba:2")) == "not_matched");
  CHECK(book.answer(by_game("nba:2"), now).reason == "no longer proven: catalogue is old");
  book.learn(matched(knicks));
  CHECK(said(book, by_game("nba:2")) == "nba:2");
}

TEST_CASE("A question past its deadline is too late, on it it is not") {
  DiscoveryBook book;
  book.learn(matched(lakers));
  auto request = by_game("nba:1");
  request.deadline = now;
  CHECK(said(book, request) == "nba:1");
  request.deadline = now - milliseconds{1};
  CHECK(said(book, request) == "too_late");
}

TEST_CASE("Games without end take no memory without end, and no answer is endless") {
  DiscoveryBook book{{.max_games_in_answer = 3, .max_games = 4, .forget_after = hours{6}}};
  for (auto i = 0; i < 10; ++i) {
    auto game = lakers;
    game.key = "nba:" + std::to_string(i);
    game.id = game_id(game.key);
    book.learn(matched(game));
    CHECK(said(book, by_teams({}, League::nba)).starts_with(i < 3 ? "nba:0" : "too_many"));
  }
  CHECK(book.size() == 4);
  auto first = lakers;
  first.key = "nba:0";
  book.end(first, now);
  book.tick(now + hours{6});
  CHECK(book.size() == 4);
  book.tick(now + hours{6} + milliseconds{1});
  CHECK(book.size() == 3);
}
