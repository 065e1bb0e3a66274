#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace arbees {

/// Marks a SQLite file as a ledger of arbees (`PRAGMA application_id`): "arbl".
inline constexpr std::int64_t ledger_application_id = 0x6172626c;

/// The statements that lead from schema version i to i + 1. Released ones are never changed:
/// a change of the schema is a new entry.
std::span<const char* const> ledger_migrations();

/// The schema version from which on there are events: what an older ledger holds has to be told to
/// its chain once.
inline constexpr std::size_t chained_schema_version = 3;

} // namespace arbees
