#pragma once

#include "actors/messages/interfaces.hpp"
#include "bridges/net/clock.hpp"
#include "bridges/net/network.hpp"
#include "tests/actor_fixture.hpp"
#include "tests/bridges/net/local_server.hpp"

namespace arbees::test {

/// A venue's socket on loopback, driven by the test, and the test's mailbox as the monitor.
class FeedFixture : public ActorFixture {
public:
  ~FeedFixture() {
    if (feed) {
      caf::anon_send_exit(feed, caf::exit_reason::kill);
      feed = nullptr;
      sched.run();
    }
    network->stop();
  }

  /// The next message to the monitor, which must be a T; fails if none comes within 10 s.
  template <class T>
  T heard() {
    std::optional<T> result;
    self->receive([&](const T& message) { result = message; },
                  caf::others >> [](caf::message_view& x) -> caf::result<caf::message> {
                    UNSCOPED_INFO("another message came: " << caf::to_string(x.content()));
                    return caf::sec::unexpected_message;
                  },
                  caf::after(std::chrono::seconds{10}) >> [] {});
    REQUIRE(result);
    return *result;
  }

  template <class... Ts>
  void tell(Ts... message) {
    self->send(feed, std::move(message)...);
    sched.run();
  }

  Clock clock;
  std::unique_ptr<Network> network = std::move(*Network::make());
  LocalServer server;
  FeedActor feed;
};

inline MarketSpec
watched(Venue venue, std::string native_id, std::array<std::string, 2> tokens = {}) {
  return {.id = market_id(venue, native_id),
          .ref = {.venue = venue, .native_id = std::move(native_id), .tokens = std::move(tokens)},
          .accepts_orders = true};
}

} // namespace arbees::test
