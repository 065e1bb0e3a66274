#pragma once

#include "tools/sim/engine.hpp"
#include "tools/sim/http.hpp"

namespace arbees::sim {

/// Answers the public calls of Polymarket's CLOB (fact sheet polymarket, section 3.1), or nothing
/// if the path is not one of them.
std::optional<HttpReply> clob_public(const Engine& engine, const HttpRequest& request);

/// An error as the CLOB writes it: {"error": text}.
HttpReply clob_error(unsigned status, std::string_view text);

} // namespace arbees::sim
