#include "app/bus_rails.hpp"

#include <catch2/catch.hpp>

#include "app/process_check.hpp"
#include "bridges/zmq/rail_relay.hpp"
#include "tests/bridges/redis/redis_server.hpp"
#include "tests/bridges/zmq/bus_fixture.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

constexpr auto role = PublishRole::game_shard;

void say(Publisher& publisher, const std::string& topic) {
  publisher.publish(role, topic, [](std::string& out) { out += R"({"a":1})"; });
}

/// A publisher and a subscriber as a configuration has them, over a Redis of the test's own.
class RailStage : public Bus {
public:
  explicit RailStage(const std::string& mode) {
    config.zmq.transport_mode = mode;
    config.redis.url = server.url();
    config.redis.channel_prefix = "t[1]:";
  }

  Publisher open_publisher(const std::string& endpoint) {
    auto bus = publisher_config({{role, endpoint}});
    auto rail = open_second_rail(config);
    REQUIRE(rail);
    bus.second_rail = *rail;
    return publisher(std::move(bus));
  }

  Subscriber
  open_subscriber(const std::string& endpoint, std::vector<std::string> prefixes = {""}) {
    auto wish = subscriber_config({endpoint});
    wish.prefixes = std::move(prefixes);
    auto rails = open_rails_in(config, context, std::move(wish));
    REQUIRE(rails);
    if (silence != 0ms) {
      rails->subscriber.rails->silence = silence;
    }
    source = std::move(rails->source);
    auto opened = subscriber(std::move(rails->subscriber));
    REQUIRE(eventually([&] { return server.ask({"PUBSUB", "NUMPAT"}).integer > 0; }, 10s));
    return opened;
  }

  RedisServer server;
  Config config;
  std::any source;
  std::chrono::milliseconds silence{0}; ///< of the rails, if not the default
};

/// Says more until the subscriber has heard `count` more; returns their numbers.
std::vector<std::uint64_t> heard_of(Publisher& publisher, Subscriber& subscriber, std::size_t count,
                                    const std::string& topic = "signals.trade.1") {
  std::vector<std::uint64_t> numbers;
  eventually(
    [&] {
      say(publisher, topic);
      while (const auto received = subscriber.receive()) {
        if (const auto* const message = std::get_if<WireMessage>(&*received)) {
          numbers.push_back(message->seq);
        }
      }
      return numbers.size() >= count;
    },
    10s);
  return numbers;
}

bool rising_without_gap(const std::vector<std::uint64_t>& numbers) {
  return std::ranges::adjacent_find(numbers, [](auto a, auto b) { return b != a + 1; })
         == numbers.end();
}

} // namespace

TEST_CASE("Over Redis alone nothing is bound, and the same messages arrive") {
  RailStage stage{"redis_only"};
  auto out = stage.open_publisher("");
  CHECK(out.publishes(role));
  CHECK(out.endpoint(role).empty());
  auto in = stage.open_subscriber("tcp://127.0.0.1:1", {"signals.", "games."});
  say(out, "positions.1");
  const auto numbers = heard_of(out, in, 20);
  REQUIRE(numbers.size() >= 20);
  CHECK(rising_without_gap(numbers));
  CHECK(in.rail_counters()->given[static_cast<std::size_t>(Rail::redis)] >= 20);
  CHECK(out.counters(role).sent >= 20);
  stage.server.ask({"PUBLISH", "t[1]:signals.trade.1", "rubbish"});
  auto reason = std::string{};
  CHECK(eventually(
    [&] {
      const auto received = in.receive();
      const auto* const rejected = received ? std::get_if<WireRejected>(&*received) : nullptr;
      reason = rejected == nullptr ? reason : rejected->reason;
      return reason == "bad_json";
    },
    10s));
}

TEST_CASE("A reader of both rails hears each message once, and goes on with the one that is left") {
  RailStage stage{"both"};
  std::optional out{stage.open_publisher("tcp://127.0.0.1:*")};
  const auto endpoint = out->endpoint(role);
  auto in = stage.open_subscriber(endpoint);
  const auto& counters = *in.rail_counters();
  std::vector<std::uint64_t> numbers;
  const auto hear = [&](std::size_t count) {
    const auto more = heard_of(*out, in, count);
    REQUIRE(more.size() >= count);
    numbers.insert(numbers.end(), more.begin(), more.end());
  };
  // Until both rails have been heard.
  REQUIRE(eventually(
    [&] {
      hear(1);
      return counters.doubles > 20;
    },
    20s));
  numbers.erase(numbers.begin(), numbers.end() - 10);
  const auto late = counters.late; // of the time before the first one came by ZMQ

  stage.server.kill();
  hear(30);
  CHECK(rising_without_gap(numbers));
  stage.server.start();
  const auto doubles = counters.doubles;
  REQUIRE(eventually(
    [&] {
      hear(1);
      return counters.doubles > doubles + 20;
    },
    20s));
  CHECK(rising_without_gap(numbers));
  CHECK(counters.late == late);
}

TEST_CASE("When ZMQ falls silent a reader of both goes on from Redis, and says so") {
  RailStage stage{"both"};
  stage.silence = 200ms;
  auto out = stage.open_publisher("tcp://127.0.0.1:*");
  // A publisher of the same run that only Redis carries on, as if its port were cut off.
  auto in = stage.open_subscriber(out.endpoint(role));
  REQUIRE(eventually(
    [&] {
      heard_of(out, in, 1);
      return in.rail_counters()->doubles > 20;
    },
    20s));
  const auto rail = open_second_rail(stage.config);
  REQUIRE(rail);
  std::uint64_t seq = 100'000;
  std::vector<std::uint64_t> numbers;
  REQUIRE(eventually(
    [&] {
      const auto text =
        fmt::format(R"({{"seq":{},"timestamp_ms":2,"source":"{}","run":"run1","payload":{{}}}})",
                    seq++, source_name(role, "node-1"));
      (*rail)->put("signals.trade.1", text);
      while (const auto received = in.receive()) {
        numbers.push_back(std::get<WireMessage>(*received).seq);
      }
      return in.rail_counters()->silences[static_cast<std::size_t>(Rail::zmq)] == 1;
    },
    20s));
  CHECK(rising_without_gap({std::ranges::find(numbers, 100'000), numbers.end()}));
}

TEST_CASE("Patterns name each topic once, and letters that Redis would take for its own") {
  using Patterns = std::vector<std::string>;
  CHECK(channel_patterns("", {""}) == Patterns{"*.*"});
  CHECK(channel_patterns("", {"games.", "games.ended.", "games.", "orderbook.kalshi."})
        == Patterns{"games.*", "orderbook.kalshi.*"});
  CHECK(channel_patterns("a*[b]?:", {"", "games."}) == Patterns{R"(a\*\[b\]\?:*.*)"});
}

TEST_CASE("A relay passes on what is no larger than a message may be") {
  zmq::context_t context;
  auto relay = RailRelay::open(context);
  REQUIRE(relay);
  CHECK(relay->pass_on("prices.x", "{}"));
  CHECK_FALSE(relay->pass_on(std::string(300, 'x'), "{}"));
  CHECK_FALSE(relay->pass_on("prices.x", std::string(2U << 20U, ' ')));
}
