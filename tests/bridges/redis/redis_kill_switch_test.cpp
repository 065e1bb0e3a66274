#include "bridges/redis/redis_kill_switch.hpp"

#include <fmt/format.h>

#include <mutex>

#include "tests/bridges/redis/redis_server.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

Timestamp at_nine() {
  return from_ms(1'795'226'400'123);
}

/// What came, from the listener's thread.
class Heard {
public:
  void add(TradingControl control) {
    const std::lock_guard lock{mutex_};
    controls_.push_back(std::move(control));
  }
  [[nodiscard]] std::vector<TradingControl> all() const {
    const std::lock_guard lock{mutex_};
    return controls_;
  }

private:
  mutable std::mutex mutex_;
  std::vector<TradingControl> controls_;
};

RedisListenerConfig config_for(const RedisServer& server) {
  return {.address = server.address(),
          .timeouts = {.connect = 500ms, .silence = 300ms},
          .probe_after = 200ms,
          .first_wait = 5ms,
          .longest_wait = 50ms};
}

/// Publishes until somebody hears it: true if so.
bool publish(const RedisServer& server, std::string_view text) {
  return eventually(
    [&] {
      return server.ask({"PUBLISH", "trading:kill_switch", text}).integer == 1;
    },
    10s);
}

} // namespace

TEST_CASE("The words of the Redis kill switch") {
  const auto [text, state] = GENERATE(
    table<std::string, TradingState>({{"halt", TradingState::halted},
                                      {" halt\n", TradingState::halted},
                                      {"reduce-only", TradingState::reduce_only},
                                      {"reduce_only", TradingState::reduce_only},
                                      {"flatten", TradingState::flatten},
                                      {"resume", TradingState::active},
                                      {R"({"action":"halt"})", TradingState::halted},
                                      {R"( {"x":1,"action":"resume"} )", TradingState::active}}));
  CAPTURE(text);
  const auto control = parse_redis_control(text);
  REQUIRE(control);
  CHECK(control->state == state);
  CHECK(control->by == "redis");
  CHECK(control->reason == "by a message on Redis");
}

TEST_CASE("A reason is kept, as one plain line") {
  const auto control = parse_redis_control(R"({"action":"halt","reason":"odd\nfills \u001b[2J )"
                                           + std::string(900, 'x') + "\"}");
  REQUIRE(control);
  CHECK(control->reason.size() == 200);
  CHECK(control->reason.starts_with("odd fills  [2J xxx"));
}

TEST_CASE("Anything else is no word of the kill switch") {
  const auto text =
    GENERATE(as<std::string>{}, "", "HALTED", "halt now", "stop", "active", "{}", "[]", "null",
             R"({"action":7})", R"({"action":"sell"})", R"({"action":"halt")", "\0halt",
             std::string(5'000, ' ') + "halt", std::string(100'000, '['));
  CHECK_FALSE(parse_redis_control(text));
}

TEST_CASE("A message on the channel becomes a control, rubbish is counted") {
  const RedisServer server;
  Heard heard;
  const RedisKillSwitch kill_switch{config_for(server), at_nine,
                                    [&](TradingControl control) { heard.add(std::move(control)); }};
  REQUIRE(publish(server, "rubbish"));
  REQUIRE(publish(server, std::string(100'000, 'x')));
  REQUIRE(publish(server, R"({"action":"halt","reason":"odd fills"})"));
  REQUIRE(publish(server, "resume"));
  REQUIRE(eventually([&] { return heard.all().size() == 2; }, 5s));
  CHECK(heard.all()[0].state == TradingState::halted);
  CHECK(heard.all()[0].reason == "odd fills");
  CHECK(heard.all()[0].at == at_nine());
  CHECK(heard.all()[1].state == TradingState::active);
  CHECK(kill_switch.ignored() == 2);
}

TEST_CASE("The channel is heard again after Redis was absent, killed or frozen") {
  RedisServer server{RedisServer::Later{}};
  Heard heard;
  const RedisKillSwitch kill_switch{config_for(server), at_nine,
                                    [&](TradingControl control) { heard.add(std::move(control)); }};
  server.start();
  REQUIRE(publish(server, "halt"));
  REQUIRE(eventually([&] { return heard.all().size() == 1; }, 5s));
  server.kill();
  server.start();
  REQUIRE(publish(server, "resume"));
  REQUIRE(eventually([&] { return heard.all().size() == 2; }, 5s));
  // Longer than two probes: the listener gives the connection up meanwhile.
  server.signal(SIGSTOP);
  const auto probe = RedisConnection::open(server.address(), {.connect = 500ms, .silence = 1s});
  CHECK_FALSE(probe);
  server.signal(SIGCONT);
  // Redis may still publish to the connection that was given up: said until it was heard.
  REQUIRE(eventually(
    [&] {
      server.ask({"PUBLISH", "trading:kill_switch", "flatten"});
      return heard.all().size() >= 3;
    },
    10s));
  CHECK(heard.all()[2].state == TradingState::flatten);
}

TEST_CASE("A listener ends in bounded time, whatever Redis does") {
  const RedisServer server;
  const auto begin = std::chrono::steady_clock::now();
  {
    const RedisListener listening{config_for(server), [](auto, auto) {}};
    server.signal(SIGSTOP);
    const RedisListener connecting{config_for(server), [](auto, auto) {}};
  }
  server.signal(SIGCONT);
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
}
