#pragma once

#include <catch2/catch.hpp>

#include "actors/messages/errors.hpp"
#include "bridges/store/ledger.hpp"

namespace arbees::test {

inline Ledger
open_or_fail(const std::filesystem::path& path, SqliteAccess access = SqliteAccess::write) {
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
  REQUIRE_FALSE(SqliteConnection::open(path, SqliteAccess::read, other));
  return other.value(sql).value_or("nothing");
}

inline void execute_from_outside(const std::filesystem::path& path, const std::string& sql) {
  SqliteConnection other;
  REQUIRE_FALSE(SqliteConnection::open(path, SqliteAccess::write, other));
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
  auto ledger = open_or_fail(path, SqliteAccess::read);
  return fault_of(ledger);
}

} // namespace arbees::test
