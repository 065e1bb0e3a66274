#include "bridges/envelope/payload_codec.hpp"
#include "bridges/envelope/payload_fields.hpp"

namespace arbees {

namespace {

using Counters = std::map<std::string, std::int64_t>;

void write_counters(JsonWriter& json, std::string_view key, const Counters& counters) {
  json.key(key).open_object();
  std::string name;
  for (const auto& [counter, value] : counters) {
    // Names carry outside text behind their colon ("rejected:…"): they are escaped.
    name.clear();
    JsonWriter{name}.text(counter);
    json.raw(name + ":").integer(value);
  }
  json.close_object();
}

Counters read_counters(FieldReader& fields, std::string_view key) {
  Counters counters;
  if (!fields[key].is(JsonKind::object)) {
    fields.fail(key);
  }
  for (const auto& entry : fields[key].children()) {
    const auto value = entry.integer();
    if (!value) {
      fields.fail(key);
      break;
    }
    counters.emplace(entry.key(), *value);
  }
  return counters;
}

} // namespace

void encode_payload(std::string& out, const FeedStatus& status) {
  JsonWriter json{out};
  json.open_object().key("platform").text(to_string(status.venue));
  json.key("connected").boolean(status.connected).key("reason").text(status.reason);
  json.key("markets_stale").count(status.markets_stale);
  write_time_us(json, "ts_us", status.at);
  json.close_object();
}

template <>
caf::expected<FeedStatus> decode_payload(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  FeedStatus status{.venue = fields.name("platform", Venue::polymarket),
                    .connected = fields.boolean("connected"),
                    .reason = fields.text("reason"),
                    .markets_stale = fields.count("markets_stale"),
                    .at = fields.time_us("ts_us")};
  return fields.finish(std::move(status));
}

void encode_payload(std::string& out, const Metrics& metrics) {
  JsonWriter json{out};
  json.open_object().key("component").text(metrics.source);
  write_counters(json, "values", metrics.values);
  json.close_object();
}

template <>
caf::expected<Metrics> decode_payload(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  Metrics metrics{.source = fields.text("component"), .values = read_counters(fields, "values")};
  return fields.finish(std::move(metrics));
}

void encode_payload(std::string& out, const NodeHealth& health) {
  JsonWriter json{out};
  json.open_object().key("node").text(health.node).key("run").text(health.run);
  json.key("status").text("alive");
  write_time_us(json, "started_ts_us", health.started_at);
  write_time_us(json, "ts_us", health.at);
  write_counters(json, "counters", health.counters);
  json.close_object();
}

template <>
caf::expected<NodeHealth> decode_payload(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  FieldReader fields{document->root()};
  NodeHealth health{.node = fields.text("node"),
                    .run = fields.text("run"),
                    .started_at = fields.time_us("started_ts_us"),
                    .at = fields.time_us("ts_us"),
                    .counters = read_counters(fields, "counters")};
  return fields.finish(std::move(health));
}

} // namespace arbees
