#include "bridges/net/wire_redaction.hpp"

#include <catch2/catch.hpp>

using namespace arbees;

TEST_CASE("Members with a secret's name lose their value and nothing else changes") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
    {R"({"type":"user","auth":{"apiKey":"k","secret":"s","passphrase":"p"},"markets":["0x1"]})",
     R"({"type":"user","auth":"[redacted]","markets":["0x1"]})"},
    {R"({"apiKey": "0-1", "secret":"a\"b\\", "passphrase":"p"})",
     R"({"apiKey": "[redacted]", "secret":"[redacted]", "passphrase":"[redacted]"})"},
    {R"({"order":{"maker":"0xA","signature":"0xBEEF"},"owner":"key","orderType":"FAK"})",
     R"({"order":{"maker":"0xA","signature":"[redacted]"},"owner":"[redacted]","orderType":"FAK"})"},
    {R"({"api_key_id":"x","private_key":"-----BEGIN\nA==\n-----END"})",
     R"({"api_key_id":"[redacted]","private_key":"[redacted]"})"},
    {R"({"API-KEY":17,"secret":null,"owner":["a",{"b":"c"}],"x":1})",
     R"({"API-KEY":"[redacted]","secret":"[redacted]","owner":"[redacted]","x":1})"},
    {R"({"error":"invalid body {\"apiKey\":\"k-1\",\"b\":2}"})",
     R"({"error":"invalid body {\"apiKey\":\"[redacted]\",\"b\":2}"})"},
    {R"({"api\u004bey":"k"})", R"({"api\u004bey":"[redacted]"})"},
    {R"(cut " off {"secret":"zzz"})", R"(cut " off {"secret":"[redacted]"})"},
    {R"({"secret":"never clo)", R"({"secret":"[redacted]")"},
    {R"({"secret":)", R"({"secret":"[redacted]")"},
    {R"({"secret" :
      "s"})",
     R"({"secret" :
      "[redacted]"})"},
    // What is public stays as it is, to the byte.
    {R"({"asset_id":"1","secretary":"x","tokens":["owner","secret"],"hash":"0x" , "p":"\"auth\""})",
     R"({"asset_id":"1","secretary":"x","tokens":["owner","secret"],"hash":"0x" , "p":"\"auth\""})"},
    {"PING", "PING"},
    {"", ""},
  }));
  CHECK(redact_json(text) == expected);
}

TEST_CASE("The values of a query's secrets are replaced") {
  CHECK(redact_target("/a?x=1&api_key=zzz&y=2") == "/a?x=1&api_key=[redacted]&y=2");
  CHECK(redact_target("/a?signature=zzz") == "/a?signature=[redacted]");
  CHECK(redact_target("/a?token_id=12&flag") == "/a?token_id=12&flag");
  CHECK(redact_target("/events/owner") == "/events/owner");
}

TEST_CASE("Of our own headers only the harmless are kept") {
  const std::string request =
    "POST /order?signature=zzz HTTP/1.1\r\nHost: clob\r\nPOLY_API_KEY: zzz\r\n"
    "kalshi-access-signature: zzz\r\nAuthorization: Basic zzz\r\nX-Something-New: zzz\r\n"
    "Content-Type: application/json\r\nnonsense zzz\r\n\r\n{\"owner\":\"zzz\",\"a\":1}";
  const auto safe = redact_http(CaptureDirection::out, request);
  CHECK(safe.find("zzz") == std::string::npos);
  CHECK(safe.starts_with("POST /order?signature=[redacted] HTTP/1.1\r\nHost: clob\r\n"));
  CHECK(
    safe.ends_with("Content-Type: application/json\r\n[redacted]\r\n\r\n"
                   "{\"owner\":\"[redacted]\",\"a\":1}"));
}

TEST_CASE("Of a venue's headers those that carry secrets are not kept") {
  const std::string response =
    "HTTP/1.1 200 OK\r\nDate: Sat, 21 Nov 2026 10:00:00 GMT\r\nSet-Cookie: zzz\r\n"
    "X-Auth-Token: zzz\r\nRetry-After: 7\r\n\r\n[1,2]";
  const auto safe = redact_http(CaptureDirection::in, response);
  CHECK(safe.find("zzz") == std::string::npos);
  CHECK(safe.find("Date: Sat, 21 Nov 2026 10:00:00 GMT\r\n") != std::string::npos);
  CHECK(safe.find("Retry-After: 7\r\n\r\n[1,2]") != std::string::npos);
}
