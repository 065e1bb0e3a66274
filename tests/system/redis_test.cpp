#include <fmt/format.h>
#include <signal.h>

#include <catch2/catch.hpp>
#include <set>

#include "tests/bridges/redis/redis_server.hpp"
#include "tests/system/halting.hpp"

using namespace arbees;
using namespace arbees::test;
using std::chrono::seconds;

namespace {

class RedisStage : public Stage {
public:
  RedisStage() { start_simulator({"--games", "24", "--seed", "11", "--speed", "10"}); }

  [[nodiscard]] std::vector<std::string> options(std::vector<std::string> more = {}) const {
    std::vector<std::string> all{"--set", "redis.url=" + redis.url()};
    all.insert(all.end(), more.begin(), more.end());
    return arbees(all);
  }

  [[nodiscard]] std::int64_t length(const std::string& stream) const {
    return redis.ask({"XLEN", stream}).integer;
  }
  [[nodiscard]] std::int64_t count(const std::string& query) const {
    return ledger("select count(*) as count from " + query)[0]
      .at("count")
      .to_number<std::int64_t>();
  }
  [[nodiscard]] bool log_has(const std::string& text) const {
    return read_file(folder() / "log").find(text) != std::string::npos;
  }

  RedisServer redis;
};

} // namespace

TEST_CASE("A halt on Redis stops a running arbees and holds across a restart") {
  const RedisStage stage;
  {
    Process arbees{stage.options({"--set", "observer.mode=bridge"}), stage.folder() / "arbees.log"};
    REQUIRE(eventually([&] { return stage.length("stream:prices:kalshi") > 100; }, seconds{30}));
    REQUIRE(eventually([&] { return stage.count("pairs") > 0; }, seconds{30}));
    stage.redis.ask({"PUBLISH", "trading:kill_switch", "what is this?"});
    stage.redis.ask(
      {"PUBLISH", "trading:kill_switch", R"({"action":"halt","reason":"odd fills"})"});
    REQUIRE(eventually(
      [&] {
        return stage.count(
                 "trading_controls where state = 'halted' and by_whom = 'redis' and "
                 "reason = 'odd fills'")
               == 1;
      },
      seconds{5}));
    const auto pairs = stage.count("pairs");
    const auto messages = stage.length("stream:prices:kalshi");
    REQUIRE(eventually([&] { return stage.length("stream:prices:kalshi") > messages + 500; },
                       seconds{60}));
    CHECK(stage.count("pairs") == pairs);
    CHECK(stage.log_has("redis_kill_switch.ignored total=1"));
    arbees.signal(SIGTERM);
    REQUIRE(arbees.wait(seconds{30}) == 0);
  }
  Process again{stage.options(), stage.folder() / "again.log"};
  REQUIRE(eventually([&] { return stage.log_has("wiring.trading_halted by=redis"); }, seconds{20}));
  REQUIRE(eventually([&] { return stage.log_has("redis_listener.listening"); }, seconds{20}));
  REQUIRE(eventually(
    [&] {
      stage.redis.ask({"PUBLISH", "trading:kill_switch", "resume"});
      return stage.count("trading_controls where state = 'active' and by_whom = 'redis'") > 0;
    },
    seconds{20}));
}

TEST_CASE("Halted over Redis, or while Redis is frozen, no order leaves any more") {
  RedisStage stage;
  Process arbees{stage.options(), stage.folder() / "arbees.log"};
  REQUIRE(eventually([&] { return stage.log_has("redis_listener.listening"); }, seconds{20}));
  CHECK(halt_again_and_again(stage, 5,
                             [&] {
                               stage.redis.ask({"PUBLISH", "trading:kill_switch", "halt"});
                             })
        <= 50.0);
  stage.redis.signal(SIGSTOP);
  REQUIRE(eventually([&] { return stage.log_has("redis_writer.away"); }, seconds{20}));
  CHECK(halt_again_and_again(stage, 5, [&] { arbees.signal(SIGUSR1); }) <= 50.0);
  arbees.signal(SIGTERM);
  REQUIRE(arbees.wait(seconds{30}) == 0);
}

TEST_CASE("A bridge publishes what the outside knows, beats, and shows its counters") {
  const RedisStage stage;
  const auto port = free_ports(1)[0];
  auto channels = stage.redis.connection();
  REQUIRE_FALSE(channels.send({"PSUBSCRIBE", "*"}));
  Process arbees{stage.options({"--set", "observer.mode=bridge", "--set",
                                fmt::format("observer.prometheus_port={}", port)}),
                 stage.folder() / "arbees.log"};
  std::set<std::string> missing{"prices:kalshi",  "prices:poly",     "signals:new",
                                "signals:trades", "price of a game", "state of a game"};
  const auto note = [&](const RedisReply& reply) {
    if (reply.items.size() == 4) {
      const auto& channel = reply.items[2].text;
      const auto of_game = channel.starts_with("game:");
      missing.erase(!of_game                      ? channel
                    : channel.ends_with(":price") ? "price of a game"
                                                  : "state of a game");
    }
  };
  eventually(
    [&] {
      // As much as has come: what a look leaves behind would pile up.
      for (auto reply = channels.receive(std::chrono::milliseconds{100}); reply && *reply;
           reply = channels.receive(std::chrono::milliseconds{0})) {
        note(**reply);
      }
      return missing.empty();
    },
    seconds{60});
  CAPTURE(missing);
  CHECK(missing.empty());
  CHECK(eventually(
    [&] {
      return stage.redis.ask({"EXISTS", "health:hb:demo"}).integer == 1;
    },
    seconds{20}));
  CHECK_THAT(stage.redis.ask({"GET", "service:zmq_listener:status"}).text,
             Catch::Contains("running") && Catch::Contains("bridge"));
  CHECK(stage.redis.ask({"KEYS", "games:nba:*"}).items.size() > 0);
  const auto page = stage.folder() / "metrics";
  CHECK(eventually(
    [&] {
      Process curl{{"/usr/bin/curl", "-s", fmt::format("http://127.0.0.1:{}/metrics", port)}, page};
      curl.wait(seconds{10});
      const auto text = curl.output();
      return text.find("arbees_observer_latency_p99_us{node=\"demo\",key=\"prices\"}")
               != std::string::npos
             && text.find("arbees_redis_connected{node=\"demo\"} 1") != std::string::npos;
    },
    seconds{30}));
  arbees.signal(SIGTERM);
  REQUIRE(arbees.wait(seconds{30}) == 0);
  CHECK_THAT(stage.redis.ask({"GET", "service:zmq_listener:status"}).text,
             Catch::Contains("stopped"));
}

TEST_CASE("Redis frozen, killed and back: trading and the bus notice nothing, the mirror counts") {
  RedisStage stage;
  Process arbees{stage.options({"--set", "redis.queue=1000"}), stage.folder() / "arbees.log"};
  REQUIRE(eventually([&] { return stage.length("stream:prices:kalshi") > 100; }, seconds{30}));
  stage.redis.signal(SIGSTOP);
  REQUIRE(eventually([&] { return stage.log_has("redis_writer.away"); }, seconds{20}));
  const auto pairs = stage.count("pairs");
  REQUIRE(eventually([&] { return stage.log_has("observer.output_overflow output=redis"); },
                     seconds{60}));
  CHECK(eventually([&] { return stage.count("pairs") > pairs; }, seconds{60}));
  stage.redis.kill();
  stage.redis.start();
  REQUIRE(eventually([&] { return stage.log_has("observer.output_caught_up output=redis lost="); },
                     seconds{30}));
  CHECK(stage.log_has("redis_writer.back"));
  CHECK(eventually([&] { return stage.length("stream:prices:kalshi") > 100; }, seconds{30}));
  arbees.signal(SIGTERM);
  REQUIRE(arbees.wait(seconds{30}) == 0);
  CHECK(stage.summary().at("gaps") == 0);
}

TEST_CASE("A Redis that is not there holds nothing up, and its password stays unsaid") {
  const Stage stage;
  const auto url = fmt::format("redis://:geheim@127.0.0.1:{}", free_ports(1)[0]);
  Process arbees{stage.arbees({"--set", "redis.url=" + url, "--seconds", "2"}),
                 stage.folder() / "arbees.log"};
  CHECK(arbees.wait(seconds{30}) == 0);
  const auto log = read_file(stage.folder() / "log");
  CHECK_THAT(log, Catch::Contains("redis_writer.away") && Catch::Contains("redis_listener.deaf"));
  CHECK_THAT(log + arbees.output(), !Catch::Contains("geheim"));
  Process check{{"arbees", "check", "--set", "redis.url=" + url}, stage.folder() / "check.log"};
  CHECK(check.wait(seconds{20}) == 0);
  CHECK_THAT(check.output(), Catch::Contains("redis://***@") && !Catch::Contains("geheim"));
}
