#include "bridges/zmq/subscriber.hpp"

#include "bridges/envelope/envelope.hpp"
#include "bridges/zmq/subscriber_actor.hpp"
#include "tests/actor_fixture.hpp"
#include "tests/bridges/zmq/bus_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

/// A PUB socket that says what it likes.
struct RawPublisher {
  RawPublisher(zmq::context_t& context, const std::string& endpoint)
    : socket{context, zmq::socket_type::pub} {
    socket.bind(endpoint);
  }

  void send(const std::vector<std::string>& frames) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
      socket.send(zmq::buffer(frames[i]),
                  i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
    }
  }

  zmq::socket_t socket;
};

const std::string good = R"({"seq":1,"timestamp_ms":2,"source":"s","run":"r","payload":{"a":1}})";

/// Sends until the subscriber hears something: the first ones may come too early.
std::vector<Subscriber::Received>
exchange(RawPublisher& out, Subscriber& in, const std::vector<std::string>& frames) {
  std::vector<Subscriber::Received> heard;
  for (auto i = 0; i < 2'000 && heard.empty(); ++i) {
    out.send(frames);
    while (const auto received = in.receive()) {
      heard.push_back(*received);
    }
  }
  REQUIRE_FALSE(heard.empty());
  return heard;
}

std::string reason_of(const Subscriber::Received& received) {
  const auto* const rejected = std::get_if<WireRejected>(&received);
  return rejected == nullptr ? "" : rejected->reason;
}

class SubscriberFixture : public Bus, public ActorFixture {};

} // namespace

SCENARIO_METHOD(Bus, "rubbish on the bus becomes a reason, and what follows is read") {
  GIVEN("a publisher of anything and a subscriber") {
    RawPublisher out{context, "inproc://raw"};
    auto in = subscriber(subscriber_config({"inproc://raw"}));
    THEN("each kind of rubbish has its own reason") {
      CHECK(reason_of(exchange(out, in, {"prices.x"})[0]) == "one_frame");
      CHECK(reason_of(exchange(out, in, {"prices.x", "rubbish"})[0]) == "bad_json");
      CHECK(reason_of(exchange(out, in, {"", good})[0]) == "bad_topic");
      CHECK(reason_of(exchange(out, in, {std::string(300, 'x'), good})[0]) == "bad_topic");
      CHECK(reason_of(exchange(out, in, {"prices.x", std::string(2'000'000, ' ')})[0])
            == "too_large");
      CHECK(reason_of(exchange(out, in, {"prices.x", good})[0]) == "");
      CHECK(reason_of(exchange(out, in, {"prices.x", good, "extra", "frames"})[0]) == "");
      CHECK(in.failed() == 0);
    }
  }
}

SCENARIO_METHOD(Bus, "only the wanted prefixes arrive") {
  GIVEN("a subscriber of signals") {
    auto out = publisher(publisher_config({{PublishRole::game_shard, "inproc://prefix"}}));
    auto config = subscriber_config({"inproc://prefix"});
    config.prefixes = {"signals."};
    auto in = subscriber(config);
    join(out, PublishRole::game_shard, in, "signals.trade.0");
    WHEN("prices and a signal are published") {
      const auto payload = [](std::string& text) { text += "{}"; };
      out.publish(PublishRole::game_shard, "prices.kalshi.X", payload);
      out.publish(PublishRole::game_shard, "signals.trade.1", payload);
      THEN("the signal arrives") {
        CHECK(wait_for(in).topic == "signals.trade.1");
        CHECK_FALSE(in.poll());
      }
    }
  }
}

SCENARIO_METHOD(Bus, "a malformed endpoint is one clear error") {
  const auto bad = Subscriber::open(context, subscriber_config({"tcp://nowhere"}));
  REQUIRE_FALSE(bad);
  CHECK(describe(bad.error())
        == "bad_configuration: cannot subscribe to 'tcp://nowhere': Invalid argument");
  CHECK_FALSE(Subscriber::open(context, subscriber_config({})));
}

SCENARIO_METHOD(SubscriberFixture, "the subscriber's actor passes messages and rubbish on") {
  GIVEN("an actor on a socket, and a publisher it has found") {
    RawPublisher out{context, "inproc://actor"};
    auto in = subscriber(subscriber_config({"inproc://actor"}));
    exchange(out, in, {"hello", good});
    const auto actor = spawn(subscriber_actor, std::move(in), std::vector{sink<WireSink>()});
    WHEN("a good message, rubbish and another good one come") {
      out.send({"prices.a", good});
      out.send({"prices.b", "rubbish"});
      out.send({"prices.c", good});
      std::vector<std::string> heard;
      for (auto i = 0; i < 500 && heard.size() < 3; ++i) {
        sched.run(1);
        while (self->has_next_message()) {
          self->receive([&](const WireMessage& message) { heard.push_back(message.topic); },
                        [&](const WireRejected& message) { heard.push_back(message.reason); });
        }
      }
      THEN("all three are passed on, in order") {
        CHECK(heard == std::vector<std::string>{"prices.a", "bad_json", "prices.c"});
      }
      THEN("the rubbish is counted by its reason") {
        auto request = self->request(actor, std::chrono::seconds{5}, caf::get_atom::value);
        for (auto i = 0; i < 10; ++i) {
          sched.run(1);
        }
        request.receive(
          [](const Metrics& metrics) {
            CHECK(metrics.values.at("received") == 2);
            CHECK(metrics.values.at("rejected:bad_json") == 1);
          },
          [](const caf::error& error) { FAIL(describe(error)); });
      }
    }
  }
}
