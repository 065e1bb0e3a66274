#include "bridges/net/web_socket_client.hpp"

#include <boost/asio.hpp>

#include "actors/messages/errors.hpp"
#include "tests/bridges/net/local_server.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

struct WebSocketFixture {
  Clock clock;
  std::unique_ptr<Network> network = std::move(*Network::make());
  LocalServer server;
  Channel<std::string> events;
  int attempts = 0;

  std::unique_ptr<WebSocketClient> client(WebSocketConfig config) {
    config.name = "test_feed";
    config.endpoint = *parse_url("ws://" + server.authority() + "/feed");
    config.backoff = Backoff{1ms, 1ms, 1};
    auto made = std::make_unique<WebSocketClient>(
      *network, clock, config,
      WebSocketEvents{
        .headers = [this]() -> caf::expected<HttpHeaders> {
          return HttpHeaders{{"X-Attempt", std::to_string(++attempts)}};
        },
        .on_open = [this](Timestamp) { events.push("open"); },
        .on_text = [this](std::string_view text,
                          Timestamp) { events.push("text " + std::string{text}); },
        .on_close = [this](const std::string& reason,
                           Timestamp) { events.push("close " + reason); },
      });
    made->start();
    return made;
  }
};

} // namespace

SCENARIO_METHOD(WebSocketFixture, "messages go both ways, and a lost connection comes back") {
  const auto socket = client({});
  WebSocketPeer peer{server};
  CHECK(peer.upgrade.target() == "/feed");
  CHECK(peer.upgrade["X-Attempt"] == "1");
  CHECK(events.pop() == "open");
  socket->post([&] {
    socket->send("a");
    socket->send("b");
  });
  CHECK(peer.read() == "a");
  CHECK(peer.read() == "b");
  peer.write("hello");
  CHECK(events.pop() == "text hello");
  peer.drop();
  CHECK(events.pop().starts_with("close "));
  WebSocketPeer next{server};
  CHECK(next.upgrade["X-Attempt"] == "2");
  CHECK(events.pop() == "open");
}

SCENARIO_METHOD(WebSocketFixture, "a declined upgrade is tried again with fresh headers") {
  const auto socket = client({});
  {
    HttpPeer peer{server};
    peer.read();
    peer.answer(401, R"({"error":"header_timestamp_expired"})");
  }
  WebSocketPeer peer{server};
  CHECK(peer.upgrade["X-Attempt"] == "2");
  CHECK(events.pop() == "open");
}

SCENARIO_METHOD(WebSocketFixture, "a silent server is left") {
  const auto socket = client({.idle_timeout = 100ms});
  WebSocketPeer peer{server};
  CHECK(events.pop() == "open");
  CHECK(events.pop().starts_with("close "));
}

SCENARIO_METHOD(WebSocketFixture, "a server that never completes the upgrade is left") {
  const auto socket = client({.step_timeout = 50ms});
  HttpPeer stuck{server};
  WebSocketPeer peer{server};
  CHECK(events.pop() == "open");
}

SCENARIO_METHOD(WebSocketFixture, "the keepalive text is sent by itself") {
  const auto socket = client({.keepalive_text = "PING", .keepalive_period = 10ms});
  WebSocketPeer peer{server};
  CHECK(peer.read() == "PING");
  CHECK(peer.read() == "PING");
}

SCENARIO_METHOD(WebSocketFixture, "a message above the limit ends the connection") {
  const auto socket =
    client({.step_timeout = 100ms, .idle_timeout = 100ms, .max_message_bytes = 100});
  WebSocketPeer peer{server};
  CHECK(events.pop() == "open");
  peer.write(std::string(101, 'x'));
  CHECK(events.pop() == "close read: The WebSocket message exceeded the locally configured limit");
}

SCENARIO_METHOD(WebSocketFixture, "the owner may ask for a new connection") {
  const auto socket = client({});
  WebSocketPeer peer{server};
  CHECK(events.pop() == "open");
  socket->post([&] { socket->reconnect("feed frozen"); });
  CHECK(events.pop() == "close feed frozen");
  WebSocketPeer next{server};
  CHECK(events.pop() == "open");
}
