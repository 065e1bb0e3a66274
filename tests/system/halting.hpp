#pragma once

#include <functional>

#include "tests/system/stage.hpp"

namespace arbees::test {

/// The column `n` of the first row that a query of the ledger finds; 0 for null.
std::int64_t number(const Stage& stage, const std::string& query);

/// Wall clock, as the ledger stamps orders.
std::int64_t now_ns();

/// Lets `arbees word` change what may be traded.
void say(const Stage& stage, const std::string& word);

/// Waits for a pair, halts by `halt` at `moment` after it, waits until the ledger has it and every
/// order that is out is heard of, and resumes.
/// @returns from the halt to the last order that left, in milliseconds; less than 0 if none did
double
halt_once(const Stage& stage, std::chrono::milliseconds moment, const std::function<void()>& halt);

/// Halts `times` times at seeded moments, prints the median and the most, and returns the median.
double halt_again_and_again(const Stage& stage, int times, const std::function<void()>& halt);

} // namespace arbees::test
