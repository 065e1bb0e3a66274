#pragma once

#include <atomic>
#include <filesystem>
#include <functional>

#include "tools/replay/session_setup.hpp"
#include "tools/sim/slate.hpp"

namespace arbees::backtest {

/// One setting and the values that are tried.
struct Axis {
  std::string key;
  std::vector<std::string> values;
};

/// Splits "key=a,b,c". @returns what is wrong
std::variant<Axis, std::string> parse_axis(std::string_view text);

/// Every combination of the axes' values as "key=value", the last axis running fastest; one empty
/// combination if there are no axes.
std::vector<std::vector<std::string>> combinations(const std::vector<Axis>& axes);

/// What is played: a capture or the observer's file, else a simulated evening.
struct Span {
  std::filesystem::path recording;
  sim::WorldConfig world;
  std::chrono::seconds length{600};
};

/// One combination and what came of it.
struct Outcome {
  std::vector<std::string> settings;
  std::string error; ///< why there is nothing else; empty if there is
  replay::Tally tally;
  std::map<std::string, std::int64_t> routes; ///< why the shards' routes came to nothing
  Config config;
};

/// Plays the span once for each combination, `threads` of them side by side. The outcomes stand in
/// the order of the combinations, whichever ended first.
/// @param base file and overrides that hold for all
/// @param done is raised as each one ends
std::vector<Outcome>
run_sweep(const CommandLine& base, const std::vector<std::vector<std::string>>& combinations,
          const Span& span, int threads, std::atomic<std::size_t>& done);

} // namespace arbees::backtest
