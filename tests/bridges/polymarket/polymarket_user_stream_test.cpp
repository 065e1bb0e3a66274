#include "bridges/polymarket/polymarket_user_stream.hpp"

#include "tests/bridges/net/local_server.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* subscription =
  R"({"type":"user","auth":{"apiKey":"k","secret":"AAAA","passphrase":"p"}})";

struct StreamFixture {
  std::shared_ptr<PolymarketUserStream> stream(Duration ping_period = 10s) {
    const auto endpoint = *parse_url("ws://" + server.authority() + "/ws/user");
    auto credentials = ApiCredentials::make({}, "k", Secret{"AAAA"}, Secret{"p"});
    REQUIRE(credentials);
    auto account = std::make_shared<PolymarketOrderClient>(*network, clock,
                                                           PolymarketClientConfig{.rest = endpoint},
                                                           std::move(*credentials), Duration{});
    auto made = std::make_shared<PolymarketUserStream>(
      *network, clock,
      PolymarketStreamConfig{
        .endpoint = endpoint, .ping_period = ping_period, .first_retry = 1ms, .longest_retry = 1ms},
      account,
      PolymarketStreamEvents{
        .on_open = [this] { opened.push(1); },
        .on_frame = [this](PolymarketUserFrame frame) { frames.push(std::move(frame)); },
        .on_close = [this](const std::string& reason) { closed.push(reason); }});
    made->start();
    return made;
  }

  Clock clock;
  std::unique_ptr<Network> network = std::move(*Network::make());
  LocalServer server;
  Channel<int> opened;
  Channel<PolymarketUserFrame> frames;
  Channel<std::string> closed;
};

} // namespace

SCENARIO_METHOD(StreamFixture, "the user channel logs in anew on every connection") {
  const auto user = stream();
  for (int connection = 0; connection < 2; ++connection) {
    WebSocketPeer peer{server};
    CHECK(peer.upgrade.target() == "/ws/user");
    CHECK(peer.read() == subscription);
    opened.pop();
    peer.write(
      R"([{"event_type":"order","id":"0xab","type":"PLACEMENT","status":"LIVE","size_matched":"0"}])");
    CHECK(frames.pop().events.size() == 1);
    peer.write("PONG");
    CHECK(frames.pop().rejected.empty());
    peer.write("{");
    CHECK(frames.pop().rejected == std::vector<std::string>{"not_json"});
    peer.drop();
    CHECK_FALSE(closed.pop().empty());
  }
}

SCENARIO_METHOD(StreamFixture, "the user channel says PING each period") {
  const auto user = stream(5ms);
  WebSocketPeer peer{server};
  CHECK(peer.read() == subscription);
  CHECK(peer.read() == "PING");
  CHECK(peer.read() == "PING");
}
