#pragma once

#include "tools/sim/engine.hpp"
#include "tools/sim/http.hpp"

namespace arbees::sim {

/// Answers ESPN's scoreboard (fact sheet games, section 1), or nothing if the path is not one.
std::optional<HttpReply> espn(const Engine& engine, const HttpRequest& request);

} // namespace arbees::sim
