#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "tests/bridges/redis/redis_server.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

/// Listens on the loopback and answers the first connection with `answer`, whatever it says.
class Stranger {
public:
  explicit Stranger(std::string answer) : answer_(std::move(answer)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listener_, name, length) == 0);
    REQUIRE(::listen(listener_, 4) == 0);
    REQUIRE(::getsockname(listener_, name, &length) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] { serve(); }};
  }
  ~Stranger() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

  [[nodiscard]] RedisAddress address() const {
    return *parse_redis_url("redis://127.0.0.1:" + std::to_string(port_));
  }

private:
  void serve() const {
    const auto peer = ::accept(listener_, nullptr, nullptr);
    if (peer < 0) {
      return;
    }
    char question[256];
    static_cast<void>(::recv(peer, question, sizeof question, 0));
    static_cast<void>(::send(peer, answer_.data(), answer_.size(), MSG_NOSIGNAL));
    // Until the other side goes away.
    static_cast<void>(::recv(peer, question, sizeof question, 0));
    ::close(peer);
  }

  std::string answer_;
  int listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port_ = 0;
  std::thread thread_;
};

} // namespace

TEST_CASE("What answers rubbish is no Redis") {
  const auto answer = GENERATE(as<std::string>{}, "HTTP/1.1 400 Bad Request\r\n\r\n", "$x\r\n",
                               "*-7\r\n", "+PONG\r\n+PONG\r\n", std::string(100, '\0'));
  const Stranger stranger{answer};
  const auto opened = RedisConnection::open(stranger.address(), {.connect = 1s, .silence = 300ms});
  CAPTURE(answer);
  if (answer == "+PONG\r\n+PONG\r\n") {
    // One answer too many: the first is taken, the rest ends the connection.
    CHECK_FALSE(opened);
  } else {
    REQUIRE_FALSE(opened);
    CHECK(opened.error() == Errc::bad_frame);
  }
}

TEST_CASE("What never answers is given up in time") {
  const Stranger stranger{""};
  const auto begin = std::chrono::steady_clock::now();
  const auto opened = RedisConnection::open(stranger.address(), {.connect = 1s, .silence = 200ms});
  REQUIRE_FALSE(opened);
  CHECK(opened.error() == Errc::timed_out);
  CHECK(std::chrono::steady_clock::now() - begin < 3s);
}

TEST_CASE("Where nobody listens there is a clear error") {
  const auto port = free_ports(1)[0];
  const auto opened =
    RedisConnection::open(*parse_redis_url("redis://127.0.0.1:" + std::to_string(port)), {});
  REQUIRE_FALSE(opened);
  CHECK(describe(opened.error()) == "io_failed: Redis: Connection refused");
}

TEST_CASE("A connection logs in as a user and uses its database") {
  const RedisServer server{{"--user", "desk", "on", ">geheim", "~*", "+@all"}};
  auto connection = RedisConnection::open(*parse_redis_url(server.url("desk:geheim@") + "/5"), {});
  REQUIRE(connection);
  REQUIRE(connection->ask({"SET", "here", "5"}));
  CHECK(server.ask({"GET", "here"}).kind == RedisReply::Kind::nil);
  CHECK(connection->ask({"GET", "here"})->text == "5");
}

TEST_CASE("A long pipeline is answered whole, in order") {
  const RedisServer server;
  auto connection = server.connection();
  RedisPipeline pipeline;
  const std::string big(2'000, 'x');
  for (std::size_t i = 0; i < 20'000; ++i) {
    pipeline.add(i, {"ECHO", big});
  }
  std::size_t next = 0;
  REQUIRE_FALSE(connection.run(pipeline, [&](const RedisReply& reply) {
    next += reply.text == big && pipeline.front_owner() == next ? 1 : 0;
  }));
  CHECK(next == 20'000);
  CHECK(pipeline.empty());
}
