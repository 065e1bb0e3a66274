#include <csignal>

#include "tests/bridges/redis/stored_messages.hpp"
#include "tests/bridges/zmq/bus_fixture.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

constexpr auto role = PublishRole::kalshi_monitor;

class CatchUpFixture : public Bus, public TemporaryFolder {
public:
  CatchUpFixture() : out{publisher(settings())} {}

  PublisherConfig settings() {
    auto config = publisher_config({{role, "tcp://127.0.0.1:*"}});
    config.snapshot_endpoint = "tcp://127.0.0.1:*";
    return config;
  }

  Process tail(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"arbees-tail", "--endpoint", out.endpoint(role), "--redis",
                                         server.url(), "--format", "json"});
    return Process{arguments, *this / "tail.log"};
  }

  void publish() {
    out.publish(role, "trades.executed.1", [](std::string& text) { text += "{}"; });
  }

  /// How often each number stands in the output.
  [[nodiscard]] static std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
      ++found;
    }
    return found;
  }

  RedisServer server;
  Publisher out;
};

} // namespace

SCENARIO_METHOD(CatchUpFixture, "tail shows what Redis has, and nothing of it twice") {
  store_trades(server, 0, 4'000);
  auto process = tail({"--catch-up", "3500", "--count", "3501", "--seconds", "60"});
  // What goes over the bus now stands in Redis already, but for the last.
  REQUIRE(eventually(
    [&] {
      publish();
      return count(process.output(), "\"seq\":") >= 3'500;
    },
    30s));
  REQUIRE(eventually(
    [&] {
      for (auto i = 0; i < 100; ++i) {
        publish();
      }
      return !process.running();
    },
    30s));
  const auto text = process.output();
  CHECK(process.wait(1s) == 0);
  CHECK(count(text, "\"seq\":") == 3'501);
  CHECK(count(text, "\"number\":500}") == 1);
  CHECK(count(text, "\"number\":499}") == 0);
  CHECK(count(text, "\"seq\":3999,") == 1);
  CHECK(text.find("from_redis=3500 ") != std::string::npos);
}

SCENARIO_METHOD(CatchUpFixture, "tail reads Redis while the bus is silent, and says so") {
  auto process = tail({"--silence", "0.2"});
  REQUIRE(process.says("bus_silent", 20s));
  store_trades(server, 5'000, 5'003);
  REQUIRE(process.says("\"number\":5002}", 20s));
  REQUIRE(eventually(
    [&] {
      publish();
      return process.output().find("bus_back") != std::string::npos;
    },
    20s));
  process.signal(SIGINT);
  CHECK(process.wait(20s) == 0);
  CHECK(process.output().find("from_redis=3 ") != std::string::npos);
}

SCENARIO_METHOD(CatchUpFixture, "tail goes on without a mirror that dies, and needs one to begin") {
  auto process = tail({"--silence", "0.2"});
  REQUIRE(process.says("bus_silent", 20s));
  server.kill();
  REQUIRE(process.says("mirror_lost", 20s));
  REQUIRE(eventually(
    [&] {
      publish();
      return process.output().find("\"topic\":\"trades.executed.1\"") != std::string::npos;
    },
    20s));
  auto without = tail({"--catch-up", "5"});
  CHECK(without.wait(20s) == 1);
  CHECK(without.output().find("Connection refused") != std::string::npos);
}

SCENARIO_METHOD(CatchUpFixture, "tail shows the snapshot, then what Redis has, then what comes") {
  // Number 0 is in the snapshot and, as another topic, in Redis; 1 to 9 are in Redis only.
  out.publish(role, "prices.kalshi.X", [](std::string& text) { text += R"({"yes_bid":0.42})"; });
  for (auto i = 1; i < 10; ++i) {
    publish();
  }
  store_trades(server, 0, 10);
  auto process = tail({"--snapshot", out.snapshot_endpoint(), "--catch-up", "100", "--count", "12",
                       "--seconds", "60"});
  REQUIRE(eventually(
    [&] {
      out.answer_late_readers();
      publish();
      return !process.running();
    },
    30s));
  CHECK(process.wait(1s) == 0);
  const auto text = process.output();
  CAPTURE(text);
  const auto snapshot = text.find(R"("topic":"prices.kalshi.X","seq":0,)");
  const auto first_stored = text.find("\"number\":1}");
  const auto last_stored = text.find("\"number\":9}");
  const auto live = text.find("\"payload\":{}}");
  CHECK(snapshot < first_stored);
  CHECK(first_stored < last_stored);
  CHECK(last_stored < live);
  CHECK(live != std::string::npos);
  CHECK(count(text, "\"seq\":0,") == 1);
  CHECK(text.find(" from_snapshot=1 from_redis=9 ") != std::string::npos);
  CHECK(text.find("\"event\":\"gap\"") == std::string::npos);
}
