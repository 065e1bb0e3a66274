#include "bridges/redis/redis_rail.hpp"

#include <fmt/format.h>

#include <mutex>

#include "bridges/redis/redis_listener.hpp"
#include "tests/bridges/redis/redis_server.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

/// All channels of a Redis, as they are heard on the listener's thread.
class Ear {
public:
  explicit Ear(const RedisServer& server)
    : listener_{{.address = server.address(),
                 .channels = {},
                 .patterns = {"p:*"},
                 .probe_after = 200ms,
                 .first_wait = 5ms,
                 .longest_wait = 50ms},
                [this](std::string_view channel, std::string_view text) {
                  const std::lock_guard lock{mutex_};
                  heard_.emplace_back(channel, text);
                }} {}

  using Heard = std::vector<std::pair<std::string, std::string>>;

  [[nodiscard]] Heard heard() const {
    const std::lock_guard lock{mutex_};
    return heard_;
  }
  [[nodiscard]] bool hears(std::size_t count) const {
    return eventually([&] { return heard().size() >= count; }, 10s);
  }

private:
  mutable std::mutex mutex_;
  Heard heard_;
  RedisListener listener_;
};

RedisRailConfig config_for(const RedisServer& server) {
  return {.address = server.address(),
          .timeouts = {.connect = 300ms, .silence = 300ms},
          .channel_prefix = "p:",
          .first_wait = 5ms,
          .longest_wait = 50ms};
}

/// A listener's subscription takes its time; then nothing is missed.
void wait_for_reader(const RedisServer& server) {
  REQUIRE(eventually([&] { return server.ask({"PUBSUB", "NUMPAT"}).integer == 1; }, 10s));
}

std::int64_t counter(const RedisRail& rail, const std::string& name) {
  std::map<std::string, std::int64_t> values;
  rail.report(values);
  return values.at(name);
}

} // namespace

TEST_CASE("What is published on Redis arrives on its channel, in order, byte for byte") {
  const RedisServer server;
  const Ear ear{server};
  wait_for_reader(server);
  RedisRail rail{config_for(server)};
  Ear::Heard expected;
  for (auto i = 0; i < 3'000; ++i) {
    const auto topic = fmt::format("orderbook.kalshi.X{}", i % 7);
    const auto frame = fmt::format("{}{}\r\n$5\r\n", i, std::string("\0\xff\x81 {", 5));
    rail.put(topic, frame);
    expected.emplace_back("p:" + topic, frame);
  }
  REQUIRE(ear.hears(3'000));
  CHECK(ear.heard() == expected);
  CHECK(eventually([&] { return counter(rail, "redis_sent") == 3'000; }, 5s));
  CHECK(counter(rail, "redis_dropped") == 0);
  CHECK(counter(rail, "redis_waiting") == 0);
}

TEST_CASE("While Redis is not there the newest messages wait, and what was lost is counted") {
  RedisServer server{RedisServer::Later{}};
  auto config = config_for(server);
  config.max_messages = 100;
  RedisRail rail{config};
  REQUIRE(eventually([&] { return counter(rail, "redis_outages") == 1; }, 5s));
  for (auto i = 0; i < 250; ++i) {
    rail.put("prices.x", std::to_string(i));
  }
  CHECK(counter(rail, "redis_waiting") == 100);
  CHECK(counter(rail, "redis_dropped") == 150);
  CHECK(counter(rail, "redis_connected") == 0);
  server.start();
  // Nobody listens yet: what Redis gets is what waited.
  REQUIRE(eventually([&] { return counter(rail, "redis_sent") == 100; }, 10s));
  const Ear ear{server};
  wait_for_reader(server);
  rail.put("prices.x", "250");
  REQUIRE(ear.hears(1));
  CHECK(ear.heard()[0].second == "250");
}

TEST_CASE("The bytes that wait are bounded too") {
  RedisServer server{RedisServer::Later{}};
  auto config = config_for(server);
  config.max_bytes = 10'000;
  RedisRail rail{config};
  for (auto i = 0; i < 20; ++i) {
    rail.put("prices.x", std::string(990, 'x'));
  }
  CHECK(counter(rail, "redis_waiting") == 10);
  rail.put("prices.x", std::string(20'000, 'x'));
  CHECK(counter(rail, "redis_waiting") == 0);
  CHECK(counter(rail, "redis_dropped") == 21);
}

TEST_CASE("A Redis that hangs or dies is left alone, and found again") {
  RedisServer server;
  RedisRail rail{config_for(server)};
  rail.put("prices.x", "before");
  REQUIRE(eventually([&] { return counter(rail, "redis_sent") == 1; }, 5s));
  server.signal(SIGSTOP);
  rail.put("prices.x", "hangs");
  REQUIRE(eventually([&] { return counter(rail, "redis_outages") == 1; }, 10s));
  server.kill();
  server.start();
  {
    const Ear ear{server};
    wait_for_reader(server);
    std::vector<std::string> heard;
    rail.put("prices.x", "after");
    REQUIRE(eventually(
      [&] {
        const auto all = ear.heard();
        return !all.empty() && all.back().second == "after";
      },
      10s));
  }
  CHECK(eventually([&] { return counter(rail, "redis_connected") == 1; }, 5s));
  CHECK(eventually([&] { return counter(rail, "redis_sent") == 3; }, 5s));
  CHECK(counter(rail, "redis_resent") >= 1);
  CHECK(counter(rail, "redis_dropped") == 0);
}

TEST_CASE("A login that may not publish is counted, and holds nothing up") {
  const RedisServer server;
  REQUIRE_FALSE(
    server.ask({"ACL", "SETUSER", "reader", "on", ">pw", "+ping", "+auth", "resetchannels"})
      .is_error());
  auto config = config_for(server);
  config.address = server.address("reader:pw@");
  RedisRail rail{config};
  rail.put("prices.x", "1");
  rail.put("prices.x", "2");
  CHECK(eventually([&] { return counter(rail, "redis_refused") == 2; }, 5s));
  CHECK(counter(rail, "redis_sent") == 0);
}

TEST_CASE("The last words before the end are published") {
  const RedisServer server;
  const Ear ear{server};
  wait_for_reader(server);
  {
    RedisRail rail{config_for(server)};
    REQUIRE(eventually([&] { return counter(rail, "redis_connected") == 1; }, 5s));
    for (auto i = 0; i < 5'000; ++i) {
      rail.put("prices.x", std::to_string(i));
    }
  }
  CHECK(ear.hears(5'000));
}
