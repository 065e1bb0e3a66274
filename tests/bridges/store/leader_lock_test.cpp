#include "bridges/store/leader_lock.hpp"

#include <catch2/catch.hpp>

#include "tests/bridges/store/postgres_server.hpp"
#include "tests/system/process.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

using Hold = std::function<caf::expected<Duration>()>;

void check_that_one_holds(const LedgerConfig& place) {
  Hold first = leader_lock_beside(place);
  Hold second = leader_lock_beside(place);
  CHECK(first());
  CHECK_FALSE(second());
  CHECK(first()); // still
  CHECK(*first() > Duration::zero());
  first = nullptr;
  // A server notices a moment later that a session has ended.
  CHECK(eventually([&] { return static_cast<bool>(second()); }, std::chrono::seconds{10}));
}

} // namespace

TEST_CASE("One orchestrator holds the lock beside a ledger's file, and another when it has ended") {
  const TempDirectory folder;
  check_that_one_holds({.path = folder / "ledger.sqlite"});
}

TEST_CASE("One orchestrator holds the lock in the ledger's database") {
  auto& server = PostgresServer::shared();
  check_that_one_holds({.url = server.url(server.new_database())});
}

TEST_CASE("Without the database nobody holds its lock, and with it one does again") {
  PostgresServer server;
  const LedgerConfig place{.url = server.url(server.new_database())};
  const auto hold = leader_lock_beside(place);
  REQUIRE(hold());
  server.kill();
  const auto lost = hold();
  REQUIRE_FALSE(lost);
  CHECK_THAT(to_string(lost.error()), !Catch::Contains("s3cret"));
  server.start();
  CHECK(hold());
  server.freeze();
  CHECK_FALSE(hold()); // waits for its answer
  server.thaw();
}
