#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <optional>

namespace arbees::test {

/// In a child: no assertions of Catch, and the way out is _exit.

/// A child process that runs `body(write end of a pipe)`; what it wrote is read by the parent.
class Child {
public:
  template <class F>
  explicit Child(F body) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    id_ = ::fork();
    REQUIRE(id_ >= 0);
    if (id_ == 0) {
      ::close(ends[0]);
      body(ends[1]);
      ::_exit(0);
    }
    ::close(ends[1]);
    pipe_ = ends[0];
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    ::close(pipe_);
    if (!waited_) {
      kill();
    }
  }

  /// Blocks for the next number; none when the child is gone.
  std::optional<std::uint64_t> next() const {
    std::uint64_t number = 0;
    return ::read(pipe_, &number, sizeof number) == sizeof number ? std::optional{number}
                                                                  : std::nullopt;
  }
  void kill() {
    ::kill(id_, SIGKILL);
    wait();
  }
  int wait() {
    auto status = 0;
    ::waitpid(id_, &status, 0);
    waited_ = true;
    return status;
  }

private:
  pid_t id_ = 0;
  int pipe_ = 0;
  bool waited_ = false;
};

inline void tell(int pipe, std::uint64_t number) {
  if (::write(pipe, &number, sizeof number) != sizeof number) {
    ::_exit(3);
  }
}

} // namespace arbees::test
