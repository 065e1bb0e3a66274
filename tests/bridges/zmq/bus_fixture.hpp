#pragma once

#include <catch2/catch.hpp>

#include "bridges/zmq/publisher.hpp"
#include "bridges/zmq/subscriber.hpp"

namespace arbees::test {

inline Timestamp test_time() {
  return from_ms(1'795'226'400'123);
}

/// A context with publishers and subscribers on it, and the wait until they have found each other.
class Bus {
public:
  zmq::context_t context;

  PublisherConfig publisher_config(std::map<PublishRole, std::string> endpoints) {
    return {.endpoints = std::move(endpoints), .run = "run1", .clock = test_time};
  }

  Publisher publisher(PublisherConfig config) {
    auto result = Publisher::open(context, std::move(config));
    if (!result) {
      FAIL(describe(result.error()));
    }
    return std::move(*result);
  }

  SubscriberConfig subscriber_config(std::vector<std::string> endpoints) {
    return {.endpoints = std::move(endpoints),
            .timeout = std::chrono::milliseconds{10},
            .clock = test_time};
  }

  Subscriber subscriber(SubscriberConfig config) {
    auto result = Subscriber::open(context, std::move(config));
    if (!result) {
      FAIL(describe(result.error()));
    }
    return std::move(*result);
  }

  /// Publishes until `subscriber` hears it, as a late joiner does not hear the first; returns the
  /// last number that was used up. @param topic must be subscribed to
  static std::uint64_t join(Publisher& publisher, PublishRole role, Subscriber& subscriber,
                            std::string_view topic = "hello") {
    for (auto i = 0; i < 2'000; ++i) {
      publisher.publish(role, topic, [](std::string& out) { out += "{}"; });
      if (const auto heard = subscriber.receive()) {
        auto last = std::get<WireMessage>(*heard).seq;
        while (const auto more = subscriber.poll()) {
          last = std::get<WireMessage>(*more).seq;
        }
        return last;
      }
    }
    FAIL("publisher and subscriber did not find each other");
    return 0;
  }

  /// The next message, waiting at most some 5 s.
  static WireMessage wait_for(Subscriber& subscriber) {
    for (auto i = 0; i < 500; ++i) {
      if (const auto received = subscriber.receive()) {
        REQUIRE(std::holds_alternative<WireMessage>(*received));
        return std::get<WireMessage>(*received);
      }
    }
    FAIL("no message came");
    return {};
  }
};

} // namespace arbees::test
