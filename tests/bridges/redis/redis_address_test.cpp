#include "bridges/redis/redis_address.hpp"

#include <catch2/catch.hpp>

using namespace arbees;

TEST_CASE("A Redis URL names host, port, database and login") {
  const auto plain = parse_redis_url("redis://localhost");
  REQUIRE(plain);
  CHECK(plain->host == "localhost");
  CHECK(plain->port == 6379);
  CHECK(plain->database == 0);
  CHECK_FALSE(plain->password);
  const auto full = parse_redis_url("redis://desk:p%40ss:w@rd@[::1]:7000/3");
  REQUIRE(full);
  CHECK(full->host == "::1");
  CHECK(full->port == 7000);
  CHECK(full->database == 3);
  CHECK(full->user == "desk");
  CHECK(full->password->reveal() == "p@ss:w@rd");
  CHECK(full->shown() == "redis://[::1]:7000/3");
  const auto socket = parse_redis_url("unix://:pw@/run/redis.sock?db=2");
  REQUIRE(socket);
  CHECK(socket->path == "/run/redis.sock");
  CHECK(socket->database == 2);
  CHECK(socket->shown() == "unix:///run/redis.sock?db=2");
}

TEST_CASE("What is no Redis URL is refused without its password") {
  const auto url =
    GENERATE(as<std::string>{}, "", "localhost", "rediss://h", "http://:geheim@h", "redis://",
             "redis://:geheim@", "redis://:geheim@h:0", "redis://:geheim@h:70000",
             "redis://:geheim@h:x", "redis://:geheim@h/x", "redis://:geheim@h/-1",
             "redis://geheim@h", "redis://u:@h", "redis://:geheim%4@h", "redis://:geheim%zz@h",
             "redis://:ge heim@h", "unix://relative", "unix:///a?base=geheim", "unix:///a?db=");
  CAPTURE(url);
  const auto parsed = parse_redis_url(url);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error() == Errc::bad_configuration);
  CHECK(describe(parsed.error()).find("geheim") == std::string::npos);
}

TEST_CASE("A URL is shown without its password") {
  CHECK(shown_redis_url("redis://:geheim@h:1/2") == "redis://***@h:1/2");
  CHECK(shown_redis_url("redis://u:ge@heim@h") == "redis://***@h");
  CHECK(shown_redis_url(":geheim@h://x") == "***@h://x");
  CHECK(shown_redis_url("redis://h") == "redis://h");
}
