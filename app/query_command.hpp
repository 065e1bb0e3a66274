#pragma once

#include "app/config.hpp"

namespace arbees {

/// `arbees query`: shows what one statement finds in the history.
ExitCode query_history(const CommandLine& line, const Config& config);

} // namespace arbees
