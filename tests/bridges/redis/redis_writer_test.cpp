#include "bridges/redis/redis_writer.hpp"

#include <chrono>

#include "bridges/envelope/json_text.hpp"
#include "tests/bridges/redis/redis_server.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

Timestamp wall_clock() {
  return std::chrono::system_clock::now();
}

RedisWriterConfig config_for(const RedisServer& server, const std::string& login = {}) {
  return {.address = server.address(login),
          .timeouts = {.connect = 500ms, .silence = 200ms},
          .heartbeat_every = 1s,
          .first_wait = 5ms,
          .longest_wait = 50ms,
          .clock = wall_clock};
}

WireMessage message(std::string topic, std::uint64_t seq, std::string payload = "{}") {
  return {.topic = std::move(topic),
          .source = "kalshi_monitor",
          .run = "k3f9c2",
          .seq = seq,
          .timestamp_ms = 1'795'226'400'123,
          .payload = std::move(payload),
          .received_at = wall_clock()};
}

OutputBatch batch_of(std::vector<WireMessage> messages) {
  return {.output = 7, .messages = std::move(messages)};
}

/// Advances until the batch is done.
std::optional<OutputDone> finish(RedisWriter& writer, std::chrono::seconds patience = 20s) {
  std::optional<OutputDone> done;
  eventually(
    [&] {
      done = writer.advance();
      return done.has_value();
    },
    patience);
  return done;
}

std::map<std::string, std::string> fields_of(const RedisReply& entry) {
  std::map<std::string, std::string> fields;
  const auto& list = entry.items.at(1).items;
  for (std::size_t i = 0; i + 1 < list.size(); i += 2) {
    fields[list[i].text] = list[i + 1].text;
  }
  return fields;
}

} // namespace

TEST_CASE("Every topic goes to its stream, with all fields") {
  const RedisServer server;
  RedisWriter writer{config_for(server)};
  const auto first = message("prices.kalshi.X", 17, R"({"yes_bid":0.420})");
  writer.take(batch_of({first, message("prices.poly.0xab", 18), message("signals.trade.1", 19),
                        message("signals.exit.1", 20), message("execution.request.1", 21),
                        message("trades.executed.1", 22), message("games.nba.g", 23),
                        message("markets.matched.g", 24), message("telemetry.metrics", 25)}));
  const auto done = finish(writer);
  REQUIRE(done);
  CHECK(done->output == 7);
  CHECK(done->written == 9);
  CHECK(done->failed == 0);
  CHECK(writer.counters().written == 8);
  CHECK(writer.counters().unmirrored == 1);
  CHECK(writer.lag().count() == 9);
  const auto entries = server.ask({"XRANGE", "stream:prices:kalshi", "-", "+"});
  REQUIRE(entries.items.size() == 1);
  const auto fields = fields_of(entries.items[0]);
  CHECK(fields
        == std::map<std::string, std::string>{{"topic", "prices.kalshi.X"},
                                              {"payload", R"({"yes_bid":0.420})"},
                                              {"zmq_seq", "17"},
                                              {"zmq_ts", "1795226400123"},
                                              {"recv_ts", std::to_string(to_ms(first.received_at))},
                                              {"source", "kalshi_monitor"},
                                              {"run", "k3f9c2"}});
  const auto back = message_of(fields);
  REQUIRE(back);
  CHECK(back->seq == 17);
  CHECK(back->payload == first.payload);
  for (const auto& [key, count] : {std::pair{"stream:prices:polymarket", 1},
                                   {"stream:signals", 2},
                                   {"stream:executions", 1},
                                   {"stream:trades", 1},
                                   {"stream:games", 2}}) {
    CAPTURE(key);
    CHECK(server.ask({"XLEN", key}).integer == count);
  }
}

TEST_CASE("Streams keep about as many entries as they should") {
  const RedisServer server;
  RedisWriter writer{config_for(server)};
  for (std::uint64_t i = 0; i < 8'000; i += 1'000) {
    std::vector<WireMessage> messages;
    for (auto seq = i; seq < i + 1'000; ++seq) {
      messages.push_back(message("trades.executed.1", seq));
    }
    writer.take(batch_of(std::move(messages)));
    REQUIRE(finish(writer));
  }
  const auto length = server.ask({"XLEN", "stream:trades"}).integer;
  CHECK(length >= 5'000);
  CHECK(length < 5'200);
  const auto newest = server.ask({"XREVRANGE", "stream:trades", "+", "-", "COUNT", "1"});
  CHECK(fields_of(newest.items.at(0)).at("zmq_seq") == "7999");
}

TEST_CASE("A bridge also publishes under the names that the outside knows") {
  const RedisServer server;
  auto subscriber = server.connection();
  REQUIRE_FALSE(subscriber.send({"PSUBSCRIBE", "*"}));
  REQUIRE(subscriber.receive(5s));
  auto config = config_for(server);
  config.mirror = {.streams = false, .publish = true};
  RedisWriter writer{config};
  writer.take(
    batch_of({message("prices.kalshi.X", 1, R"({"game_id":"nba:1","a":1})"),
              message("prices.poly.0xab", 2, R"({"game_id":"nba:1"})"),
              message("prices.poly.0xab", 3, R"({"game_id":null})"),
              message("signals.trade.1", 4, "{\"edge\":1}"), message("signals.high_edge.1", 5),
              message("games.nba.nba:1", 6, "{\"s\":2}"), message("games.discovered.nba:1", 7)}));
  REQUIRE(finish(writer));
  std::vector<std::string> heard;
  const std::vector<std::string> expected{R"(game:nba:1:price {"game_id":"nba:1","a":1})",
                                          R"(prices:kalshi {"game_id":"nba:1","a":1})",
                                          R"(game:nba:1:price {"game_id":"nba:1"})",
                                          R"(prices:poly {"game_id":"nba:1"})",
                                          R"(prices:poly {"game_id":null})",
                                          R"(signals:new {"edge":1})",
                                          R"(signals:trades {"edge":1})",
                                          R"(game:nba:1:state {"s":2})"};
  eventually(
    [&] {
      const auto reply = subscriber.receive(1s);
      if (reply && *reply && (*reply)->items.size() == 4) {
        heard.push_back((*reply)->items[2].text + ' ' + (*reply)->items[3].text);
      }
      return heard.size() >= expected.size();
    },
    10s);
  CHECK(heard == expected);
  CHECK(server.ask({"GET", "games:nba:nba:1"}).text == "{\"s\":2}");
  const auto lives = server.ask({"TTL", "games:nba:nba:1"}).integer;
  CHECK(lives > 86'000);
  CHECK(lives <= 86'400);
  CHECK(server.ask({"EXISTS", "stream:signals"}).integer == 0);
}

TEST_CASE("A heartbeat says that the mirror lives, and ends with it") {
  const RedisServer server;
  RedisWriter writer{config_for(server)};
  OutputBatch batch;
  batch.notices = {WireNotice{.event = "statistics", .text = "messages=5 gaps=0"}};
  writer.take(batch);
  REQUIRE(finish(writer));
  const auto beat = server.ask({"GET", "health:hb:node-1"}).text;
  const auto document = JsonDocument::parse(beat);
  REQUIRE(document);
  CHECK(document->root()["status"].text() == "running");
  CHECK(document->root()["statistics"].text() == "messages=5 gaps=0");
  CHECK(server.ask({"TTL", "health:hb:node-1"}).integer <= 3);
  CHECK(server.ask({"GET", "service:zmq_listener:status"}).text == beat);
  writer.say_goodbye();
  CHECK(server.ask({"GET", "service:zmq_listener:status"}).text.find("\"stopped\"")
        != std::string::npos);
}

TEST_CASE("A Redis that comes late gets what waits") {
  RedisServer server{RedisServer::Later{}};
  RedisWriter writer{config_for(server)};
  writer.take(batch_of({message("trades.executed.1", 1)}));
  REQUIRE(eventually(
    [&] {
      REQUIRE_FALSE(writer.advance());
      return writer.counters().attempts_failed >= 3;
    },
    10s));
  CHECK(writer.counters().outages == 1);
  server.start();
  REQUIRE(finish(writer));
  CHECK(server.ask({"XLEN", "stream:trades"}).integer == 1);
}

TEST_CASE("A frozen Redis costs a bounded wait, and nothing is lost when it wakes") {
  const RedisServer server;
  RedisWriter writer{config_for(server)};
  writer.take(batch_of({message("trades.executed.1", 1)}));
  REQUIRE(finish(writer));
  server.signal(SIGSTOP);
  writer.take(batch_of({message("trades.executed.1", 2), message("trades.executed.1", 3)}));
  const auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(writer.advance());
  CHECK(std::chrono::steady_clock::now() - begin < 2s);
  CHECK_FALSE(writer.connected());
  CHECK(writer.counters().outages == 1);
  CHECK(writer.counters().resent >= 2);
  server.signal(SIGCONT);
  REQUIRE(finish(writer));
  const auto entries = server.ask({"XRANGE", "stream:trades", "-", "+"});
  std::set<std::string> numbers;
  for (const auto& entry : entries.items) {
    numbers.insert(fields_of(entry).at("zmq_seq"));
  }
  // What was sent before the freeze was noticed stands there twice.
  CHECK(numbers == std::set<std::string>{"1", "2", "3"});
}

TEST_CASE("A Redis that was killed and started again goes on") {
  RedisServer server;
  RedisWriter writer{config_for(server)};
  writer.take(batch_of({message("trades.executed.1", 1)}));
  REQUIRE(finish(writer));
  server.kill();
  writer.take(batch_of({message("trades.executed.1", 2)}));
  CHECK_FALSE(writer.advance());
  server.start();
  const auto done = finish(writer);
  REQUIRE(done);
  CHECK(done->failed == 0);
  CHECK(fields_of(server.ask({"XRANGE", "stream:trades", "-", "+"}).items.at(0)).at("zmq_seq")
        == "2");
}

TEST_CASE("A wrong password is an error that names no password, and is tried again") {
  const RedisServer server{{"--requirepass", "right"}};
  const auto wrong = RedisConnection::open(server.address(":geheim@"), {});
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error() == Errc::bad_credential);
  CHECK(describe(wrong.error()).find("geheim") == std::string::npos);
  const auto none = RedisConnection::open(server.address(), {});
  REQUIRE_FALSE(none);
  CHECK(none.error() == Errc::bad_credential);
  RedisWriter writer{config_for(server, ":geheim@")};
  writer.take(batch_of({message("trades.executed.1", 1)}));
  CHECK_FALSE(writer.advance());
  auto admin = server.connection(":right@");
  REQUIRE(admin.ask({"CONFIG", "SET", "requirepass", "geheim"}));
  CHECK(finish(writer));
}

TEST_CASE("A full Redis keeps the batch waiting until there is room") {
  const RedisServer server{{"--maxmemory", "1", "--maxmemory-policy", "noeviction"}};
  RedisWriter writer{config_for(server)};
  writer.take(batch_of({message("trades.executed.1", 1), message("trades.executed.1", 2)}));
  REQUIRE(eventually(
    [&] {
      REQUIRE_FALSE(writer.advance());
      return writer.counters().attempts_failed >= 2;
    },
    10s));
  CHECK(writer.counters().refusals.at("OOM") >= 4);
  CHECK(writer.connected());
  REQUIRE(server.ask({"CONFIG", "SET", "maxmemory", "0"}).text == "OK");
  const auto done = finish(writer);
  REQUIRE(done);
  CHECK(done->failed == 0);
  CHECK(server.ask({"XLEN", "stream:trades"}).integer == 2);
}

TEST_CASE("A key of another type is refused for good, counted, and stops nothing else") {
  const RedisServer server;
  server.ask({"SET", "stream:trades", "mine"});
  RedisWriter writer{config_for(server)};
  writer.take(batch_of({message("trades.executed.1", 1), message("signals.trade.1", 2)}));
  const auto done = finish(writer);
  REQUIRE(done);
  CHECK(done->failed == 1);
  CHECK(done->written == 1);
  CHECK(writer.counters().refusals.at("WRONGTYPE") == 1);
  CHECK(server.ask({"XLEN", "stream:signals"}).integer == 1);
}
