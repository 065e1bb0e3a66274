#pragma once

#include "tools/sim/engine.hpp"
#include "tools/sim/http.hpp"

namespace arbees::sim {

/// What is really the same, for whoever wants to check a matcher (`GET /sim/truth`): every game
/// with its ids on the three sources and what each contract pays on, and what must match nothing.
boost::json::object truth_json(const Engine& engine);

/// Dislocations so far, for `/sim/stats`: count, running, the latest ones.
boost::json::object dislocations_json(const Engine& engine);

} // namespace arbees::sim
