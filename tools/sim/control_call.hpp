#pragma once

#include "tools/sim/engine.hpp"
#include "tools/sim/http.hpp"

// What the simulator's own calls under /sim have in common.

namespace arbees::sim {

/// Refuses a call, and says what it takes.
HttpReply usage(std::string_view what);
HttpReply done();

/// The object that a call carries, empty if it carries nothing; nothing if it is no object.
std::optional<boost::json::object> control_body(const HttpRequest& request);

/// Seconds under `key`, `fallback` if it is absent, nothing if it is no number in the range.
struct SecondsRange {
  UnixSeconds least = 0;
  UnixSeconds most = 0;
};
std::optional<UnixSeconds> seconds(const boost::json::object& body, std::string_view key,
                                   UnixSeconds fallback, SecondsRange range);

} // namespace arbees::sim
