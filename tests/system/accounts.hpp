#pragma once

#include "tests/system/stage.hpp"

namespace arbees::test {

/// What the ledger has yet to hear of: open pairs, orders that are out, provisional executions,
/// payments of the venues that are not booked. Empty if there is nothing.
std::string pending(const Stage& stage);

/// Requires that the ledger equals the venues' own books to the last unit: every order with what it
/// filled, every execution, fees, positions, payments for decided markets, and cash.
/// @pre arbees has ended, and nothing moves at the venues any more
void check_accounts(const Stage& stage);

/// Requires every order once: the same leg, purpose and attempt of a pair never reached a venue
/// twice.
void check_no_order_twice(const Stage& stage);

} // namespace arbees::test
