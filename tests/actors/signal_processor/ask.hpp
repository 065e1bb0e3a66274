#pragma once

#include <catch2/catch.hpp>

#include "tests/actors/signal_processor/sample_signal.hpp"

namespace arbees::test {

/// What the filter of this name makes of a signal.
inline FilterVerdict ask(std::string_view name, const Signal& signal, const RiskState& state,
                         const RiskConfig& config = {}) {
  for (const auto& filter : filters()) {
    if (filter.name == name) {
      return filter.check(Candidate{signal, state}, state, config);
    }
  }
  FAIL("no filter is called " << name);
  return Pass{};
}

inline bool passes(const FilterVerdict& verdict) {
  return std::holds_alternative<Pass>(verdict);
}
inline bool rejects(const FilterVerdict& verdict) {
  const auto* const reject = std::get_if<Reject>(&verdict);
  return reject != nullptr && !reject->measured.empty() && !reject->limit.empty();
}
inline std::optional<Quantity> cut(const FilterVerdict& verdict) {
  const auto* const cut = std::get_if<Cut>(&verdict);
  return cut != nullptr ? std::optional{cut->quantity} : std::nullopt;
}

} // namespace arbees::test
