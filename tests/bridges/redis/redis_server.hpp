#pragma once

#include <signal.h>

#include <catch2/catch.hpp>
#include <memory>

#include "bridges/redis/redis_connection.hpp"
#include "tests/system/process.hpp"

namespace arbees::test {

/// A real redis-server on a free port of the loopback, that keeps nothing on disk. The test that
/// starts it stops it, by its process id.
class RedisServer {
public:
  explicit RedisServer(std::vector<std::string> options = {}) : options_(std::move(options)) {
    start();
  }

  struct Later {};
  /// Only takes the port; start() follows.
  explicit RedisServer(Later) {}

  /// On the same port each time.
  void start() {
    std::vector<std::string> arguments{"/usr/bin/redis-server",
                                       "--port",
                                       std::to_string(port_),
                                       "--bind",
                                       "127.0.0.1",
                                       "--save",
                                       "",
                                       "--appendonly",
                                       "no",
                                       "--dir",
                                       folder_.path().string(),
                                       "--loglevel",
                                       "notice"};
    arguments.insert(arguments.end(), options_.begin(), options_.end());
    process_ = std::make_unique<Process>(arguments, folder_ / "redis.log");
    const auto up = process_->says("Ready to accept connections", std::chrono::seconds{20});
    INFO(process_->output());
    REQUIRE(up);
  }

  void signal(int number) const { process_->signal(number); }
  void kill() {
    process_->signal(SIGKILL);
    REQUIRE(process_->wait(std::chrono::seconds{10}));
  }

  [[nodiscard]] std::string url(const std::string& login = {}) const {
    return "redis://" + login + "127.0.0.1:" + std::to_string(port_);
  }
  [[nodiscard]] RedisAddress address(const std::string& login = {}) const {
    return *parse_redis_url(url(login));
  }
  [[nodiscard]] RedisConnection connection(const std::string& login = {}) const {
    auto opened = RedisConnection::open(address(login), {});
    if (!opened) {
      FAIL(describe(opened.error()));
    }
    return std::move(*opened);
  }
  RedisReply ask(std::initializer_list<std::string_view> words) const {
    auto own = connection();
    auto reply = own.ask(words);
    if (!reply) {
      FAIL(describe(reply.error()));
    }
    return std::move(*reply);
  }

private:
  TemporaryFolder folder_;
  int port_ = free_ports(1)[0];
  std::vector<std::string> options_;
  std::unique_ptr<Process> process_;
};

} // namespace arbees::test
