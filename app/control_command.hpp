#pragma once

#include "app/config.hpp"

namespace arbees {

/// `arbees halt`, `resume`, `reduce-only`, `flatten`: writes the kill switch's file, wakes the
/// arbees that owns the ledger, and waits until it has the new state on record.
/// @returns failure if it does not confirm
ExitCode change_trading_state(const CommandLine& line, const Config& config);

/// `arbees ledger accept-money`: records in the ledger that money came or went past arbees, and
/// says what the venue must have from now on.
/// @returns failure if the ledger is in use or has never heard of a balance, usage for a bad amount
ExitCode accept_money(const CommandLine& line, const Config& config);

} // namespace arbees
