#pragma once

#include "app/config.hpp"

namespace arbees {

/// `arbees export`: writes tables of the history to Parquet or CSV files, one file a table. Each
/// comes whole or not at all.
ExitCode export_history(const CommandLine& line, const Config& config);

} // namespace arbees
