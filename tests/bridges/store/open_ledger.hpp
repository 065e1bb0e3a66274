#pragma once

#include <catch2/catch.hpp>

#include "actors/messages/errors.hpp"
#include "bridges/store/ledger.hpp"
#include "bridges/store/postgres.hpp"
#include "bridges/store/sqlite.hpp"
#include "tests/bridges/store/postgres_server.hpp"
#include "tests/bridges/store/temp_directory.hpp"

namespace arbees::test {

inline Ledger
open_or_fail(const std::filesystem::path& path, DatabaseAccess access = DatabaseAccess::write) {
  auto ledger =
    Ledger::open({.path = path, .access = access, .busy_timeout = std::chrono::milliseconds{0}});
  if (!ledger) {
    FAIL(describe(ledger.error()));
  }
  return std::move(*ledger);
}

inline std::string why_not(LedgerConfig config) {
  const auto ledger = Ledger::open(std::move(config));
  REQUIRE_FALSE(ledger);
  CHECK(ledger.error() == Errc::io_failed);
  return describe(ledger.error());
}

/// What another program sees in the file.
inline std::string seen_from_outside(const std::filesystem::path& path, std::string_view sql) {
  SqliteConnection other;
  REQUIRE_FALSE(SqliteConnection::open(path, DatabaseAccess::read, other));
  return other.value(sql).value_or("nothing");
}

inline void execute_from_outside(const std::filesystem::path& path, const std::string& sql) {
  SqliteConnection other;
  REQUIRE_FALSE(SqliteConnection::open(path, DatabaseAccess::write, other));
  const auto failure = other.execute(sql);
  INFO((failure ? failure->text : ""));
  REQUIRE_FALSE(failure);
}

/// What `arbees ledger verify` finds; empty if all is right.
inline std::string fault_of(Ledger& ledger) {
  const auto verdict = ledger.verify();
  if (!verdict) {
    return describe(verdict.error());
  }
  return verdict->fault ? fmt::format("event {}: {}", verdict->fault->seq, verdict->fault->what)
                        : std::string{};
}

inline std::string fault_of(const std::filesystem::path& path) {
  auto ledger = open_or_fail(path, DatabaseAccess::read);
  return fault_of(ledger);
}

enum class Store { sqlite, postgres };

inline std::ostream& operator<<(std::ostream& out, Store store) {
  return out << (store == Store::sqlite ? "SQLite" : "PostgreSQL");
}

/// A place for a new ledger, and other programs' way into it.
class LedgerSite {
public:
  explicit LedgerSite(Store store, PostgresServer* server = nullptr) : store_(store) {
    if (store == Store::postgres) {
      auto& home = server == nullptr ? PostgresServer::shared() : *server;
      database_ = home.new_database();
      url_ = home.url(database_);
    }
  }

  [[nodiscard]] Store store() const { return store_; }
  [[nodiscard]] bool is_file() const { return store_ == Store::sqlite; }
  [[nodiscard]] LedgerConfig config(DatabaseAccess access = DatabaseAccess::write) const {
    return {.path = directory_ / "ledger.db",
            .url = url_,
            .access = access,
            .busy_timeout = std::chrono::milliseconds{is_file() ? 0 : 1}};
  }
  Ledger open(DatabaseAccess access = DatabaseAccess::write) const {
    auto ledger = Ledger::open(config(access));
    if (!ledger) {
      FAIL(describe(ledger.error()));
    }
    return std::move(*ledger);
  }

  [[nodiscard]] const std::string& database() const { return database_; }

  /// What `arbees ledger verify` finds beside whoever writes.
  [[nodiscard]] std::string fault() const {
    auto ledger = open(DatabaseAccess::read);
    return fault_of(ledger);
  }

  /// Another program's connection.
  [[nodiscard]] std::unique_ptr<Database> connect() const {
    if (is_file()) {
      auto file = std::make_unique<SqliteConnection>();
      REQUIRE_FALSE(SqliteConnection::open(config().path, DatabaseAccess::write, *file));
      return file;
    }
    auto session =
      std::make_unique<PostgresConnection>(PostgresConfig{.url = url_, .application = "other"});
    REQUIRE_FALSE(session->connect());
    REQUIRE_FALSE(session->execute("SET search_path = arbees"));
    return session;
  }

  /// The first column of all rows, with a comma between each two; "nothing" if there is none.
  [[nodiscard]] std::string seen(std::string_view sql) const {
    const auto other = connect();
    const auto rows = other->prepare(sql);
    std::string text;
    auto count = 0;
    while (rows->next()) {
      text += (count++ == 0 ? "" : ",") + rows->text(0);
    }
    if (rows->failure()) {
      FAIL(describe(*rows->failure()));
    }
    return count == 0 ? "nothing" : text;
  }
  [[nodiscard]] bool holds(const std::string& condition) const {
    const auto other = connect();
    const auto rows = other->prepare("SELECT " + condition);
    REQUIRE(rows->next());
    return rows->integer(0) != 0;
  }
  void execute(const std::string& sql) const {
    const auto failure = connect()->execute(sql);
    INFO((failure ? failure->text : ""));
    REQUIRE_FALSE(failure);
  }
  /// As an intruder who is not afraid of triggers.
  void tamper(const std::string& sql) const {
    execute((is_file() ? "DROP TRIGGER IF EXISTS events_append_only_update; "
                         "DROP TRIGGER IF EXISTS events_append_only_delete; "
                         "DROP TRIGGER IF EXISTS fills_append_only_update; "
                         "DROP TRIGGER IF EXISTS fills_append_only_delete; "
                       : "SET session_replication_role = replica; ")
            + sql);
  }

private:
  Store store_;
  TempDirectory directory_;
  std::string database_;
  std::string url_;
};

} // namespace arbees::test
