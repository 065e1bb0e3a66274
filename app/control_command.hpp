#pragma once

#include "app/config.hpp"

namespace arbees {

/// `arbees halt`, `resume`, `reduce-only`, `flatten`: writes the kill switch's file, wakes the
/// arbees that owns the ledger, and waits until it has the new state on record.
/// @returns failure if it does not confirm
ExitCode change_trading_state(const CommandLine& line, const Config& config);

} // namespace arbees
