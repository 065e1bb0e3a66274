#pragma once

#include "app/config.hpp"

// What is wrong with a configuration as a whole, and how it reads.

namespace arbees {

/// What no single setting can know, one line each.
std::vector<std::string> contradictions(const LoadedConfig& loaded);

/// What a run with these roles lacks to log in with, one line each.
std::vector<std::string> missing_credentials(const LoadedConfig& loaded);

/// Why this run must not trade live, one line each; nothing on paper.
std::vector<std::string> live_objections(const LoadedConfig& loaded, bool trades_real_money);

/// What `arbees check` shows: every value with its origin, roles, ports, arrows.
std::string topology_text(const LoadedConfig& loaded);
std::string topology_json(const LoadedConfig& loaded);

} // namespace arbees
