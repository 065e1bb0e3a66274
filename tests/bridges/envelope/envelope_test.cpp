#include "bridges/envelope/envelope.hpp"

#include <catch2/catch.hpp>

using namespace arbees;
using namespace std::chrono_literals;

namespace {

const std::string good =
  R"({"seq":17,"timestamp_ms":1795226400123,"source":"kalshi_monitor","run":"k3f9c2","payload":{"yes_bid": 0.420}})";

std::string with(std::string_view from, std::string_view to) {
  auto text = good;
  text.replace(text.find(from), from.size(), to);
  return text;
}

std::string reason_for(std::string_view topic, std::string_view frame) {
  const auto result = decode_envelope(topic, frame, Timestamp{});
  const auto* const rejected = std::get_if<WireRejected>(&result);
  return rejected == nullptr ? "" : rejected->reason;
}

} // namespace

TEST_CASE("an envelope is written as the architecture says") {
  std::string out;
  begin_envelope(
    out,
    {.seq = 17, .at = from_ms(1'795'226'400'123), .source = "kalshi_monitor", .run = "k3f9c2"});
  out += R"({"yes_bid": 0.420})";
  end_envelope(out);
  CHECK(out == good);
}

TEST_CASE("an envelope is read, and its payload stays as it came") {
  const auto result = decode_envelope("prices.kalshi.X", good, Timestamp{5s});
  const auto* const message = std::get_if<WireMessage>(&result);
  REQUIRE(message);
  CHECK(message->topic == "prices.kalshi.X");
  CHECK(message->seq == 17);
  CHECK(message->timestamp_ms == 1'795'226'400'123);
  CHECK(message->source == "kalshi_monitor");
  CHECK(message->run == "k3f9c2");
  CHECK(message->payload == R"({"yes_bid": 0.420})");
  CHECK(message->received_at == Timestamp{5s});
}

TEST_CASE("unknown keys are ignored") {
  CHECK(reason_for("a", with("{\"seq\"", "{\"new\":[1,{}],\"seq\"")) == "");
}

TEST_CASE("what is no envelope is refused by a stable reason") {
  CHECK(reason_for("a", "") == "bad_json");
  CHECK(reason_for("a", "\x82\xa3seq") == "bad_msgpack");
  CHECK(reason_for("a", good + "x") == "bad_json");
  CHECK(reason_for("a", "[]") == "not_an_object");
  CHECK(reason_for("a", with("17", "-1")) == "bad_seq");
  CHECK(reason_for("a", with("17", "1.5")) == "bad_seq");
  CHECK(reason_for("a", with("17", "\"17\"")) == "bad_seq");
  CHECK(reason_for("a", with("\"seq\"", "\"sequence\"")) == "bad_seq");
  CHECK(reason_for("a", with("1795226400123", "null")) == "bad_timestamp");
  CHECK(reason_for("a", with("\"kalshi_monitor\"", "\"\"")) == "bad_source");
  CHECK(reason_for("a", with("kalshi_monitor", "a b")) == "bad_source");
  CHECK(reason_for("a", with("kalshi_monitor", "\\u001b[31m")) == "bad_source");
  CHECK(reason_for("a", with("kalshi_monitor", std::string(max_source_bytes + 1, 'x')))
        == "bad_source");
  CHECK(reason_for("a", with("k3f9c2", std::string(max_run_bytes + 1, 'x'))) == "bad_run");
  CHECK(reason_for("a", with("payload", "paid")) == "no_payload");
  CHECK(reason_for("", good) == "bad_topic");
  CHECK(reason_for("a\x1b[2J", good) == "bad_topic");
  CHECK(reason_for(std::string(max_topic_bytes, 't'), good) == "");
  CHECK(reason_for(std::string(max_topic_bytes + 1, 't'), good) == "bad_topic");
  CHECK(reason_for("a", good + std::string(max_envelope_bytes, ' ')) == "too_large");
}

TEST_CASE("a refused topic does not travel on") {
  const auto result = decode_envelope("a\x1b[2J", good, Timestamp{});
  CHECK(std::get<WireRejected>(result).topic.empty());
}
