#include "bridges/envelope/envelope.hpp"

#include <algorithm>

#include "bridges/envelope/json_text.hpp"
#include "bridges/envelope/json_writer.hpp"
#include "bridges/envelope/msgpack.hpp"

namespace arbees {

namespace {

/// Names of sources, runs and topics go into logs and keys of other programs: visible ASCII only.
bool plain(std::string_view text, std::size_t limit) {
  return !text.empty() && text.size() <= limit
         && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

/// The reason that `envelope` is none, or "" and `message` is filled.
std::string_view fill(WireMessage& message, JsonValue envelope) {
  const auto seq = envelope["seq"].count();
  const auto timestamp = envelope["timestamp_ms"].count();
  auto source = envelope["source"].text();
  auto run = envelope["run"].text();
  const auto payload = envelope["payload"];
  if (!seq) {
    return "bad_seq";
  }
  if (!timestamp) {
    return "bad_timestamp";
  }
  if (!source || !plain(*source, max_source_bytes)) {
    return "bad_source";
  }
  if (!run || !plain(*run, max_run_bytes)) {
    return "bad_run";
  }
  if (!payload) {
    return "no_payload";
  }
  message.seq = *seq;
  message.timestamp_ms = static_cast<std::int64_t>(*timestamp);
  message.source = std::move(*source);
  message.run = std::move(*run);
  message.payload = payload.raw();
  return {};
}

std::string_view decode_json(WireMessage& message, std::string_view frame) {
  const auto document = JsonDocument::parse(frame);
  if (!document) {
    return "bad_json";
  }
  return document->root().is(JsonKind::object) ? fill(message, document->root()) : "not_an_object";
}

std::string_view decode_into(WireMessage& message, std::string_view frame) {
  if (!plain(message.topic, max_topic_bytes)) {
    return "bad_topic";
  }
  if (frame.size() > max_envelope_bytes) {
    return "too_large";
  }
  if (!is_msgpack(frame)) {
    return decode_json(message, frame);
  }
  std::string json;
  return msgpack_to_json(frame, json) ? "bad_msgpack" : decode_json(message, json);
}

} // namespace

void begin_envelope(std::string& out, const EnvelopeHead& head) {
  JsonWriter{out}
    .open_object()
    .key("seq")
    .count(head.seq)
    .key("timestamp_ms")
    .integer(to_ms(head.at))
    .key("source")
    .text(head.source)
    .key("run")
    .text(head.run)
    .key("payload");
}

void end_envelope(std::string& out) {
  out += '}';
}

std::variant<WireMessage, WireRejected>
decode_envelope(std::string_view topic, std::string_view frame, Timestamp received_at) {
  WireMessage message{.topic = std::string{topic.substr(0, max_topic_bytes + 1)},
                      .received_at = received_at};
  const auto reason = decode_into(message, frame);
  if (reason.empty()) {
    return message;
  }
  if (reason == "bad_topic") {
    // Rubbish must not reach a terminal or a log.
    message.topic.clear();
  }
  return WireRejected{.topic = message.topic,
                      .reason = std::string{reason},
                      .received_at = received_at};
}

} // namespace arbees
