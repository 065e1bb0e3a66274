#pragma once

#include "bridges/redis/redis_writer.hpp"
#include "tests/bridges/redis/redis_server.hpp"

namespace arbees::test {

/// Trades `from` to before `end` of one run, brought into Redis as the observer does.
inline void store_trades(const RedisServer& server, std::uint64_t from, std::uint64_t end) {
  RedisWriter writer{
    {.address = server.address(), .clock = [] { return std::chrono::system_clock::now(); }}};
  OutputBatch batch;
  for (auto seq = from; seq < end; ++seq) {
    batch.messages.push_back({.topic = "trades.executed.1",
                              .source = "kalshi_monitor",
                              .run = "run1",
                              .seq = seq,
                              .timestamp_ms = 1'795'226'400'123,
                              .payload = "{\"number\":" + std::to_string(seq) + "}",
                              .received_at = std::chrono::system_clock::now()});
  }
  writer.take(batch);
  REQUIRE(writer.advance());
}

} // namespace arbees::test
