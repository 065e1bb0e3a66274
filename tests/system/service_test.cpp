#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>

#include "tests/system/stage.hpp"

using namespace arbees;
using namespace arbees::test;
using std::chrono::seconds;

namespace {

/// What systemd listens on.
class NotifySocket {
public:
  explicit NotifySocket(const std::filesystem::path& path)
    : socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)} {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  ~NotifySocket() { ::close(socket_); }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  /// How often `word` came, so far.
  std::ptrdiff_t heard(const std::string& word) {
    std::array<char, 256> buffer{};
    for (auto size = ::recv(socket_, buffer.data(), buffer.size(), 0); size > 0;
         size = ::recv(socket_, buffer.data(), buffer.size(), 0)) {
      words_.emplace_back(buffer.data(), static_cast<std::size_t>(size));
    }
    return std::ranges::count(words_, word);
  }

private:
  int socket_;
  std::vector<std::string> words_;
};

} // namespace

TEST_CASE("A service manager hears that arbees is ready, works, and stops") {
  Stage stage;
  stage.start_simulator({"--games", "24", "--seed", "11", "--speed", "10"});
  NotifySocket manager{stage.folder() / "notify"};
  Process arbees{stage.arbees({}),
                 stage.folder() / "arbees.log",
                 {"NOTIFY_SOCKET=" + (stage.folder() / "notify").string(), "WATCHDOG_USEC=400000"}};
  REQUIRE(eventually([&] { return manager.heard("READY=1") == 1; }, seconds{20}));
  REQUIRE(eventually([&] { return manager.heard("WATCHDOG=1") >= 3; }, seconds{20}));
  arbees.signal(SIGTERM);
  CHECK(arbees.wait(seconds{60}) == 0);
  CHECK(manager.heard("STOPPING=1") == 1);
}
