#include "tests/system/process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <random>

#include <fstream>
#include <sstream>
#include <stdexcept>

extern char** environ;

namespace arbees::test {

TemporaryFolder::TemporaryFolder() {
  auto name = (std::filesystem::temp_directory_path() / "arbees-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::runtime_error("cannot make a temporary folder");
  }
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Process::Process(std::vector<std::string> arguments, std::filesystem::path output,
                 std::vector<std::string> environment)
  : output_(std::move(output)) {
  if (arguments.front().find('/') == std::string::npos) {
    arguments.front() = std::string{ARBEES_BIN} + "/" + arguments.front();
  }
  std::vector<char*> argv;
  for (auto& argument : arguments) {
    argv.push_back(argument.data());
  }
  argv.push_back(nullptr);
  std::vector<char*> envp;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    envp.push_back(*entry);
  }
  for (auto& entry : environment) {
    envp.push_back(entry.data());
  }
  envp.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, output_.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                   0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  const auto failed = ::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    throw std::runtime_error("cannot start " + arguments.front());
  }
}

Process::~Process() {
  if (running()) {
    signal(SIGKILL);
    reap(true);
  }
}

void Process::reap(bool block) {
  int status = 0;
  if (!exit_code_ && ::waitpid(pid_, &status, block ? 0 : WNOHANG) == pid_) {
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
}

bool Process::running() {
  reap(false);
  return !exit_code_;
}

void Process::signal(int number) const {
  if (!exit_code_) {
    ::kill(pid_, number);
  }
}

std::optional<int> Process::wait(Seconds patience) {
  eventually([this] { return !running(); }, patience);
  return exit_code_;
}

std::string Process::output() const {
  return read_file(output_);
}

bool Process::says(const std::string& text, Seconds patience) {
  const auto said = [&] { return output().find(text) != std::string::npos; };
  eventually([&] { return said() || !running(); }, patience);
  return said();
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void pause_briefly() {
  ::poll(nullptr, 0, 20);
}

std::vector<int> free_ports(std::size_t count) {
  // Below those that the system gives to connections: of tests that run side by side, too.
  static std::mt19937 random{std::random_device{}()};
  std::uniform_int_distribution<int> any{10'000, 32'000};
  std::vector<int> ports;
  std::vector<int> sockets;
  for (std::size_t tries = 0; ports.size() < count; ++tries) {
    const auto handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto port = any(random);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    if (handle < 0 || tries > 100 * count) {
      throw std::runtime_error("no free port");
    }
    sockets.push_back(handle);
    if (::bind(handle, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
      ports.push_back(port);
    }
  }
  for (const auto handle : sockets) {
    ::close(handle);
  }
  return ports;
}

} // namespace arbees::test
