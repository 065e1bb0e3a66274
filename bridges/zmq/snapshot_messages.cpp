#include "bridges/zmq/snapshot_messages.hpp"

#include <algorithm>

#include "bridges/envelope/envelope.hpp"
#include "bridges/envelope/json_text.hpp"
#include "bridges/envelope/json_writer.hpp"

namespace arbees {

namespace {

caf::error bad(const char* reason) {
  return caf::make_error(Errc::bad_frame, std::string{reason});
}

void write_counts(JsonWriter& json, const std::map<std::string, std::uint64_t>& counts) {
  json.open_object();
  for (const auto& [source, number] : counts) {
    json.key(source).count(number);
  }
  json.close_object();
}

/// Sources are written as keys again, without escapes.
bool is_source(std::string_view text) {
  return text.size() <= max_source_bytes && std::ranges::all_of(text, [](char c) {
           return c > ' ' && c < '\x7f' && c != '"' && c != '\\';
         });
}

/// By source; false if there are too many, or one is no count.
bool read_counts(JsonValue object, std::map<std::string, std::uint64_t>& counts) {
  if (!object.is(JsonKind::object)) {
    return false;
  }
  for (const auto& member : object.children()) {
    const auto number = member.count();
    auto source = member.key();
    if (!number || !is_source(source) || counts.size() == max_snapshot_sources) {
      return false;
    }
    counts.insert_or_assign(std::move(source), *number);
  }
  return true;
}

bool read_prefixes(JsonValue array, std::vector<std::string>& prefixes) {
  if (!array.is(JsonKind::array)) {
    return false;
  }
  for (const auto& item : array.children()) {
    auto prefix = item.text();
    if (!prefix || prefix->size() > max_topic_bytes || prefixes.size() == max_snapshot_prefixes) {
      return false;
    }
    prefixes.push_back(std::move(*prefix));
  }
  return true;
}

caf::expected<SnapshotRequest> read_request(JsonValue root) {
  SnapshotRequest request;
  if (!root.is(JsonKind::object)) {
    return bad("not_an_object");
  }
  if (const auto id = root["id"]) {
    if (!id.count()) {
      return bad("bad_id");
    }
    request.id = *id.count();
  }
  if (!read_prefixes(root["prefixes"], request.prefixes)) {
    return bad("bad_prefixes");
  }
  if (const auto after = root["after"]) {
    auto text = after.text();
    if (!text || text->size() > max_topic_bytes) {
      return bad("bad_after");
    }
    request.after = std::move(*text);
  }
  if (const auto run = root["run"]) {
    auto text = run.text();
    if (!text || text->size() > max_run_bytes) {
      return bad("bad_run");
    }
    request.run = std::move(*text);
  }
  if (const auto since = root["since"]; since && !read_counts(since, request.since)) {
    return bad("bad_since");
  }
  return request;
}

} // namespace

std::string encode_snapshot_request(const SnapshotRequest& request) {
  std::string out;
  JsonWriter json{out};
  json.open_object().key("id").count(request.id).key("prefixes").open_array();
  for (const auto& prefix : request.prefixes) {
    json.text(prefix);
  }
  json.close_array().key("after").text(request.after).key("run").text(request.run).key("since");
  write_counts(json, request.since);
  json.close_object();
  return out;
}

std::string encode_snapshot_end(const SnapshotEnd& end) {
  std::string out;
  JsonWriter json{out};
  json.open_object().key("id").count(end.id).key("node").text(end.node).key("run").text(end.run);
  json.key("sources");
  write_counts(json, end.sources);
  json.key("count").count(end.count).key("more").boolean(end.more).close_object();
  return out;
}

caf::expected<SnapshotRequest> decode_snapshot_request(std::string_view frame) {
  if (frame.size() > max_snapshot_request_bytes) {
    return bad("too_large");
  }
  const auto document = JsonDocument::parse(frame);
  return document ? read_request(document->root()) : bad("bad_json");
}

caf::expected<SnapshotEnd> decode_snapshot_end(std::string_view frame) {
  const auto document = JsonDocument::parse(frame);
  if (!document) {
    return document.error();
  }
  const auto root = document->root();
  const auto id = root["id"].count();
  auto run = root["run"].text();
  const auto more = root["more"].boolean();
  SnapshotEnd end;
  if (!id || !run || run->empty() || run->size() > max_run_bytes || !more
      || !read_counts(root["sources"], end.sources)) {
    return bad("bad snapshot.end");
  }
  end.id = *id;
  end.run = std::move(*run);
  end.node = root["node"].text().value_or("");
  end.count = root["count"].count().value_or(0);
  end.more = *more;
  return end;
}

} // namespace arbees
