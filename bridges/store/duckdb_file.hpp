#pragma once

#include <duckdb.h>

#include <caf/expected.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "bridges/store/database.hpp"

namespace arbees {

struct CloseDuckdb {
  void operator()(duckdb_database database) const { duckdb_close(&database); }
  void operator()(duckdb_connection connection) const { duckdb_disconnect(&connection); }
};

using DuckdbDatabase = std::unique_ptr<_duckdb_database, CloseDuckdb>;
using DuckdbConnection = std::unique_ptr<_duckdb_connection, CloseDuckdb>;

/// Opens a DuckDB file on one thread of DuckDB's, with a bound on its memory and on what it may put
/// aside on disk. Statements can neither read nor write other files, nor change any of that.
/// @param access write creates the file if there is none
/// @returns Errc::io_failed with one clear sentence, also if another process has it open
caf::expected<DuckdbDatabase> open_duckdb(const std::filesystem::path& path, DatabaseAccess access,
                                          const std::string& memory_limit);

caf::expected<DuckdbConnection> connect_to(const DuckdbDatabase& database);

/// "history <path>: <the first line of `why`>": DuckDB draws its errors over several.
caf::error duckdb_failed(std::string_view path, std::string_view why);

} // namespace arbees
