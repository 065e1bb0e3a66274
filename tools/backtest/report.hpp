#pragma once

#include "tools/backtest/sweep.hpp"

namespace arbees::backtest {

/// Everything as one JSON object.
std::string report_json(const Span& span, const std::vector<Outcome>& outcomes);

/// One page that needs nothing else: a table of all combinations, and of each one the equity, the
/// edges of its signals, where signals ended, fill rates and the latencies that were assumed.
std::string report_html(const Span& span, const std::vector<Outcome>& outcomes);

} // namespace arbees::backtest
