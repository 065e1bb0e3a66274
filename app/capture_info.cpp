#include "app/capture_info.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

namespace arbees {

namespace json = boost::json;

namespace {

/// The number at `key` of a record that we wrote ourselves; 0 if it is damaged.
std::uint64_t number_in(const std::string& text, const char* key) {
  boost::json::error_code error;
  const auto value = json::parse(text, error);
  const auto* const object = error ? nullptr : value.if_object();
  const auto* const found = object != nullptr ? object->if_contains(key) : nullptr;
  return found != nullptr && found->is_int64() && found->as_int64() > 0
           ? static_cast<std::uint64_t>(found->as_int64())
           : 0;
}

void count(CapturedRun& run, const CaptureRecord& record, std::int64_t start_ns) {
  if (record.kind == CaptureKind::note) {
    run.note = record.payload;
  } else if (record.kind == CaptureKind::dropped) {
    run.dropped += number_in(record.payload, "records");
  } else if (record.kind == CaptureKind::end) {
    // It knows also of what was lost last, behind which no record came.
    run.dropped = std::max(run.dropped, number_in(record.payload, "dropped"));
  }
  if (record.connection == 0) {
    return;
  }
  auto& connection = run.connections[record.connection];
  if (record.kind == CaptureKind::open) {
    connection.name = record.payload;
    connection.url = record.target;
    connection.opened_ns = record.monotonic_ns - start_ns;
  } else if (record.kind == CaptureKind::close) {
    connection.closed_by = record.payload;
  } else {
    ++(record.direction == CaptureDirection::in ? connection.in : connection.out)[record.kind];
    connection.bytes += record.payload.size();
  }
}

caf::expected<CapturedRun> read_run(const std::filesystem::path& folder) {
  auto reader = CaptureReader::open(folder);
  if (!reader) {
    return std::move(reader.error());
  }
  CapturedRun run;
  run.folder = folder;
  std::int64_t start_ns = 0;
  while (const auto record = reader->next()) {
    if (run.records++ == 0) {
      run.first_wall_ns = record->wall_ns;
      start_ns = record->monotonic_ns;
    }
    run.last_wall_ns = record->wall_ns;
    run.span_ns = record->monotonic_ns - start_ns;
    count(run, *record, start_ns);
  }
  run.flaws = reader->flaws();
  return run;
}

std::string utc(std::int64_t wall_ns) {
  constexpr std::int64_t second = 1'000'000'000;
  return fmt::format("{:%Y-%m-%d %H:%M:%S}Z", fmt::gmtime(std::time_t{wall_ns / second}));
}

double seconds(std::int64_t ns) {
  return static_cast<double>(ns) / 1e9;
}

std::string counts_text(const std::map<CaptureKind, std::uint64_t>& counts) {
  std::string text;
  for (const auto& [kind, number] : counts) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", number, to_string(kind));
  }
  return text.empty() ? "nothing" : text;
}

json::object counts_json(const std::map<CaptureKind, std::uint64_t>& counts) {
  json::object object;
  for (const auto& [kind, number] : counts) {
    object[to_string(kind)] = number;
  }
  return object;
}

json::object connection_json(std::uint32_t id, const CapturedConnection& connection) {
  return {{"connection", id},
          {"name", connection.name},
          {"url", connection.url},
          {"opened_s", seconds(connection.opened_ns)},
          {"in", counts_json(connection.in)},
          {"out", counts_json(connection.out)},
          {"bytes", connection.bytes},
          {"closed_by", connection.closed_by}};
}

} // namespace

caf::expected<std::vector<CapturedRun>> read_captures(const std::filesystem::path& folder) {
  std::vector<CapturedRun> runs;
  for (const auto& path : capture_runs(folder)) {
    auto run = read_run(path);
    if (!run) {
      return std::move(run.error());
    }
    runs.push_back(std::move(*run));
  }
  if (runs.empty()) {
    return caf::make_error(Errc::io_failed,
                           fmt::format("there is no capture in {}", folder.string()));
  }
  return runs;
}

std::string to_text(const std::vector<CapturedRun>& runs) {
  std::string text;
  for (const auto& run : runs) {
    text += fmt::format("{}\n  {} to {}, {:.1f} s, {} records, {} dropped\n", run.folder.string(),
                        utc(run.first_wall_ns), utc(run.last_wall_ns), seconds(run.span_ns),
                        run.records, run.dropped);
    for (const auto& [id, connection] : run.connections) {
      text += fmt::format("  #{:<4} {:<18} {}\n        at {:.3f} s; in: {}; out: {}; {} bytes{}\n",
                          id, connection.name, connection.url, seconds(connection.opened_ns),
                          counts_text(connection.in), counts_text(connection.out), connection.bytes,
                          connection.closed_by.empty() ? "" : "; closed: " + connection.closed_by);
    }
    for (const auto& flaw : run.flaws) {
      text += fmt::format("  {} {} after {} bytes: {}\n", flaw.file.filename().string(),
                          to_string(flaw.kind), flaw.offset, flaw.why);
    }
  }
  return text;
}

std::string to_json(const std::vector<CapturedRun>& runs) {
  json::array list;
  for (const auto& run : runs) {
    json::array connections;
    for (const auto& [id, connection] : run.connections) {
      connections.push_back(connection_json(id, connection));
    }
    json::array flaws;
    for (const auto& flaw : run.flaws) {
      flaws.push_back(json::object{{"kind", to_string(flaw.kind)},
                                   {"file", flaw.file.string()},
                                   {"offset", flaw.offset},
                                   {"why", flaw.why}});
    }
    list.push_back(json::object{{"folder", run.folder.string()},
                                {"first", utc(run.first_wall_ns)},
                                {"last", utc(run.last_wall_ns)},
                                {"span_s", seconds(run.span_ns)},
                                {"records", run.records},
                                {"dropped", run.dropped},
                                {"connections", std::move(connections)},
                                {"flaws", std::move(flaws)}});
  }
  return json::serialize(json::object{{"runs", std::move(list)}}) + "\n";
}

} // namespace arbees
