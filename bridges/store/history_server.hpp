#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "bridges/store/history_readers.hpp"
#include "bridges/store/unix_socket.hpp"

namespace arbees {

/// Where the process that owns a history answers: a socket file beside it.
std::filesystem::path history_socket(const std::filesystem::path& history);

/// Answers statements that read, for other programs of the same user, while this process owns the
/// file: one at a time, on a thread of its own that gives way to all others.
class HistoryServer {
public:
  /// @returns Errc::io_failed if the socket cannot be opened
  static caf::expected<std::shared_ptr<HistoryServer>>
  open(const std::filesystem::path& socket, std::shared_ptr<HistoryReaders> readers);

  HistoryServer(std::filesystem::path path, Descriptor socket,
                std::shared_ptr<HistoryReaders> readers);
  HistoryServer(const HistoryServer&) = delete;
  HistoryServer& operator=(const HistoryServer&) = delete;
  /// Stops what runs, and takes the socket file away.
  ~HistoryServer();

private:
  void serve();
  void answer(const Descriptor& client);
  caf::error run(const Descriptor& client, const SelectRequest& request);

  std::filesystem::path path_;
  Descriptor socket_;
  std::shared_ptr<HistoryReaders> readers_;
  Wakeup stop_;
  std::thread thread_;
};

} // namespace arbees
