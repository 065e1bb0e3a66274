#include "tests/system/write_watch.hpp"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>

namespace arbees::test {

WriteWatch::WriteWatch(const std::filesystem::path& file)
  : fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  REQUIRE(fd_ >= 0);
  REQUIRE(::inotify_add_watch(fd_, file.c_str(), IN_MODIFY) >= 0);
}

WriteWatch::~WriteWatch() {
  ::close(fd_);
}

bool WriteWatch::wait(int count, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  // One event at a time: those that the kernel merges are writes that nobody could have met.
  alignas(inotify_event) std::array<char, sizeof(inotify_event)> event{};
  while (count > 0 && std::chrono::steady_clock::now() < deadline) {
    pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, 100) == 1 && ::read(fd_, event.data(), event.size()) > 0) {
      --count;
    }
  }
  return count == 0;
}

} // namespace arbees::test
