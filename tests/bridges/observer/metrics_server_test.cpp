#include "bridges/observer/metrics_server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>

using namespace arbees;

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// All that the server answers to `request` before it ends the connection.
std::string ask(const MetricsServer& server, const std::string& request) {
  asio::io_context context;
  tcp::socket socket{context};
  socket.connect({asio::ip::address_v4::loopback(), server.port()});
  asio::write(socket, asio::buffer(request));
  std::string answer;
  boost::system::error_code end;
  asio::read(socket, asio::dynamic_buffer(answer), end);
  return answer;
}

class ServerFixture {
public:
  ServerFixture() {
    auto made = Network::make();
    REQUIRE(made);
    network = std::move(*made);
    auto opened = MetricsServer::open(*network, 0, [] { return "arbees_x 1\n"; });
    REQUIRE(opened);
    server = std::move(*opened);
  }
  ~ServerFixture() {
    server.reset();
    network->stop();
  }

  std::unique_ptr<Network> network;
  std::unique_ptr<MetricsServer> server;
};

} // namespace

SCENARIO_METHOD(ServerFixture, "/metrics is served, and nothing else") {
  const auto page = ask(*server, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(page.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(page.ends_with("\r\n\r\narbees_x 1\n"));
  CHECK(ask(*server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 404"));
  CHECK(ask(*server, "DELETE /metrics HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 405"));
}

SCENARIO_METHOD(ServerFixture, "rubbish ends a connection, not the server") {
  CHECK(ask(*server, "\x16\x03\x01 what?\r\n\r\n").empty());
  CHECK(
    ask(*server, "GET /metrics HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n").empty());
  CHECK(ask(*server, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 200"));
}

SCENARIO_METHOD(ServerFixture, "a port that is taken is one clear error") {
  const auto second = MetricsServer::open(*network, server->port(), [] { return ""; });
  REQUIRE_FALSE(second);
  CHECK(describe(second.error()).find(std::to_string(server->port())) != std::string::npos);
}
