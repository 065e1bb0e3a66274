#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/bridges/store/temp_directory.hpp"

namespace arbees::test {

/// A PostgreSQL server of its own: in a folder that goes away with it, on a free port of the
/// loopback, as an unprivileged user, stopped by its process id. The constructor throws if there is
/// no server to be had: a test then fails.
class PostgresServer {
public:
  /// As it stands in URLs; the server knows "s3cret%word".
  static constexpr const char* password_in_url = "s3cret%25word";

  PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer();

  /// The one for all tests of this process that only want databases.
  static PostgresServer& shared();

  /// It dies at once with all its sessions.
  void kill();
  /// Starts again, on the same port, with what it had.
  void start();
  /// It is silent from now on.
  void freeze();
  void thaw();

  /// Makes a new database and names it.
  std::string new_database();
  /// @param port of a proxy, if it is not the server's
  [[nodiscard]] std::string url(const std::string& database, int port = 0) const;
  [[nodiscard]] int port() const { return port_; }

private:
  int spawn(std::vector<std::string> command, const char* log) const;
  [[nodiscard]] std::vector<int> children() const;
  std::vector<int> signal_all(int number) const;

  TempDirectory folder_;
  std::filesystem::path binaries_;
  int port_ = 0;
  int process_ = -1;
  int databases_ = 0;
};

} // namespace arbees::test
