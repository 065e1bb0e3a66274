#include "bridges/net/http_client.hpp"

#include <boost/asio.hpp>

#include "actors/messages/errors.hpp"
#include "tests/bridges/net/local_server.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

struct HttpFixture {
  Clock clock;
  std::unique_ptr<Network> network = std::move(*Network::make());
  LocalServer server;
  Channel<caf::expected<HttpResponse>> responses;

  std::unique_ptr<HttpClient>
  client(std::size_t max_body_bytes = 1000, std::size_t max_queued = 8) {
    HttpClientConfig config{.endpoint = *parse_url("http://" + server.authority()),
                            .max_queued = max_queued,
                            .max_body_bytes = max_body_bytes};
    return std::make_unique<HttpClient>(*network, clock, config);
  }

  void get(HttpClient& client, const std::string& target, Duration deadline = 10s) {
    client.request({.target = target}, deadline,
                   [this](caf::expected<HttpResponse> response) { responses.push(response); });
  }
};

} // namespace

SCENARIO_METHOD(HttpFixture, "requests share one connection and are answered in order") {
  const auto started = clock.now();
  const auto http = client();
  get(*http, "/first");
  http->request({.method = HttpMethod::post,
                 .target = "/second?x=1",
                 .body = "{}",
                 .headers = {{"X-Key", "k"}}},
                10s, [this](caf::expected<HttpResponse> r) { responses.push(r); });
  HttpPeer peer{server};
  const auto first = peer.read();
  CHECK(first.method_string() == "GET");
  CHECK(first.target() == "/first");
  CHECK(first["Host"] == server.authority());
  CHECK(first["User-Agent"] == "arbees/0.1");
  peer.answer(200, "one");
  const auto response = responses.pop();
  REQUIRE(response);
  CHECK(response->status == 200);
  CHECK(response->body == "one");
  CHECK(response->header("retry-after") == "7");
  CHECK_FALSE(response->header("Date"));
  CHECK(response->received_at > started);
  const auto second = peer.read();
  CHECK(second.method_string() == "POST");
  CHECK(second.target() == "/second?x=1");
  CHECK(second.body() == "{}");
  CHECK(second["X-Key"] == "k");
  peer.answer(429, "slow down");
  CHECK(responses.pop()->status == 429);
}

SCENARIO_METHOD(HttpFixture,
                "a connection that the server closed while idle is made anew for a GET") {
  const auto http = client();
  get(*http, "/1");
  {
    HttpPeer peer{server};
    peer.read();
    peer.answer(200, "one");
    CHECK(responses.pop()->body == "one");
    peer.close();
  }
  get(*http, "/2");
  HttpPeer peer{server};
  CHECK(peer.read().target() == "/2");
  peer.answer(200, "two", false);
  CHECK(responses.pop()->body == "two");
  get(*http, "/3");
  HttpPeer next{server};
  CHECK(next.read().target() == "/3");
  next.answer(200, "three");
  CHECK(responses.pop()->body == "three");
}

SCENARIO_METHOD(HttpFixture, "a POST is never repeated by itself") {
  const auto http = client();
  get(*http, "/1");
  HttpPeer peer{server};
  peer.read();
  peer.answer(200, "one");
  CHECK(responses.pop());
  http->request({.method = HttpMethod::post, .target = "/order", .body = "{}"}, 10s,
                [this](caf::expected<HttpResponse> r) { responses.push(r); });
  CHECK(peer.read().target() == "/order");
  peer.close();
  const auto lost = responses.pop();
  REQUIRE_FALSE(lost);
  CHECK(lost.error() == Errc::io_failed);
  get(*http, "/after");
  HttpPeer next{server};
  CHECK(next.read().target() == "/after");
  next.answer(200, "ok");
  CHECK(responses.pop());
}

SCENARIO_METHOD(HttpFixture,
                "a request that is not answered in time fails, and the next one works") {
  const auto http = client();
  get(*http, "/slow?secret=1", 50ms);
  HttpPeer peer{server};
  peer.read();
  const auto late = responses.pop();
  REQUIRE_FALSE(late);
  CHECK(late.error() == Errc::timed_out);
  CHECK(describe(late.error()).find("secret") == std::string::npos);
  get(*http, "/next");
  HttpPeer next{server};
  CHECK(next.read().target() == "/next");
  next.answer(200, "ok");
  CHECK(responses.pop());
}

SCENARIO_METHOD(HttpFixture, "a response is bounded, and rubbish is no response") {
  const auto http = client(10);
  get(*http, "/large");
  HttpPeer peer{server};
  peer.read();
  peer.answer(200, "01234567890");
  CHECK(responses.pop().error() == Errc::io_failed);
  get(*http, "/rubbish");
  HttpPeer next{server};
  next.read();
  next.write_raw("SSH-2.0-OpenSSH\r\n\r\n");
  CHECK(responses.pop().error() == Errc::io_failed);
}

SCENARIO_METHOD(HttpFixture, "the line is bounded, and what waits fails when the client goes") {
  auto http = client(1000, 1);
  get(*http, "/1");
  HttpPeer peer{server};
  peer.read();
  get(*http, "/2");
  get(*http, "/3");
  CHECK(describe(responses.pop().error()).find("too many requests") != std::string::npos);
  http.reset();
  CHECK(responses.pop().error() == Errc::io_failed);
  CHECK(responses.pop().error() == Errc::io_failed);
}

SCENARIO_METHOD(HttpFixture, "a server that is not there is an error") {
  const auto endpoint = [] {
    LocalServer gone;
    return *parse_url("http://" + gone.authority());
  }();
  HttpClient http{*network, clock, {.endpoint = endpoint}};
  get(http, "/");
  CHECK(describe(responses.pop().error()).find("connect") != std::string::npos);
}

SCENARIO_METHOD(HttpFixture,
                "a network that ends first takes the callbacks of its requests along") {
  auto http = client();
  const auto held = std::make_shared<int>();
  http->request({.target = "/slow"}, 10s, [held](const caf::expected<HttpResponse>&) {});
  http->request({.target = "/waits"}, 10s, [held](const caf::expected<HttpResponse>&) {});
  HttpPeer peer{server};
  peer.read(); // it is under way
  network->stop();
  http.reset();
  network.reset();
  CHECK(held.use_count() == 1);
}
