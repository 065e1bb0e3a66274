#pragma once

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <catch2/catch.hpp>
#include <optional>
#include <vector>

#include "actors/messages/interfaces.hpp"

namespace arbees::test {

struct TestConfig : caf::actor_system_config {
  TestConfig() {
    set("scheduler.policy", caf::atom("testing"));
    add_message_types<caf::id_block::arbees>();
  }
};

/// An actor system in which nothing moves but by `sched.run()`, and a mailbox of the test's own.
class ActorFixture {
public:
  ~ActorFixture() {
    for (const auto& actor : spawned_) {
      caf::anon_send_exit(actor, caf::exit_reason::kill);
    }
    sched.run();
  }

  /// Spawns an actor that ends with the fixture.
  template <class F, class... Args>
  auto spawn(F function, Args&&... args) {
    auto handle = system.spawn(function, std::forward<Args>(args)...);
    spawned_.push_back(caf::actor_cast<caf::actor>(handle));
    return handle;
  }

  /// The next message of the test's mailbox if it is a T, which is then taken out; never waits.
  template <class T>
  std::optional<T> next() {
    std::optional<T> result;
    if (self->has_next_message()) {
      self->receive([&](const T& message) { result = message; },
                    caf::after(std::chrono::seconds{0}) >> [] {});
    }
    return result;
  }

  /// All messages of type T that have come, in order; others are dropped.
  template <class T>
  std::vector<T> all() {
    std::vector<T> result;
    while (self->has_next_message()) {
      self->receive([&](const T& message) { result.push_back(message); },
                    caf::others >> [](caf::message_view&) -> caf::result<caf::message> {
                      return caf::sec::unexpected_message;
                    });
    }
    return result;
  }

  /// The test's mailbox as a handle that an actor expects.
  template <class Handle>
  Handle sink() {
    return caf::actor_cast<Handle>(self);
  }

protected:
  TestConfig config;

public:
  caf::actor_system system{config};
  caf::scheduler::test_coordinator& sched =
    dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  caf::scoped_actor self{system};

private:
  std::vector<caf::actor> spawned_;
};

} // namespace arbees::test
