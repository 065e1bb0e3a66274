#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace arbees::test {

/// A way to a server on the loopback that can be cut where a test wants it: one connection at a
/// time, on a thread of its own.
class CuttingProxy {
public:
  enum class Cut {
    never,
    before_commit, ///< the server hears no COMMIT
    after_commit,  ///< the server commits, and its answer gets lost
  };

  explicit CuttingProxy(int server_port) : server_port_(server_port) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t length = sizeof address;
    if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0
        || ::listen(listener_, 8) != 0
        || ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
      throw std::runtime_error("no port for the proxy");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] { serve(); }};
  }
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;
  ~CuttingProxy() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

  [[nodiscard]] int port() const { return port_; }
  /// At the next COMMIT that is sent as text, which is a session's first.
  void cut(Cut where) { cut_ = where; }
  /// While it is down, new connections are closed at once, and the present one ends.
  void down(bool down) { down_ = down; }
  /// The next cut is for longer: it is down from then on.
  void refuse_after_cut() { refuse_after_cut_ = true; }

private:
  static sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  void serve() {
    while (!stopping_) {
      const auto client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) {
        return;
      }
      const auto server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const auto address = loopback(server_port_);
      if (!down_
          && ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        while (!stopping_ && !down_ && pass_on(client, server)) {
        }
      }
      ::close(server);
      ::close(client);
    }
  }

  /// Whatever has come from either side. @returns false when the connection is over
  bool pass_on(int client, int server) {
    std::array<pollfd, 2> ends{{{.fd = client, .events = POLLIN, .revents = 0},
                                {.fd = server, .events = POLLIN, .revents = 0}}};
    if (::poll(ends.data(), ends.size(), 10) <= 0) {
      return true;
    }
    if (ends[0].revents != 0) {
      return from_client(client, server);
    }
    const auto size = ::recv(server, bytes_.data(), bytes_.size(), 0);
    return size > 0 && send_all(client, size);
  }

  bool from_client(int client, int server) {
    const auto size = ::recv(client, bytes_.data(), bytes_.size(), 0);
    if (size <= 0) {
      return false;
    }
    const std::string_view text{bytes_.data(), static_cast<std::size_t>(size)};
    const auto cut =
      text.find("COMMIT") == std::string_view::npos ? Cut::never : cut_.exchange(Cut::never);
    if (cut != Cut::never && refuse_after_cut_) {
      down_ = true;
    }
    if (cut == Cut::before_commit) {
      return false;
    }
    if (!send_all(server, size)) {
      return false;
    }
    if (cut == Cut::after_commit) {
      // The answer comes when it is done.
      ::recv(server, bytes_.data(), bytes_.size(), 0);
      return false;
    }
    return true;
  }

  bool send_all(int to, ssize_t size) {
    for (ssize_t sent = 0; sent < size;) {
      const auto part =
        ::send(to, bytes_.data() + sent, static_cast<std::size_t>(size - sent), MSG_NOSIGNAL);
      if (part <= 0) {
        return false;
      }
      sent += part;
    }
    return true;
  }

  int server_port_;
  int listener_ = -1;
  int port_ = 0;
  std::array<char, 65536> bytes_{};
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> down_ = false;
  std::atomic<bool> refuse_after_cut_ = false;
  std::atomic<Cut> cut_ = Cut::never;
  std::thread thread_;
};

} // namespace arbees::test
