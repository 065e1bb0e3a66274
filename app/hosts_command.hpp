#pragma once

#include "app/command_line.hpp"
#include "app/config.hpp"

namespace arbees {

/// `arbees hosts`, `arbees drain NODE`, `arbees undrain NODE`: asks the orchestrator that runs at
/// control.orchestrator, and shows which shard hosts it has.
/// @returns failure if it cannot be reached, or the node is not known
ExitCode ask_about_hosts(const CommandLine& line, const Config& config);

} // namespace arbees
