#include "app/log.hpp"

#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>

namespace arbees {

std::optional<std::string> start_log(const LogConfig& config) {
  constexpr std::size_t queue = 8192;
  spdlog::sink_ptr sink;
  try {
    if (config.file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(config.file.string());
    }
  } catch (const spdlog::spdlog_ex& failure) {
    return fmt::format("log.file: {}", failure.what());
  }
  spdlog::init_thread_pool(queue, 1);
  auto logger =
    std::make_shared<spdlog::async_logger>("arbees", std::move(sink), spdlog::thread_pool(),
                                           spdlog::async_overflow_policy::overrun_oldest);
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
  logger->set_level(spdlog::level::from_str(config.level == "warn" ? "warning" : config.level));
  spdlog::set_default_logger(std::move(logger));
  spdlog::flush_every(std::chrono::seconds{1});
  return std::nullopt;
}

} // namespace arbees
