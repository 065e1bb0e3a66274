#pragma once

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace arbees {

/// A file descriptor that is closed with its owner.
class Descriptor {
public:
  Descriptor() = default;
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  explicit operator bool() const { return value_ >= 0; }
  [[nodiscard]] int get() const { return value_; }

private:
  int value_ = -1; ///< as POSIX has it: -1 is none
};

/// Wakes a poll(2), once and for all.
class Wakeup {
public:
  Wakeup();
  void wake();
  [[nodiscard]] int descriptor() const { return event_.get(); }

private:
  Descriptor event_;
};

/// A socket file that only its owner can connect to. One that nobody listens on is replaced.
/// @returns Errc::io_failed if the path is too long, cannot be bound, or another process listens
caf::expected<Descriptor> listen_on_file(const std::filesystem::path& path);

/// Nothing if nobody listens there.
std::optional<Descriptor> connect_to_file(const std::filesystem::path& path);

/// True if the process at the other end runs under this one's user.
bool same_user(const Descriptor& socket);

/// Lines that come over a socket.
class LineReader {
public:
  /// @param socket and @param stop, if any, must outlive the reader
  LineReader(const Descriptor& socket, std::size_t max_bytes, const Wakeup* stop = nullptr)
    : socket_(socket), max_bytes_(max_bytes), stop_(stop) {}

  /// The next line without its end; nothing at the end of all.
  /// @returns Errc::timed_out after `patience` without a byte or if woken to stop, Errc::io_failed
  ///   if the connection is lost, Errc::bad_frame if a line is too long
  caf::expected<std::optional<std::string>> next(std::chrono::milliseconds patience);

private:
  const Descriptor& socket_;
  std::size_t max_bytes_;
  const Wakeup* stop_;
  std::string buffer_;
};

/// Sends all of `text`. @returns Errc::io_failed if the other end is gone, or takes nothing for
/// `patience`
caf::error
send_text(const Descriptor& socket, std::string_view text, std::chrono::milliseconds patience);

} // namespace arbees
