#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <span>

#include "actors/messages/errors.hpp"

#include "bridges/store/database.hpp"

namespace arbees {

struct LedgerConfig {
  std::filesystem::path path;
  /// postgresql://USER:PASSWORD@HOST:PORT/DATABASE instead of `path`; empty: the file. Never shown.
  std::string url;
  DatabaseAccess access = DatabaseAccess::write; ///< `read` needs no lock, sees what is committed
  std::string trading_mode = "paper";            ///< of the ledger's whole life: money is not mixed
  std::chrono::milliseconds busy_timeout{500};   ///< for another program that writes in it
  std::chrono::milliseconds connect_timeout{2'000}; ///< of a server
  std::chrono::milliseconds answer_timeout{5'000};  ///< a silent server's connection is given up
};

/// Whoever writes a ledger now.
struct LedgerHolder {
  std::string name;           ///< "process 4711", "process 4711 on db-host-2"
  std::optional<int> process; ///< its id, if it is one of this host
};

/// Where a ledger is: what a file and a server do differently beside the SQL that both know.
/// Errors are Errc::io_failed with one sentence for a person.
class LedgerPlace {
public:
  LedgerPlace() = default;
  LedgerPlace(const LedgerPlace&) = delete;
  LedgerPlace& operator=(const LedgerPlace&) = delete;
  virtual ~LedgerPlace() = default;

  /// For people: the file's path, or the server without the password.
  [[nodiscard]] virtual std::string name() const = 0;
  virtual Database& database() = 0;

  /// Opens it, for writing as its only writer. Also again after the connection was lost.
  virtual caf::error open() = 0;
  /// The connection is gone, and with it the right to write, until `open` succeeds again.
  [[nodiscard]] virtual bool lost() const = 0;
  /// Why what is written now would not stay; empty if it would.
  [[nodiscard]] virtual std::string obstacle_to_writing() const = 0;

  /// The schema's version; 0 if there is no ledger yet.
  virtual caf::expected<std::size_t> version() = 0;
  /// The statements that lead from version i to i + 1; none for versions that never were here.
  [[nodiscard]] virtual std::span<const char* const> migrations() const = 0;
  [[nodiscard]] virtual std::string begin_migration() const = 0;
  [[nodiscard]] virtual std::string end_migration() const = 0;

  [[nodiscard]] caf::error failed(std::string_view why) const {
    return caf::make_error(Errc::io_failed, "ledger " + name() + ": " + std::string{why});
  }
  [[nodiscard]] caf::error failed(const DatabaseFailure& why) const {
    return failed(describe(why));
  }
};

/// In a SQLite file, owned by a lock file beside it.
std::unique_ptr<LedgerPlace> ledger_in_file(const LedgerConfig& config);
std::optional<LedgerHolder> holder_of_file(const std::filesystem::path& path);

/// In a PostgreSQL database's schema `arbees`, owned by an advisory lock of the session.
std::unique_ptr<LedgerPlace> ledger_on_server(const LedgerConfig& config);
std::optional<LedgerHolder> holder_on_server(const LedgerConfig& config);

} // namespace arbees
