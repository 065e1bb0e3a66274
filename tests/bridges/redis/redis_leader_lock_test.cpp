#include "bridges/redis/redis_leader_lock.hpp"

#include <catch2/catch.hpp>

#include "tests/bridges/redis/redis_server.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

using Hold = std::function<caf::expected<Duration>()>;

Hold lock_of(const RedisServer& server, const std::string& owner,
             std::chrono::milliseconds expires_after = 60s) {
  return leader_lock_in(
    {.address = server.address(), .owner = owner, .expires_after = expires_after});
}

} // namespace

TEST_CASE("One orchestrator holds the lock in Redis, and the next at once when it has ended") {
  const RedisServer server;
  auto first = lock_of(server, "east k3f9");
  const auto second = lock_of(server, "west p7aa");
  REQUIRE(first());
  CHECK(*first() == 48s); // less than it lasts
  const auto refused = second();
  REQUIRE_FALSE(refused);
  CHECK_THAT(to_string(refused.error()), Catch::Contains("east k3f9"));
  first = nullptr;
  CHECK(second());
}

TEST_CASE("The lock of an orchestrator that says nothing more expires") {
  const RedisServer server;
  const auto silent = lock_of(server, "east", 200ms);
  REQUIRE(silent());
  const auto other = lock_of(server, "west");
  CHECK(eventually([&] { return static_cast<bool>(other()); }, 10s));
  CHECK_FALSE(silent());
}

TEST_CASE("Without Redis nobody holds its lock, and with it one does again") {
  RedisServer server;
  const auto hold = lock_of(server, "east");
  REQUIRE(hold());
  server.kill();
  CHECK_FALSE(hold());
  server.start();
  CHECK(hold());
  server.signal(SIGSTOP);
  CHECK_FALSE(hold()); // waits for its answer
  server.signal(SIGCONT);
  CHECK(eventually([&] { return static_cast<bool>(hold()); }, 10s));
}
