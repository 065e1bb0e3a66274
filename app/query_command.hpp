#pragma once

#include "app/config.hpp"

namespace arbees {

/// The DuckDB file that a command is about.
/// @returns Errc::bad_configuration if the history is in PostgreSQL, which answers by itself
caf::expected<std::filesystem::path> history_file(const CommandLine& line, const Config& config);

/// `arbees query`: shows what one statement finds in the history.
ExitCode query_history(const CommandLine& line, const Config& config);

} // namespace arbees
