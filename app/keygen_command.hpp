#pragma once

#include "app/command_line.hpp"

namespace arbees {

/// Makes keys, and says where they are and what to do with them; the secret is not shown.
ExitCode make_keys(const CommandLine& line);

} // namespace arbees
