#include "bridges/redis/redis_stream_reader.hpp"

#include "tests/bridges/redis/stored_messages.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

RedisStreamReader reader(const RedisServer& server, std::vector<std::string> prefixes = {""}) {
  auto opened = RedisStreamReader::open(server.address(), std::move(prefixes));
  if (!opened) {
    FAIL(describe(opened.error()));
  }
  return std::move(*opened);
}

std::vector<std::uint64_t> numbers(const caf::expected<std::vector<WireMessage>>& messages) {
  REQUIRE(messages);
  std::vector<std::uint64_t> result;
  for (const auto& message : *messages) {
    result.push_back(message.seq);
  }
  return result;
}

using Numbers = std::vector<std::uint64_t>;

} // namespace

TEST_CASE("The last messages of the mirror come in order, and then what follows") {
  const RedisServer server;
  store_trades(server, 0, 20);
  auto stored = reader(server);
  CHECK(numbers(stored.last(5)) == Numbers{15, 16, 17, 18, 19});
  CHECK(numbers(stored.next(10ms)) == Numbers{});
  store_trades(server, 20, 23);
  CHECK(numbers(stored.next(10ms)) == Numbers{20, 21, 22});
  CHECK(numbers(stored.next(10ms)) == Numbers{});
}

TEST_CASE("Whoever wants none of the past reads on from the end") {
  const RedisServer server;
  auto early = reader(server);
  CHECK(numbers(early.last(0)) == Numbers{});
  store_trades(server, 0, 2);
  auto late = reader(server);
  CHECK(numbers(late.last(0)) == Numbers{});
  store_trades(server, 2, 4);
  CHECK(numbers(early.next(10ms)) == Numbers{0, 1, 2, 3});
  CHECK(numbers(late.next(10ms)) == Numbers{2, 3});
}

TEST_CASE("Topics that are not wanted, and entries of strangers, are passed over") {
  const RedisServer server;
  store_trades(server, 0, 2);
  server.ask({"XADD", "stream:trades", "*", "something", "else"});
  server.ask({"XADD", "stream:trades", "*", "topic", "trades.x", "source", "s", "zmq_seq", "-1",
              "zmq_ts", "1", "recv_ts", "1"});
  auto all = reader(server);
  CHECK(numbers(all.last(10)) == Numbers{0, 1});
  CHECK(all.unreadable() == 2);
  auto signals = reader(server, {"signals."});
  CHECK(numbers(signals.last(10)) == Numbers{});
}

TEST_CASE("A stream of another type is an error, not a wait") {
  const RedisServer server;
  server.ask({"SET", "stream:games", "mine"});
  CHECK_FALSE(reader(server).last(1));
  CHECK_FALSE(reader(server).next(10ms));
}
