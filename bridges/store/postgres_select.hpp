#pragma once

#include <cstdint>

#include "bridges/store/history_select.hpp"

namespace arbees {

/// run_select() on the history in a PostgreSQL database, in a session of its own: reads only, as a
/// cursor in a read-only transaction that is rolled back, with what the URL's user may see. One
/// statement: SELECT, WITH, VALUES or TABLE. Columns have the names of DuckDB's types.
/// @param url of the database; never shown with its password
/// @returns as run_select()
caf::expected<SelectEnd>
select_from_postgres(const std::string& url, const SelectRequest& request, const SelectSink& sink);

/// DuckDB's name of a PostgreSQL type that holds the same values; VARCHAR if it has none.
/// @param modifier precision and scale of a numeric, -1 without
std::string duckdb_type_of(std::uint32_t type, int modifier);

} // namespace arbees
