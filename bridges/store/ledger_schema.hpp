#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace arbees {

/// Marks a SQLite file as a ledger of arbees (`PRAGMA application_id`): "arbl".
inline constexpr std::int64_t ledger_application_id = 0x6172626c;

/// The version that this arbees reads and writes.
inline constexpr std::size_t ledger_schema_version = 3;

/// The statements that lead a SQLite file from schema version i to i + 1. Released ones are never
/// changed: a change of the schema is a new entry.
std::span<const char* const> ledger_migrations();

/// The same for PostgreSQL, where the versions before the third never were: its statements make all
/// tables at once, those before it are empty.
std::span<const char* const> postgres_ledger_migrations();

/// The schema version from which on there are events: what an older ledger holds has to be told to
/// its chain once.
inline constexpr std::size_t chained_schema_version = 3;

inline constexpr std::string_view what_to_do_with_damage =
  "keep it as it is, and go on with a copy from before, or with a new ledger once both venues show "
  "no open orders";

} // namespace arbees
