#include "bridges/observer/line_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

namespace arbees {

caf::expected<LineWriter>
LineWriter::append_to(const std::string& path, std::chrono::milliseconds patience) {
  const auto descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    return caf::make_error(Errc::io_failed,
                           fmt::format("cannot append to '{}': {}", path, std::strerror(errno)));
  }
  ::flock(descriptor, LOCK_SH | LOCK_NB); // for alone(); never in the way of writing
  return LineWriter{descriptor, true, patience};
}

LineWriter LineWriter::to_descriptor(int descriptor, std::chrono::milliseconds patience) {
  return LineWriter{descriptor, false, patience};
}

LineWriter::LineWriter(LineWriter&& other) noexcept
  : descriptor_(std::exchange(other.descriptor_, -1)),
    owned_(std::exchange(other.owned_, false)),
    patience_(other.patience_),
    torn_(other.torn_) {}

LineWriter& LineWriter::operator=(LineWriter&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(owned_, other.owned_);
  std::swap(patience_, other.patience_);
  std::swap(torn_, other.torn_);
  return *this;
}

LineWriter::~LineWriter() {
  if (owned_) {
    ::close(descriptor_);
  }
}

bool LineWriter::alone() const {
  const auto exclusive = ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
  ::flock(descriptor_, LOCK_SH | LOCK_NB);
  return exclusive;
}

std::size_t LineWriter::write_some(std::string_view text) {
  pollfd ready{.fd = descriptor_, .events = POLLOUT, .revents = 0};
  const auto answer = ::poll(&ready, 1, static_cast<int>(patience_.count()));
  if (answer < 0 && errno == EINTR) {
    return write_some(text);
  }
  if (answer != 1 || (ready.revents & POLLOUT) == 0) {
    return 0;
  }
  // A ready pipe takes PIPE_BUF bytes without blocking, not more.
  const auto written =
    ::write(descriptor_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
  return written > 0 ? static_cast<std::size_t>(written) : 0;
}

std::size_t LineWriter::write(std::string_view lines) {
  if (torn_ && write_some("\n") == 0) {
    return static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n'));
  }
  torn_ = false;
  auto rest = lines;
  while (!rest.empty()) {
    const auto written = write_some(rest);
    if (written == 0) {
      break;
    }
    rest.remove_prefix(written);
  }
  torn_ = !rest.empty() && rest.size() < lines.size() && *(rest.data() - 1) != '\n';
  return static_cast<std::size_t>(std::count(rest.begin(), rest.end(), '\n'));
}

} // namespace arbees
