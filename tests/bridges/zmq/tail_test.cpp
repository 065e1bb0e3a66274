#include <csignal>

#include "tests/bridges/zmq/bus_fixture.hpp"
#include "tests/system/process.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kalshi = PublishRole::kalshi_monitor;

class TailFixture : public Bus, public TemporaryFolder {
public:
  TailFixture() : out{publisher(settings())} {}

  PublisherConfig settings() {
    auto config = publisher_config({{kalshi, "tcp://127.0.0.1:*"}});
    config.snapshot_endpoint = "tcp://127.0.0.1:*";
    return config;
  }

  Process tail(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"arbees-tail", "--endpoint", out.endpoint(kalshi)});
    return Process{arguments, *this / "tail.log"};
  }

  /// Publishes until `process` has ended; its exit code.
  std::optional<int> feed(Process& process, std::string_view topic) {
    eventually(
      [&] {
        out.publish(kalshi, topic, [](std::string& text) { text += R"({"yes_bid":0.420})"; });
        out.answer_late_readers();
        return !process.running();
      },
      30s);
    return process.wait(1s);
  }

  Publisher out;
};

} // namespace

SCENARIO_METHOD(TailFixture, "tail prints as many messages as asked for, and a summary") {
  auto process = tail({"--count", "3", "--format", "json", "--seconds", "30"});
  CHECK(feed(process, "prices.kalshi.X") == 0);
  const auto text = process.output();
  CAPTURE(text);
  CHECK(text.find(R"("topic":"prices.kalshi.X","seq":)") != std::string::npos);
  CHECK(text.find(R"("payload":{"yes_bid":0.420}})") != std::string::npos);
  CHECK(text.find("arbees-tail: messages=3 sources=1 gaps=0 ") != std::string::npos);
}

SCENARIO_METHOD(TailFixture, "tail filters by topic") {
  auto process = tail({"--topic", "signals.", "--seconds", "0.5"});
  CHECK(feed(process, "prices.kalshi.X") == 0);
  CHECK(process.output().find("arbees-tail: messages=0 ") == 0);
}

SCENARIO_METHOD(TailFixture, "fewer messages than asked for are a failure") {
  auto process = tail({"--count", "3", "--seconds", "0.2"});
  CHECK(process.wait(20s) == 1);
}

SCENARIO_METHOD(TailFixture, "tail ends in good order when it is interrupted") {
  auto process = tail({"--format", "compact"});
  REQUIRE(eventually(
    [&] {
      out.publish(kalshi, "prices.kalshi.X", [](std::string& text) { text += "{}"; });
      return process.output().find("prices.kalshi.X kalshi_monitor#") != std::string::npos;
    },
    30s));
  process.signal(SIGINT);
  CHECK(process.wait(20s) == 0);
  CHECK(process.output().find("arbees-tail: messages=") != std::string::npos);
}

SCENARIO_METHOD(TailFixture, "wrong usage is one clear line and exit code 2") {
  auto bad_endpoint = Process{{"arbees-tail", "--endpoint", "tcp://nowhere"}, *this / "a.log"};
  CHECK(bad_endpoint.wait(20s) == 2);
  CHECK(bad_endpoint.output()
        == "arbees-tail: bad_configuration: cannot subscribe to 'tcp://nowhere': Invalid "
           "argument\n");
  auto bad_format = Process{{"arbees-tail", "--format", "xml"}, *this / "b.log"};
  CHECK(bad_format.wait(20s) == 2);
  CHECK(bad_format.output().find("--format") != std::string::npos);
}

SCENARIO_METHOD(TailFixture, "a tail that comes late shows how things stand first") {
  GIVEN("prices that were published when nobody listened") {
    for (const auto* const bid : {"0.1", "0.2", "0.3"}) {
      out.publish(kalshi, "prices.kalshi.OLD",
                  [bid](std::string& text) { text += std::string{R"({"yes_bid":)"} + bid + "}"; });
    }
    WHEN("a tail joins and others are published") {
      auto process = tail({"--snapshot", out.snapshot_endpoint(), "--count", "3", "--format",
                           "json", "--seconds", "60"});
      CHECK(feed(process, "prices.kalshi.X") == 0);
      THEN("it prints the last of the old ones, marked, before the new, and finds no gap") {
        const auto text = process.output();
        CAPTURE(text);
        const auto old = text.find(R"("topic":"prices.kalshi.OLD","seq":2,)");
        CHECK(old != std::string::npos);
        CHECK(text.find(R"("run":"run1","snapshot":true,"payload":{"yes_bid":0.3}})")
              != std::string::npos);
        CHECK(text.find(R"("yes_bid":0.1})") == std::string::npos);
        CHECK(old < text.find(R"("topic":"prices.kalshi.X")"));
        CHECK(text.find(" gaps=0 ") != std::string::npos);
        CHECK(text.find("\"event\":\"gap\"") == std::string::npos);
      }
    }
  }
}

SCENARIO_METHOD(TailFixture, "a tail that nobody answers says so, and shows what comes") {
  auto process = tail({"--snapshot", "ipc://" + (*this / "nobody").string(), "--count", "2",
                       "--format", "json", "--seconds", "60"});
  CHECK(feed(process, "prices.kalshi.X") == 0);
  CHECK(process.output().find(R"("event":"no_snapshot")") != std::string::npos);
  CHECK(process.output().find(R"("topic":"prices.kalshi.X")") != std::string::npos);
}
