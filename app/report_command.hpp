#pragma once

#include "app/config.hpp"
#include "app/day_report.hpp"

namespace arbees {

/// What the history knows of a day.
/// @returns why it cannot be asked: there is none, or nobody answers
caf::expected<DayHistory> read_day(const HistoryPlace& history, const TimeSpan& day);

/// `arbees report`: a day by the ledger and the history, also while arbees runs.
ExitCode report_day(const CommandLine& line, const Config& config);

} // namespace arbees
