#include "tests/bridges/store/postgres_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>

#include "bridges/store/postgres.hpp"

namespace arbees::test {

namespace {

using namespace std::chrono_literals;

constexpr const char* user = "arbees";

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file{path};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

int free_port() {
  const auto handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  const auto bound = handle >= 0
                     && ::bind(handle, reinterpret_cast<sockaddr*>(&address), length) == 0
                     && ::getsockname(handle, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  ::close(handle);
  return bound ? ntohs(address.sin_port) : throw std::runtime_error("no free port");
}

/// Where Debian has the server's programs, newest version first.
std::filesystem::path find_binaries() {
  std::filesystem::path found;
  std::error_code ignored;
  for (const auto& version : std::filesystem::directory_iterator{"/usr/lib/postgresql", ignored}) {
    const auto binaries = version.path() / "bin";
    if (std::filesystem::exists(binaries / "initdb") && binaries > found) {
      found = binaries;
    }
  }
  return found.empty() ? throw std::runtime_error("no PostgreSQL server: run tools/setup") : found;
}

struct ProcessStatus {
  int parent = 0;
  bool alive = false; ///< a zombie is not
};

ProcessStatus status_of(int process) {
  // "pid (name) state parent …"; the name may hold anything.
  const auto text = read_text(fmt::format("/proc/{}/stat", process));
  const auto end = text.rfind(')');
  auto state = 'Z';
  auto parent = 0;
  const auto known =
    end != std::string::npos && std::sscanf(text.c_str() + end, ") %c %d", &state, &parent) == 2;
  return {.parent = parent, .alive = known && state != 'Z' && state != 'X'};
}

/// PostgreSQL refuses to run as root.
const passwd* server_user() {
  if (::geteuid() != 0) {
    return nullptr;
  }
  const auto* const postgres = ::getpwnam("postgres");
  const auto* const found = postgres == nullptr ? ::getpwnam("nobody") : postgres;
  return found == nullptr ? throw std::runtime_error("no user to run PostgreSQL as") : found;
}

} // namespace

PostgresServer::PostgresServer() : binaries_(find_binaries()), port_(free_port()) {
  if (const auto* const owner = server_user();
      owner != nullptr && ::chown((folder_ / "").c_str(), owner->pw_uid, owner->pw_gid) != 0) {
    throw std::runtime_error("cannot give the folder to the server's user");
  }
  std::ofstream{folder_ / "password"} << "s3cret%word";
  std::filesystem::permissions(folder_ / "password", std::filesystem::perms{0644});
  const auto made =
    spawn({(binaries_ / "initdb").string(), "--pgdata", (folder_ / "data").string(), "--username",
           user, "--pwfile", (folder_ / "password").string(), "--auth", "scram-sha-256",
           "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"},
          "initdb.log");
  auto status = 0;
  if (::waitpid(made, &status, 0) != made || status != 0) {
    throw std::runtime_error("initdb failed: " + read_text(folder_ / "initdb.log"));
  }
  start();
}

PostgresServer::~PostgresServer() {
  if (process_ > 0) {
    thaw();
    ::kill(process_, SIGINT); // fast shutdown
    ::waitpid(process_, nullptr, 0);
  }
}

PostgresServer& PostgresServer::shared() {
  static PostgresServer server;
  return server;
}

int PostgresServer::spawn(std::vector<std::string> command, const char* log) const {
  const auto output = (folder_ / log).string();
  const auto* const owner = server_user();
  std::vector<char*> arguments;
  for (auto& argument : command) {
    arguments.push_back(argument.data());
  }
  arguments.push_back(nullptr);
  const auto process = ::fork();
  if (process != 0) {
    return process;
  }
  // Between fork and exec only what is safe in a signal handler.
  const auto file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  if (owner != nullptr && (::setgid(owner->pw_gid) != 0 || ::setuid(owner->pw_uid) != 0)) {
    ::_exit(126);
  }
  // Not even a test that crashes leaves a server behind.
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (::chdir("/") == 0) {
    ::execv(arguments.front(), arguments.data());
  }
  ::_exit(127);
}

void PostgresServer::start() {
  process_ = spawn({(binaries_ / "postgres").string(), "-D", (folder_ / "data").string(), "-p",
                    std::to_string(port_), "-c", "listen_addresses=127.0.0.1", "-c",
                    "unix_socket_directories=" + (folder_ / "").string(), "-c", "fsync=off", "-c",
                    "shared_buffers=16MB", "-c", "max_connections=40"},
                   "server.log");
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  PostgresConnection connection{{.url = url("postgres"), .application = "test"}};
  while (const auto failure = connection.connect()) {
    if (std::chrono::steady_clock::now() > deadline || ::waitpid(process_, nullptr, WNOHANG) != 0) {
      throw std::runtime_error("PostgreSQL does not start: " + failure->text + "\n"
                               + read_text(folder_ / "server.log"));
    }
    ::poll(nullptr, 0, 10); // the pause between two looks at the outside world
  }
}

void PostgresServer::kill() {
  ::kill(process_, SIGSTOP); // it forks no more
  const auto killed = signal_all(SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
  for (const auto child : killed) {
    while (status_of(child).alive) {
      ::poll(nullptr, 0, 1);
    }
  }
}

void PostgresServer::freeze() {
  signal_all(SIGSTOP);
}

void PostgresServer::thaw() {
  signal_all(SIGCONT);
}

/// What the server forked: its sessions and helpers.
std::vector<int> PostgresServer::children() const {
  std::vector<int> found;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") == std::string::npos
        && status_of(std::stoi(name)).parent == process_) {
      found.push_back(std::stoi(name));
    }
  }
  return found;
}

/// To the server and all that it forked. @returns the latter
std::vector<int> PostgresServer::signal_all(int number) const {
  const auto all = children();
  for (const auto child : all) {
    ::kill(child, number);
  }
  ::kill(process_, number);
  return all;
}

std::string PostgresServer::new_database() {
  const auto name = fmt::format("ledger_{}_{}", ::getpid(), ++databases_);
  PostgresConnection connection{{.url = url("postgres"), .application = "test"}};
  auto failure = connection.connect();
  failure = failure
              ? std::move(failure)
              : connection.execute(fmt::format("CREATE DATABASE {} TEMPLATE template0", name));
  return failure ? throw std::runtime_error("no new database: " + failure->text) : name;
}

std::string PostgresServer::url(const std::string& database, int port) const {
  return fmt::format("postgresql://{}:{}@127.0.0.1:{}/{}", user, password_in_url,
                     port == 0 ? port_ : port, database);
}

} // namespace arbees::test
