#pragma once

#include "app/config.hpp"

namespace arbees {

/// `arbees history rebuild`: makes the history's tables about money anew from the ledger. No arbees
/// may have the history open.
ExitCode rebuild_history(const CommandLine& line, const Config& config);

} // namespace arbees
