#include "bridges/zmq/publisher.hpp"

#include <caf/all.hpp>

#include "bridges/envelope/envelope.hpp"
#include "tests/bridges/zmq/bus_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

constexpr auto kalshi = PublishRole::kalshi_monitor;
constexpr auto free_port = "tcp://127.0.0.1:*";

void publish_number(Publisher& publisher, PublishRole role, int number) {
  publisher.publish(role, "prices.kalshi.X",
                    [number](std::string& out) { out += std::to_string(number); });
}

} // namespace

SCENARIO_METHOD(Bus, "what is published over TCP arrives in order and without gaps") {
  GIVEN("a publisher and a subscriber that joined late") {
    auto out = publisher(publisher_config({{kalshi, free_port}}));
    auto in = subscriber(subscriber_config({out.endpoint(kalshi)}));
    const auto joined_at = join(out, kalshi, in);
    WHEN("1000 messages follow") {
      for (auto i = 0; i < 1000; ++i) {
        publish_number(out, kalshi, i);
      }
      THEN("each arrives with its own number and envelope") {
        auto expected = joined_at + 1;
        for (auto i = 0; i < 1000;) {
          const auto message = wait_for(in);
          REQUIRE(message.seq == expected++);
          if (message.topic == "hello") {
            continue;
          }
          REQUIRE(message.payload == std::to_string(i++));
          REQUIRE(message.source == "kalshi_monitor");
          REQUIRE(message.run == "run1");
          REQUIRE(message.timestamp_ms == 1'795'226'400'123);
        }
        CHECK(out.counters(kalshi).overflows == 0);
        CHECK(out.counters(kalshi).failed == 0);
      }
    }
  }
}

SCENARIO_METHOD(Bus, "every role counts for itself and has its own port") {
  GIVEN("a publisher with two roles and one subscriber on both") {
    auto config = publisher_config({{kalshi, free_port}, {PublishRole::game_shard, free_port}});
    config.node = "shard-2";
    auto out = publisher(std::move(config));
    CHECK(out.endpoint(kalshi) != out.endpoint(PublishRole::game_shard));
    auto in =
      subscriber(subscriber_config({out.endpoint(kalshi), out.endpoint(PublishRole::game_shard)}));
    const auto first = join(out, kalshi, in);
    const auto second = join(out, PublishRole::game_shard, in);
    WHEN("each publishes once") {
      publish_number(out, kalshi, 1);
      const auto a = wait_for(in);
      publish_number(out, PublishRole::game_shard, 2);
      const auto b = wait_for(in);
      THEN("each goes on from its own number under its own name") {
        CHECK(a.seq == first + 1);
        CHECK(a.source == "kalshi_monitor");
        CHECK(b.seq == second + 1);
        CHECK(b.source == "game_shard:shard-2");
      }
    }
  }
}

SCENARIO_METHOD(Bus, "a role without a socket publishes nothing, and is counted") {
  GIVEN("a publisher of one role") {
    auto out = publisher(publisher_config({{kalshi, "inproc://one"}}));
    WHEN("another role publishes") {
      publish_number(out, PublishRole::executor, 1);
      THEN("it is counted") {
        CHECK(out.counters(PublishRole::executor).no_socket == 1);
        CHECK(out.counters(PublishRole::executor).sent == 0);
        CHECK(out.endpoint(PublishRole::executor).empty());
      }
    }
  }
}

SCENARIO_METHOD(Bus, "a busy port is one clear error") {
  GIVEN("a publisher on a port") {
    auto out = publisher(publisher_config({{kalshi, free_port}}));
    WHEN("another wants the same port") {
      const auto second =
        Publisher::open(context,
                        publisher_config({{PublishRole::orchestrator, out.endpoint(kalshi)}}));
      THEN("the error names role, endpoint and cause") {
        REQUIRE_FALSE(second);
        CHECK(second.error() == Errc::io_failed);
        CHECK(describe(second.error())
              == "io_failed: cannot publish orchestrator at " + out.endpoint(kalshi)
                   + ": Address already in use");
      }
    }
  }
}

SCENARIO_METHOD(Bus, "a publisher needs a run, a node and a clock") {
  auto config = publisher_config({});
  config.run.clear();
  CHECK(Publisher::open(context, config).error() == Errc::bad_configuration);
  config.run = "r";
  config.clock = nullptr;
  CHECK(Publisher::open(context, config).error() == Errc::bad_configuration);
  config.clock = test_time;
  config.endpoints[kalshi] = "nonsense";
  CHECK(Publisher::open(context, config).error() == Errc::io_failed);
}

SCENARIO_METHOD(Bus, "a subscriber that does not read loses messages, and only it") {
  GIVEN("short queues, one subscriber that reads and one that does not") {
    auto config = publisher_config({{kalshi, "inproc://short"}});
    config.send_high_water_mark = 2;
    auto out = publisher(std::move(config));
    auto in_config = subscriber_config({"inproc://short"});
    in_config.receive_high_water_mark = 2;
    auto slow = subscriber(in_config);
    auto fast = subscriber(in_config);
    join(out, kalshi, slow);
    const auto joined_at = join(out, kalshi, fast);
    while (slow.poll()) {
    }
    WHEN("20 messages are published") {
      const auto before = out.counters(kalshi);
      auto fast_heard = 0;
      for (auto i = 0; i < 20; ++i) {
        publish_number(out, kalshi, i);
        fast_heard += wait_for(fast).seq == joined_at + 1 + static_cast<std::uint64_t>(i) ? 1 : 0;
      }
      THEN("the reader heard all of them, and the other's full queue is counted") {
        CHECK(fast_heard == 20);
        auto slow_heard = 0;
        while (slow.poll()) {
          ++slow_heard;
        }
        CHECK(slow_heard > 0);
        CHECK(slow_heard < 20);
        const auto& after = out.counters(kalshi);
        CHECK(after.overflows > before.overflows);
        CHECK(after.sent - before.sent == 20);
        CHECK(after.failed == 0);
      }
    }
  }
}

TEST_CASE("run ids are new each time, short, of letters and digits") {
  const auto id = new_run_id();
  CHECK(id.size() == 8);
  CHECK(id.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz") == std::string::npos);
  CHECK(id != new_run_id());
}

TEST_CASE("roles have the ports and names of the architecture") {
  CHECK(default_port(PublishRole::kalshi_monitor) == 5555);
  CHECK(default_port(PublishRole::game_shard) == 5558);
  CHECK(default_port(PublishRole::position_tracker) == 5561);
  CHECK(default_port(PublishRole::telemetry) == 5562);
  CHECK(snapshot_port_from(PublishRole::kalshi_monitor) == 5563);
  CHECK(snapshot_port_from(PublishRole::position_tracker) == 5569);
  CHECK(default_snapshot_endpoints().size() == 7);
  CHECK(source_name(PublishRole::executor, "n1") == "executor");
  CHECK(source_name(PublishRole::telemetry, "n1") == "node:n1");
  CHECK(default_endpoints().front() == "tcp://127.0.0.1:5555");
  CHECK(endpoints_for({PublishRole::executor}).at(PublishRole::executor) == "tcp://127.0.0.1:5560");
}

SCENARIO_METHOD(
  Bus, "a second rail gets every message with the same bytes, also where nothing is bound") {
  struct Heard : EnvelopeSink {
    void put(std::string_view topic, std::string_view envelope) override {
      messages.emplace_back(topic, envelope);
    }
    void report(std::map<std::string, std::int64_t>& values) const override {
      values["heard"] = static_cast<std::int64_t>(messages.size());
    }
    std::vector<std::pair<std::string, std::string>> messages;
  };
  const auto rail = std::make_shared<Heard>();
  auto config =
    publisher_config({{PublishRole::executor, ""}, {PublishRole::orchestrator, "inproc://two"}});
  CHECK_FALSE(Publisher::open(context, config)); // nobody would hear the executor
  config.second_rail = rail;
  auto out = publisher(config);
  auto in = subscriber(subscriber_config({"inproc://two"}));
  const auto last = join(out, PublishRole::orchestrator, in);
  out.publish(PublishRole::executor, "trades.x", [](std::string& text) { text += "{}"; });
  out.publish(PublishRole::orchestrator, "games.x", [](std::string& text) { text += "7"; });
  const auto& messages = rail->messages;
  REQUIRE(messages.size() == last + 3);
  CHECK(messages[last + 1].first == "trades.x");
  CHECK(messages[last + 1].second.starts_with(R"({"seq":0,)"));
  CHECK(out.counters(PublishRole::executor).sent == 1);
  const auto heard = wait_for(in);
  const auto same =
    decode_envelope(messages[last + 2].first, messages[last + 2].second, test_time());
  CHECK(std::get<WireMessage>(same).seq == heard.seq);
  CHECK(std::get<WireMessage>(same).payload == heard.payload);
  CHECK(heard.seq == last + 1);
}
