#include "app/observer_outputs.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "bridges/observer/line_output.hpp"
#include "bridges/redis/redis_output.hpp"

namespace arbees {

namespace {

using Outputs = std::vector<ObserverOutput>;

OutputActor spawn_lines(const Parts& parts, LineTarget target, const LineFormat& format) {
  return parts.system.spawn<caf::detached>(line_output, std::move(target), format);
}

caf::error add_console(Outputs& outputs, const Config& config, const Parts& parts) {
  const auto& wish = config.observer;
  if (!wish.console_log || wish.console == "off") {
    return {};
  }
  const auto format = wish.console == "json"      ? json_format()
                      : wish.console == "compact" ? compact_format()
                                                  : pretty_format(paint_for(STDOUT_FILENO));
  outputs.push_back({.name = "console",
                     .actor = spawn_lines(parts, LineWriter::to_descriptor(STDOUT_FILENO), format),
                     .level = *parse_observer_level(wish.level)});
  return {};
}

caf::error add_file(Outputs& outputs, const Config& config, const Parts& parts) {
  const auto& path = config.observer.jsonl_file;
  if (path.empty()) {
    return {};
  }
  if (auto failed = make_folder_of(path)) {
    return failed;
  }
  constexpr std::uint64_t megabyte = 1U << 20U;
  const auto& wish = config.observer;
  auto file = RotatingFile::open(
    {.file = path,
     .max_bytes = static_cast<std::uint64_t>(wish.jsonl_max_megabytes) * megabyte,
     .max_age = std::chrono::hours{wish.jsonl_max_hours},
     .keep = static_cast<std::size_t>(wish.jsonl_keep)});
  if (!file) {
    return file.error();
  }
  outputs.push_back({.name = "jsonl",
                     .actor = spawn_lines(parts, std::move(*file), json_format()),
                     .level = ObserverLevel::verbose,
                     .capacity = 100'000});
  return {};
}

caf::error add_redis(Outputs& outputs, const Config& config, const Parts& parts) {
  const auto bridge = config.observer.mode == "bridge";
  if (config.redis.url.empty() || (!config.redis.streams && !bridge)) {
    return {};
  }
  auto address = parse_redis_url(config.redis.url);
  if (!address) {
    return address.error();
  }
  RedisWriterConfig writer{.address = std::move(*address),
                           .mirror = {.streams = config.redis.streams, .publish = bridge},
                           .node = config.node,
                           .mode = config.observer.mode,
                           .clock = [&clock = parts.clock] { return clock.now(); }};
  std::vector<std::string> topics;
  for (const auto& stream : redis_streams()) {
    topics.emplace_back(stream.prefix);
  }
  outputs.push_back({.name = "redis",
                     .actor = parts.system.spawn<caf::detached>(redis_output, std::move(writer)),
                     .level = ObserverLevel::verbose,
                     .topics = std::move(topics),
                     .snapshots = SnapshotWish::skip, // the streams tell what happened
                     .capacity = static_cast<std::size_t>(config.redis.queue),
                     .batch = 2'048});
  return {};
}

} // namespace

caf::expected<Outputs> open_observer_outputs(const Config& config, const Parts& parts) {
  Outputs outputs;
  for (const auto add : {add_console, add_file, add_redis}) {
    if (auto failed = add(outputs, config, parts)) {
      for (const auto& output : outputs) {
        caf::anon_send_exit(output.actor, caf::exit_reason::user_shutdown);
      }
      return failed;
    }
  }
  return outputs;
}

caf::expected<MetricsPageParts> open_metrics_page(const Config& config, const Parts& parts) {
  if (config.observer.prometheus_port == 0) {
    return MetricsPageParts{};
  }
  auto page = std::make_shared<MetricsPage>();
  auto server =
    MetricsServer::open(parts.network, static_cast<std::uint16_t>(config.observer.prometheus_port),
                        [page] { return page->text(); });
  if (!server) {
    return std::move(server.error());
  }
  return MetricsPageParts{.actor = parts.system.spawn(metrics_page, page, config.node),
                          .server = std::move(*server)};
}

caf::error make_folder_of(const std::filesystem::path& file) {
  std::error_code error;
  if (file.has_parent_path()) {
    std::filesystem::create_directories(file.parent_path(), error);
  }
  return error ? caf::make_error(Errc::io_failed, fmt::format("{}: {}", file.parent_path().string(),
                                                              error.message()))
               : caf::error{};
}

} // namespace arbees
