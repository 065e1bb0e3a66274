#pragma once

#include "tests/system/stage.hpp"

namespace arbees::test {

/// Requires that the ledger equals the venues' own books to the last unit: every order with what it
/// filled, every execution, fees, positions, payments for decided markets, and cash.
/// @pre arbees has ended, and nothing moves at the venues any more
void check_accounts(const Stage& stage);

} // namespace arbees::test
