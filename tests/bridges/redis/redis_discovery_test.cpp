#include "bridges/redis/redis_discovery.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <fstream>
#include <mutex>

#include "bridges/envelope/payload_codec.hpp"
#include "tests/actors/orchestrator/games.hpp"
#include "tests/bridges/redis/redis_server.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t now_ms = 1'795'226'400'000;

Timestamp noon() {
  return from_ms(now_ms);
}

std::string question(const std::string& rest, const std::string& reply_to = "discovery:reply:1",
                     std::int64_t deadline = now_ms + 1'000) {
  return fmt::format(R"({{"id":"1","reply_to":"{}","deadline_ms":{},{}}})", reply_to, deadline,
                     rest);
}

RedisDiscoveryConfig config_for(const RedisServer& server) {
  return {.address = server.address(),
          .timeouts = {.connect = 500ms, .silence = 500ms},
          .first_wait = 5ms,
          .longest_wait = 50ms,
          .clock = noon};
}

/// Answers with one game to whoever asks.
caf::expected<DiscoveryAnswer> one_game(const DiscoveryRequest& request, Duration) {
  DiscoveryAnswer answer;
  answer.id = request.id;
  answer.games.push_back(
    matched(game_info("nba:1", League::nba, {"LAC", "LA Clippers"}, {"LAL", "Lakers"})));
  answer.at = noon();
  return answer;
}

void push(const RedisServer& server, const std::string& text) {
  REQUIRE_FALSE(server.ask({"LPUSH", "discovery:requests", text}).is_error());
}

/// The next answer on the list, waiting for it.
boost::json::object answer(const RedisServer& server, const std::string& list) {
  RedisReply reply;
  REQUIRE(eventually(
    [&] {
      reply = server.ask({"RPOP", list});
      return reply.kind == RedisReply::Kind::text;
    },
    10s));
  return boost::json::parse(reply.text).as_object();
}

} // namespace

TEST_CASE("A question is read with its bounds, and what is wrong has a name") {
  const auto good = parse_discovery(
    question(R"("league":"nba","teams":["LAL","LA Clippers"],"game_id":null,"other":[1])"), noon());
  CHECK(good.malformed.empty());
  CHECK(good.reply_to == "discovery:reply:1");
  CHECK(good.request.id == "1");
  CHECK(good.request.league == League::nba);
  CHECK(good.request.teams == std::vector<std::string>{"LAL", "LA Clippers"});
  CHECK(good.request.deadline == from_ms(now_ms + 1'000));
  const auto game = R"("game_id":"nba:1")";
  const auto wrong = [](const std::string& text) {
    return parse_discovery(text, noon()).malformed;
  };
  CHECK(wrong(question(game, "discovery:reply:1", now_ms + 60'000)).empty());
  CHECK(wrong(question(game, "discovery:reply:1", now_ms + 60'001)) == "bad_deadline");
  CHECK(wrong(question(game, "discovery:reply:1", -1)) == "bad_deadline");
  CHECK(wrong(question(game, "stream:trades")) == "bad_reply_to");
  CHECK(wrong(question(game, "discovery:requests")) == "bad_reply_to");
  CHECK(wrong(question(game, "discovery:reply:" + std::string(200, 'x'))) == "bad_reply_to");
  CHECK(wrong(question(game, "discovery:reply:a b")) == "bad_reply_to");
  CHECK(wrong(question(R"("league":"cricket")")) == "bad_league");
  CHECK(wrong(question(R"("league":7)")) == "bad_league");
  CHECK(wrong(question(R"("game_id":7)")) == "bad_game_id");
  CHECK(wrong(question(R"("teams":"LAL")")) == "bad_teams");
  CHECK(wrong(question(R"("teams":["LAL",1])")) == "bad_teams");
  CHECK(wrong(question(R"("teams":["A","B","C"])")) == "bad_teams");
  CHECK(wrong(question(R"("teams":[""])")) == "bad_teams");
  CHECK(wrong(question(R"("teams":[])")) == "nothing_asked");
  CHECK(wrong(R"({"reply_to":"discovery:reply:1","deadline_ms":1,"game_id":"x"})") == "bad_id");
  CHECK(wrong("rubbish") == "bad_json");
  CHECK(wrong("[]") == "bad_json");
  CHECK(wrong(std::string(100'000, '[')) == "too_large");
}

TEST_CASE("A question on the list is answered on the asker's list, which Redis forgets in time") {
  const RedisServer server;
  const RedisDiscovery bridge{config_for(server), one_game};
  push(server, question(R"("game_id":"nba:1")"));
  REQUIRE(eventually([&] { return server.ask({"LLEN", "discovery:reply:1"}).integer == 1; }, 10s));
  REQUIRE(eventually([&] { return bridge.counters()["replies"] == 1; }, 10s));
  const auto ttl = server.ask({"TTL", "discovery:reply:1"}).integer;
  CHECK((ttl > 0 && ttl <= 60));
  const auto said = answer(server, "discovery:reply:1");
  CHECK(said.at("id") == "1");
  CHECK(said.at("error").is_null());
  REQUIRE(said.at("games").as_array().size() == 1);
  const auto game =
    decode_payload<MatchedGame>(boost::json::serialize(said.at("games").as_array()[0]));
  REQUIRE(game);
  CHECK(game->game.key == "nba:1");
  CHECK(game->markets.size() == 1);
}

TEST_CASE("What cannot be answered is said, or counted where nobody can be told") {
  const RedisServer server;
  auto asked = 0;
  RedisDiscovery bridge{config_for(server),
                        [&](const DiscoveryRequest&, Duration) -> caf::expected<DiscoveryAnswer> {
                          ++asked;
                          return caf::make_error(Errc::timed_out, std::string{"too busy"});
                        }};
  const auto code = [&](const std::string& text) {
    push(server, text);
    const auto said = answer(server, "discovery:reply:1");
    CHECK(said.at("games").as_array().empty());
    return std::string{said.at("error").as_object().at("code").as_string()};
  };
  CHECK(code(question(R"("league":"cricket")")) == "malformed");
  CHECK(code(question(R"("game_id":"nba:1")", "discovery:reply:1", now_ms)) == "too_late");
  CHECK(asked == 0);
  CHECK(code(question(R"("game_id":"nba:1")")) == "too_late");
  server.ask({"SET", "discovery:reply:text", "not a list"});
  for (const auto& text :
       {question(R"("league":"nba")", "ledger"), std::string{"rubbish"}, std::string(5'000, 'x'),
        std::string{"\0\xff", 2}, question(R"("league":"nba")", "discovery:reply:text")}) {
    push(server, text);
  }
  REQUIRE(eventually([&] { return bridge.counters()["replies_refused"] == 1; }, 10s));
  const auto counters = bridge.counters();
  CHECK(counters.at("requests") == 8);
  CHECK(counters.at("replies") == 3);
  CHECK(counters.at("refused:bad_league") == 1);
  CHECK(counters.at("refused:too_late") == 3);
  CHECK(counters.at("refused:bad_reply_to") == 1);
  CHECK(counters.at("refused:bad_json") == 2);
  CHECK(counters.at("refused:too_large") == 1);
  CHECK(server.ask({"EXISTS", "ledger"}).integer == 0);
  CHECK(server.ask({"GET", "discovery:reply:text"}).text == "not a list");
}

TEST_CASE("Answers that nobody fetches do not pile up") {
  const RedisServer server;
  const RedisDiscovery bridge{config_for(server), one_game};
  for (auto i = 0; i < 150; ++i) {
    push(server, question(R"("league":"nba")"));
  }
  REQUIRE(eventually([&] { return bridge.counters()["replies"] == 150; }, 20s));
  CHECK(server.ask({"LLEN", "discovery:reply:1"}).integer == 100);
}

TEST_CASE("Questions are answered again after Redis was absent and killed") {
  RedisServer server{RedisServer::Later{}};
  const RedisDiscovery bridge{config_for(server), one_game};
  server.start();
  push(server, question(R"("league":"nba")"));
  CHECK(answer(server, "discovery:reply:1").at("error").is_null());
  server.kill();
  server.start();
  push(server, question(R"("league":"nba")"));
  CHECK(answer(server, "discovery:reply:1").at("error").is_null());
}
