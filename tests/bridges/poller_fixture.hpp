#pragma once

#include <caf/all.hpp>

#include "actors/messages/interfaces.hpp"
#include "tests/actors/orchestrator/listings.hpp"
#include "tests/bridges/net/local_server.hpp"

#include "bridges/net/network.hpp"

namespace arbees::test {

struct PollerSystemConfig : caf::actor_system_config {
  PollerSystemConfig() { add_message_types<caf::id_block::arbees>(); }
};

/// A real actor system, network and clock, a loopback server, and a mailbox for what was read.
struct PollerFixture {
  PollerSystemConfig config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  Clock clock;
  std::unique_ptr<Network> network = std::move(*Network::make());
  LocalServer server;

  [[nodiscard]] std::string url() const { return "http://" + server.authority(); }

  ListingSink sink() { return caf::actor_cast<ListingSink>(self); }

  /// The next message of type T; the test fails if none comes within 10 s.
  template <class T>
  T receive() {
    std::optional<T> result;
    self->receive([&](const T& message) { result = message; },
                  caf::after(std::chrono::seconds{10}) >> [] {});
    REQUIRE(result);
    return *result;
  }

  static std::string sample(const std::string& name) {
    auto text = read_text(std::string{ARBEES_TEST_DATA} + "/games/" + name);
    REQUIRE_FALSE(text.empty());
    return text;
  }
};

} // namespace arbees::test
