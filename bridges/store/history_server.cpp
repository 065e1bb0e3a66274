#include "bridges/store/history_server.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "actors/messages/errors.hpp"
#include "bridges/store/history_wire.hpp"
#include "bridges/store/select_watch.hpp"

namespace arbees {

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 2s; ///< with a client that says nothing, or takes nothing
constexpr auto low_priority = 15;

} // namespace

std::filesystem::path history_socket(const std::filesystem::path& history) {
  auto path = history;
  path += ".socket";
  return path;
}

caf::expected<std::shared_ptr<HistoryServer>>
HistoryServer::open(const std::filesystem::path& socket, std::shared_ptr<HistoryReaders> readers) {
  auto listening = listen_on_file(socket);
  if (!listening) {
    return listening.error();
  }
  return std::make_shared<HistoryServer>(socket, std::move(*listening), std::move(readers));
}

HistoryServer::HistoryServer(std::filesystem::path path, Descriptor socket,
                             std::shared_ptr<HistoryReaders> readers)
  : path_{std::move(path)}, socket_{std::move(socket)}, readers_{std::move(readers)} {
  thread_ = std::thread{[this] { serve(); }};
}

HistoryServer::~HistoryServer() {
  stop_.wake();
  readers_->send_away("arbees stops");
  thread_.join();
  ::unlink(path_.c_str());
}

void HistoryServer::serve() {
  // Trading comes first, whatever somebody wants to know. Linux has a priority for each thread.
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), low_priority);
  std::array<pollfd, 2> polled{{{.fd = socket_.get(), .events = POLLIN, .revents = 0},
                                {.fd = stop_.descriptor(), .events = POLLIN, .revents = 0}}};
  for (;;) {
    if (::poll(polled.data(), polled.size(), -1) < 0) {
      continue;
    }
    if (polled[1].revents != 0) {
      return;
    }
    const Descriptor client{::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (client) {
      answer(client);
    }
  }
}

void HistoryServer::answer(const Descriptor& client) {
  if (!same_user(client)) {
    spdlog::warn("history_server.refused reason=\"another user\"");
    return;
  }
  LineReader lines{client, max_request_bytes, &stop_};
  const auto line = lines.next(patience);
  if (!line || !*line) {
    return;
  }
  const auto begin = std::chrono::steady_clock::now();
  auto request = parse_request(**line);
  const auto error = request ? run(client, *request) : request.error();
  const auto took =
    std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  if (error) {
    send_text(client, error_line(describe(error)), patience);
    spdlog::info("history_server.failed ms={} error=\"{}\"", took.count(), describe(error));
  } else {
    spdlog::info("history_server.answered ms={}", took.count());
  }
}

caf::error HistoryServer::run(const Descriptor& client, const SelectRequest& request) {
  const auto reading = readers_->begin();
  if (!reading) {
    return caf::make_error(Errc::io_failed, "the history is not open at the moment");
  }
  const SelectWatch watch{reading->connection(),
                          reading->stop(),
                          request.time_limit,
                          {{client.get(), POLLRDHUP, "who asked is gone"},
                           {stop_.descriptor(), POLLIN, "arbees stops"}}};
  const SelectSink sink{.columns =
                          [&](const auto& columns) {
                            return send_text(client, columns_line(columns), patience);
                          },
                        .rows = [&](const auto& rows) -> caf::error {
                          const auto lines = rows_lines(rows);
                          if (!lines) {
                            return lines.error();
                          }
                          for (const auto& line : *lines) {
                            if (auto error = send_text(client, line, patience)) {
                              return error;
                            }
                          }
                          return {};
                        }};
  const auto end = run_select(reading->connection(), request, sink, reading->stop());
  return end ? send_text(client, end_line(*end), patience) : end.error();
}

} // namespace arbees
