#include "bridges/net/url.hpp"

#include <catch2/catch.hpp>

using namespace arbees;

TEST_CASE("a URL is taken apart") {
  struct Case {
    std::string url;
    Endpoint endpoint;
    std::string authority;
  };
  const auto c = GENERATE(values<Case>({
    {"wss://external-api-ws.kalshi.com/trade-api/ws/v2",
     {true, "external-api-ws.kalshi.com", "443", "/trade-api/ws/v2"},
     "external-api-ws.kalshi.com"},
    {"https://clob.polymarket.com",
     {true, "clob.polymarket.com", "443", "/"},
     "clob.polymarket.com"},
    {"http://127.0.0.1:18080/a?b=c#d", {false, "127.0.0.1", "18080", "/a?b=c"}, "127.0.0.1:18080"},
    {"ws://localhost:80?x=1", {false, "localhost", "80", "/?x=1"}, "localhost"},
    {"https://[::1]:8443/x", {true, "::1", "8443", "/x"}, "[::1]:8443"},
    {"ws://[::1]", {false, "::1", "80", "/"}, "[::1]"},
    {"http://h:65535", {false, "h", "65535", "/"}, "h:65535"},
  }));
  CAPTURE(c.url);
  const auto endpoint = parse_url(c.url);
  REQUIRE(endpoint);
  CHECK(*endpoint == c.endpoint);
  CHECK(endpoint->authority() == c.authority);
}

TEST_CASE("what is no URL of ours is refused") {
  const auto* const url =
    GENERATE("", "kalshi.com", "ftp://a", "https://", "https:///x", "http://h:0", "http://h:65536",
             "http://h:", "http://h:8o", "http://u:p@h/", "http://h/a b", "http://[::1",
             "http://[::1]8", "http://:80", "://h", "http://h\n");
  CAPTURE(url);
  const auto endpoint = parse_url(url);
  REQUIRE_FALSE(endpoint);
  CHECK(endpoint.error() == Errc::bad_configuration);
}
