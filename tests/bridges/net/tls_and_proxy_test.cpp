#include <fstream>

#include "actors/messages/errors.hpp"
#include "bridges/net/capture_reader.hpp"
#include "bridges/net/capture_writer.hpp"
#include "bridges/net/proxy.hpp"
#include "bridges/net/web_socket_client.hpp"
#include "tests/bridges/net/outside.hpp"
#include "tests/bridges/store/temp_directory.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

using Responses = Channel<caf::expected<HttpResponse>>;

/// Everything that a client needs to reach a venue that this test's own authority vouches for.
struct TlsFixture {
  TlsFixture() { ca.write(ca_file()); }

  [[nodiscard]] std::filesystem::path ca_file() const { return directory / "ca.pem"; }

  static std::unique_ptr<Network> network(NetworkConfig config) {
    auto made = Network::make(std::move(config));
    REQUIRE(made);
    return std::move(*made);
  }

  std::unique_ptr<Network> trusting(const std::string& proxy = {}, Secret credentials = {},
                                    std::shared_ptr<CaptureWriter> capture = {}) const {
    return network({.ca_file = ca_file().string(),
                    .proxy = proxy,
                    .proxy_credentials = std::move(credentials),
                    .capture = std::move(capture)});
  }

  /// What a GET of `url` comes to.
  caf::expected<HttpResponse>
  get(Network& network, const std::string& url, Duration deadline = 10s) const {
    const auto endpoint = parse_url(url);
    REQUIRE(endpoint);
    HttpClient client{network, clock, {.endpoint = *endpoint}};
    return get(client, endpoint->target, deadline);
  }

  static caf::expected<HttpResponse>
  get(HttpClient& client, const std::string& target, Duration deadline = 10s) {
    const auto responses = std::make_shared<Responses>();
    client.request({.target = target}, deadline,
                   [responses](caf::expected<HttpResponse> r) { responses->push(std::move(r)); });
    return responses->pop();
  }

  /// What went wrong with it.
  std::string problem(Network& network, const std::string& url, Duration deadline = 10s) const {
    const auto response = get(network, url, deadline);
    REQUIRE_FALSE(response);
    return describe(response.error());
  }

  std::unique_ptr<WebSocketClient>
  web_socket(Network& network, const std::string& url, Channel<std::string>& events) const {
    auto socket = std::make_unique<WebSocketClient>(
      network, clock,
      WebSocketConfig{
        .name = "test_feed", .endpoint = *parse_url(url), .backoff = Backoff{1ms, 1ms, 1}},
      WebSocketEvents{.headers = nullptr,
                      .on_open = [&events](Timestamp) { events.push("open"); },
                      .on_text = [&events](std::string_view text,
                                           Timestamp) { events.push(std::string{text}); },
                      .on_close = [](const std::string&, Timestamp) {}});
    socket->start();
    return socket;
  }

  static std::string https(std::uint16_t port, const std::string& host = "localhost") {
    return "https://" + host + ":" + std::to_string(port);
  }

  TempDirectory directory;
  ThrowAwayCa ca;
  Clock clock;
  Outside outside;
};

bool says(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

} // namespace

SCENARIO_METHOD(TlsFixture, "a venue with the right certificate is taken, for many requests") {
  TlsVenue venue{outside, ca.issue("DNS:localhost")};
  const auto net = trusting();
  HttpClient client{*net, clock, {.endpoint = *parse_url(https(venue.port()))}};
  for (int i = 0; i < 200; ++i) {
    const auto target = "/" + std::to_string(i);
    const auto response = get(client, target);
    REQUIRE(response);
    REQUIRE(response->body == target);
  }
  CHECK(venue.connections() == 1);
}

SCENARIO_METHOD(TlsFixture, "an address is verified as well as a name") {
  TlsVenue venue{outside, ca.issue("IP:127.0.0.1")};
  const auto net = trusting();
  CHECK(get(*net, https(venue.port(), "127.0.0.1") + "/"));
  CHECK(says(problem(*net, https(venue.port())), "tls handshake"));
}

SCENARIO_METHOD(TlsFixture, "a certificate for another name is refused") {
  TlsVenue venue{outside, ca.issue("DNS:venue.test")};
  const auto net = trusting();
  CHECK(says(problem(*net, https(venue.port())), "tls handshake: certificate verify failed"));
  CHECK(venue.handshakes.pop() != "good");
}

SCENARIO_METHOD(TlsFixture, "an authority that nobody told us of is refused") {
  TlsVenue venue{outside, ca.issue("DNS:localhost")};
  const auto net = network({});
  CHECK(says(problem(*net, https(venue.port())), "tls handshake: certificate verify failed"));
}

SCENARIO_METHOD(TlsFixture, "a certificate that has expired, or is not valid yet, is refused") {
  const auto [from_s, until_s] = GENERATE(table<long, long>({{-7200, -3600}, {3600, 7200}}));
  TlsVenue venue{outside, ca.issue("DNS:localhost", from_s, until_s)};
  const auto net = trusting();
  CHECK(says(problem(*net, https(venue.port())), "tls handshake: certificate verify failed"));
}

SCENARIO_METHOD(TlsFixture, "a server that does not speak TLS is refused") {
  LocalServer plain;
  const auto net = trusting();
  const auto endpoint = *parse_url("https://" + plain.authority());
  HttpClient client{*net, clock, {.endpoint = endpoint}};
  Responses responses;
  client.request({}, 10s, [&](caf::expected<HttpResponse> r) { responses.push(std::move(r)); });
  HttpPeer peer{plain};
  peer.write_raw("HTTP/1.1 400 Bad Request\r\n\r\n");
  CHECK(says(describe(responses.pop().error()), "tls handshake"));
}

SCENARIO_METHOD(TlsFixture, "a WebSocket goes over TLS, and not to the wrong name") {
  TlsVenue venue{outside, ca.issue("DNS:localhost")};
  const auto net = trusting();
  Channel<std::string> events;
  const auto wss = [&](const char* host) {
    return std::string{"wss://"} + host + ":" + std::to_string(venue.port()) + "/feed";
  };
  {
    const auto socket = web_socket(*net, wss("localhost"), events);
    CHECK(events.pop() == "open");
    socket->post([&] { socket->send("hello"); });
    CHECK(events.pop() == "hello");
    CHECK(venue.handshakes.pop() == "good");
  }
  const auto stranger = web_socket(*net, wss("127.0.0.1"), events);
  CHECK(venue.handshakes.pop() != "good");
  CHECK(venue.handshakes.pop() != "good"); // it tries again, and stays out
}

SCENARIO_METHOD(TlsFixture, "certificates that cannot be read are an error of the configuration") {
  CHECK(Network::make({.ca_file = (directory / "none.pem").string()}).error()
        == Errc::bad_configuration);
  std::ofstream{directory / "rubbish.pem"} << "rubbish";
  CHECK(Network::make({.ca_file = (directory / "rubbish.pem").string()}).error()
        == Errc::bad_configuration);
}

SCENARIO_METHOD(TlsFixture, "requests go through the proxy, to the name that only it knows") {
  TlsVenue venue{outside, ca.issue("DNS:venue.test")};
  ConnectProxy proxy{outside, venue.port()};
  const auto net = trusting(proxy.url());
  HttpClient client{*net, clock, {.endpoint = *parse_url("https://venue.test")}};
  CHECK(get(client, "/1")->body == "/1");
  CHECK(get(client, "/2")->body == "/2");
  CHECK(proxy.heads.pop() == "CONNECT venue.test:443 HTTP/1.1\r\nHost: venue.test:443\r\n\r\n");
  CHECK(venue.connections() == 1);
}

SCENARIO_METHOD(TlsFixture, "a proxy cannot pretend to be the venue") {
  TlsVenue impostor{outside, ca.issue("DNS:proxy.test")};
  ConnectProxy proxy{outside, impostor.port()};
  const auto net = trusting(proxy.url());
  CHECK(says(problem(*net, "https://venue.test/"), "tls handshake: certificate verify failed"));
}

SCENARIO_METHOD(TlsFixture, "a WebSocket goes through the proxy with its credentials") {
  TlsVenue venue{outside, ca.issue("DNS:venue.test")};
  ConnectProxy proxy{outside, venue.port()};
  const auto net = trusting(proxy.url(), Secret{"user:pass"});
  Channel<std::string> events;
  const auto socket = web_socket(*net, "wss://venue.test/feed", events);
  CHECK(events.pop() == "open");
  socket->post([&] { socket->send("hello"); });
  CHECK(events.pop() == "hello");
  CHECK(says(proxy.heads.pop(), "\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n"));
}

SCENARIO_METHOD(TlsFixture, "an error says that it was the proxy, and what it answered") {
  const auto [answer, expected] = GENERATE(table<std::string, std::string>({
    {"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n",
     ": refused: HTTP 407 Proxy Authentication Required"},
    {"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nno!", ": refused: HTTP 502 Bad Gateway"},
    {"HTTP/1.1 302 Found\r\nLocation: http://login\r\n\r\n", ": refused: HTTP 302 Found"},
    {"", ": closed the connection instead of answering"},
    {"HTTP/1.1 200", ": closed the connection instead of answering"},
    {"SSH-2.0-OpenSSH_9.2\r\n\r\n", ": no answer that is HTTP: "},
    {"HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", ": no answer that is HTTP"},
    {"HTTP/1.1 200 OK\r\n\r\nand more", ": sent more than its answer"},
  }));
  CAPTURE(answer.substr(0, 80));
  ConnectProxy proxy{outside, 1, answer};
  const auto net = trusting(proxy.url(), Secret{"user:hushhush"});
  const auto said = problem(*net, "https://venue.test/path");
  CHECK(says(said, "venue.test/path: proxy 127.0.0.1:"));
  CHECK(says(said, expected));
  CHECK_FALSE(says(said, "hush"));
}

SCENARIO_METHOD(TlsFixture, "a proxy that refuses a WebSocket is asked again") {
  ConnectProxy proxy{outside, 1, "HTTP/1.1 502 Bad Gateway\r\n\r\n"};
  const auto net = trusting(proxy.url());
  Channel<std::string> events;
  const auto socket = web_socket(*net, "wss://venue.test/feed", events);
  for (int attempt = 0; attempt < 3; ++attempt) {
    CHECK(says(proxy.heads.pop(), "CONNECT venue.test:443"));
  }
}

SCENARIO_METHOD(TlsFixture, "a proxy that is silent or not there is an error in time") {
  LocalServer silent;
  const auto net = trusting("http://" + silent.authority());
  const auto late = get(*net, "https://venue.test/", 50ms);
  REQUIRE_FALSE(late);
  CHECK(late.error() == Errc::timed_out);
  const auto gone = [] {
    LocalServer server;
    return server.authority();
  }();
  const auto nowhere = trusting("http://" + gone);
  CHECK(says(problem(*nowhere, "https://venue.test/"), "connect to proxy " + gone));
}

SCENARIO_METHOD(TlsFixture, "what is on this machine is reached without the proxy") {
  TlsVenue venue{outside, ca.issue("DNS:localhost,IP:127.0.0.1")};
  ConnectProxy proxy{outside, 1, "HTTP/1.1 502 Bad Gateway\r\n\r\n"};
  const auto net = trusting(proxy.url());
  CHECK(get(*net, https(venue.port()) + "/"));
  CHECK(get(*net, https(venue.port(), "127.0.0.1") + "/"));
  CHECK(is_loopback("::1"));
  CHECK(is_loopback("127.8.8.8"));
  CHECK_FALSE(is_loopback("localhost.example"));
  CHECK_FALSE(is_loopback("192.168.0.1"));
}

TEST_CASE("What is no proxy is said without its secrets") {
  for (const auto* const url : {"https://proxy:1", "proxy:3128", "http://proxy/path", "socks5://p",
                                "http://user:hushhush@proxy:1"}) {
    CAPTURE(url);
    const auto proxy = Proxy::make(url, {});
    REQUIRE_FALSE(proxy);
    CHECK(proxy.error() == Errc::bad_configuration);
    CHECK_FALSE(says(describe(proxy.error()), "hush"));
  }
  for (const auto* const credentials : {"hushhush", "user:hush\r\nX: hush", "a:\x7fhush"}) {
    const auto proxy = Proxy::make("http://proxy:3128", Secret{credentials});
    REQUIRE_FALSE(proxy);
    CHECK(proxy.error() == Errc::bad_credential);
    CHECK_FALSE(says(describe(proxy.error()), "hush"));
  }
  CHECK(Proxy::make("http://proxy:3128", Secret{"user:"})->authority() == "proxy:3128");
}

SCENARIO_METHOD(TlsFixture, "a capture holds what went both ways, and no credential") {
  TlsVenue venue{outside, ca.issue("DNS:venue.test")};
  ConnectProxy proxy{outside, venue.port()};
  {
    auto capture = CaptureWriter::open({.folder = directory / "captures"});
    REQUIRE(capture);
    const auto net = trusting(proxy.url(), Secret{"user:hushhush"}, std::move(*capture));
    HttpClient client{*net, clock, {.endpoint = *parse_url("https://venue.test")}};
    Responses responses;
    client.request({.method = HttpMethod::post,
                    .target = "/order?a=1",
                    .body = R"({"owner":"hushhush","price":"0.5"})",
                    .headers = {{"POLY_API_KEY", "hushhush"}, {"KALSHI-ACCESS-KEY", "hushhush"}}},
                   10s, [&](caf::expected<HttpResponse> r) { responses.push(std::move(r)); });
    CHECK(responses.pop());
    Channel<std::string> events;
    const auto socket = web_socket(*net, "wss://venue.test/feed", events);
    CHECK(events.pop() == "open");
    socket->post([&] { socket->send(R"({"auth":{"secret":"hushhush"},"x":"echo"})"); });
    CHECK(says(events.pop(), "echo"));
  }
  auto reader = CaptureReader::open(directory / "captures");
  REQUIRE(reader);
  std::vector<std::string> seen;
  while (const auto record = reader->next()) {
    CHECK_FALSE(says(record->payload + record->target, "hushhush"));
    CHECK_FALSE(says(record->payload, "dXNlcjp"));
    const auto* const way = record->direction == CaptureDirection::in    ? " in"
                            : record->direction == CaptureDirection::out ? " out"
                                                                         : "";
    seen.push_back(std::to_string(record->connection) + " " + std::string{to_string(record->kind)}
                   + way);
    if (record->kind == CaptureKind::text) {
      CHECK(record->payload == R"({"auth":"[redacted]","x":"echo"})");
    }
    if (seen.back() == "1 request out") {
      CHECK(says(record->payload, R"({"owner":"[redacted]","price":"0.5"})"));
    }
  }
  CHECK(reader->flaws().empty());
  const std::vector<std::string> expected{"0 note",        "1 open",     "1 request out",
                                          "1 response in", "2 open",     "2 request out",
                                          "2 response in", "2 text out", "2 text in"};
  REQUIRE(seen.size() > expected.size());
  CHECK(std::equal(expected.begin(), expected.end(), seen.begin()));
  CHECK(seen.back() == "0 end");
}
