#pragma once

#include <map>
#include <string>

#include "actors/messages/time.hpp"

#include <caf/meta/type_name.hpp>

namespace arbees {

/// Time has come this far. The only clock that actors have.
struct Tick {
  Timestamp now;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, Tick& x) {
  return f(caf::meta::type_name("Tick"), x.now);
}

/// Counters and gauges of one actor, by stable name. A name with a variable part has it after a
/// colon: "rejected:freshness".
struct Metrics {
  std::string source;
  std::map<std::string, std::int64_t> values;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, Metrics& x) {
  return f(caf::meta::type_name("Metrics"), x.source, x.values);
}

} // namespace arbees
