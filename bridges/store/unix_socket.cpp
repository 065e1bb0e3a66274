#include "bridges/store/unix_socket.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "actors/messages/errors.hpp"

namespace arbees {

namespace {

caf::error failed(const std::filesystem::path& path, std::string_view why) {
  return caf::make_error(Errc::io_failed, fmt::format("socket {}: {}", path.string(), why));
}

std::optional<sockaddr_un> address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto text = path.string();
  if (text.size() >= sizeof(address.sun_path)) {
    return std::nullopt;
  }
  std::memcpy(address.sun_path, text.data(), text.size());
  return address;
}

bool bind_to(const Descriptor& socket, const sockaddr_un& address) {
  return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

} // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(value_, other.value_);
  return *this;
}

Descriptor::~Descriptor() {
  if (value_ >= 0) {
    ::close(value_);
  }
}

Wakeup::Wakeup() : event_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {}

void Wakeup::wake() {
  ::eventfd_write(event_.get(), 1);
}

caf::expected<Descriptor> listen_on_file(const std::filesystem::path& path) {
  const auto address = address_of(path);
  if (!address) {
    return failed(path, "the path is too long for a socket");
  }
  Descriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  // Before the file exists: it is never open to others, not for a moment.
  if (!socket || ::fchmod(socket.get(), S_IRUSR | S_IWUSR) != 0) {
    return failed(path, std::strerror(errno));
  }
  if (!bind_to(socket, *address)) {
    if (errno != EADDRINUSE || connect_to_file(path)) {
      return failed(path, errno == EADDRINUSE ? "another process listens" : std::strerror(errno));
    }
    ::unlink(path.c_str());
    if (!bind_to(socket, *address)) {
      return failed(path, std::strerror(errno));
    }
  }
  if (::listen(socket.get(), 8) != 0) {
    return failed(path, std::strerror(errno));
  }
  return socket;
}

std::optional<Descriptor> connect_to_file(const std::filesystem::path& path) {
  const auto address = address_of(path);
  Descriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!address || !socket
      || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(*address))
           != 0) {
    return std::nullopt;
  }
  return socket;
}

bool same_user(const Descriptor& socket) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  return ::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0
         && peer.uid == ::geteuid();
}

caf::expected<std::optional<std::string>> LineReader::next(std::chrono::milliseconds patience) {
  for (std::size_t seen = 0;;) {
    if (const auto end = buffer_.find('\n', seen); end != std::string::npos) {
      auto line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return std::optional{std::move(line)};
    }
    seen = buffer_.size();
    if (seen > max_bytes_) {
      return caf::make_error(Errc::bad_frame, "a line is too long");
    }
    std::array<pollfd, 2> polled{
      {{.fd = socket_.get(), .events = POLLIN, .revents = 0},
       {.fd = stop_ == nullptr ? -1 : stop_->descriptor(), .events = POLLIN, .revents = 0}}};
    const auto woken = ::poll(polled.data(), polled.size(), static_cast<int>(patience.count()));
    if (woken < 0 && errno == EINTR) {
      continue;
    }
    if (woken <= 0 || polled[1].revents != 0) {
      return caf::make_error(Errc::timed_out, "nothing came");
    }
    std::array<char, 65'536> bytes;
    const auto got = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (got == 0) {
      return std::optional<std::string>{};
    }
    if (got < 0) {
      return caf::make_error(Errc::io_failed, std::strerror(errno));
    }
    buffer_.append(bytes.data(), static_cast<std::size_t>(got));
  }
}

caf::error
send_text(const Descriptor& socket, std::string_view text, std::chrono::milliseconds patience) {
  while (!text.empty()) {
    pollfd polled{.fd = socket.get(), .events = POLLOUT, .revents = 0};
    if (::poll(&polled, 1, static_cast<int>(patience.count())) <= 0) {
      return caf::make_error(Errc::io_failed, "the other end takes nothing");
    }
    const auto sent = ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
      return caf::make_error(Errc::io_failed, "the other end is gone");
    }
    text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
  }
  return {};
}

} // namespace arbees
