#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <set>

#include "tests/bridges/redis/redis_server.hpp"

using namespace arbees::test;
using std::chrono::seconds;

TEST_CASE("Transports are compared hop by hop, with the state of the machine beside") {
  const RedisServer server;
  const TemporaryFolder folder;
  Process bench{{"arbees-bench", "compare-transports", "--redis", server.url(), "--seconds", "1",
                 "--rounds", "1", "--rate", "200", "--every", "5", "--json"},
                folder / "out"};
  const auto code = bench.wait(seconds{50});
  REQUIRE(code);
  // What is faster here and now is not this test's business.
  CHECK(std::set{0, 3, 4}.contains(*code));
  const auto result = boost::json::parse(bench.output()).as_object();
  CHECK(result.at("redis").as_string().find('.') != std::string::npos);
  CHECK(result.at("machine").at("cores").to_number<int>() > 0);
  CHECK_FALSE(result.at("machine").at("load_before").as_string().empty());
  const auto& hops = result.at("hops").as_array();
  REQUIRE(hops.size() == 5);
  CHECK(hops[0].at("messages").to_number<int>() == 100);
  for (const auto& hop : hops) {
    for (const auto* const rail : {"zmq", "redis"}) {
      const auto& figures = hop.at(rail);
      CHECK(figures.at("lost").to_number<int>() == 0);
      CHECK(figures.at("p50_us").to_number<double>() > 0);
      CHECK(figures.at("p50_us").to_number<double>() <= figures.at("p99_us").to_number<double>());
    }
  }
  CHECK((result.at("verdict") == "go") == (*code == 0));
}

TEST_CASE("Without a Redis nothing is compared, and it is said") {
  const TemporaryFolder folder;
  Process bench{{"arbees-bench", "compare-transports", "--redis",
                 "redis://127.0.0.1:" + std::to_string(free_ports(1)[0])},
                folder / "out"};
  CHECK(bench.wait(seconds{20}) == 1);
  CHECK(bench.output().find("no Redis at") != std::string::npos);
}
