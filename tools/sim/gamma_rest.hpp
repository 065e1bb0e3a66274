#pragma once

#include "tools/sim/engine.hpp"
#include "tools/sim/http.hpp"

namespace arbees::sim {

/// Answers Polymarket's metadata API (fact sheet polymarket section 8, games section 3), or nothing
/// if the path is not one of its own.
std::optional<HttpReply> gamma(const Engine& engine, const HttpRequest& request);

} // namespace arbees::sim
