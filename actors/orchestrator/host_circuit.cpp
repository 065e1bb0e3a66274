#include "actors/orchestrator/host_circuit.hpp"

#include <algorithm>

namespace arbees {

std::string_view to_string(CircuitState state) {
  switch (state) {
    case CircuitState::closed:
      return "closed";
    case CircuitState::open:
      return "open";
    case CircuitState::half_open:
      return "half_open";
  }
  return "closed";
}

void HostCircuits::fail(const std::string& node, Timestamp now) {
  auto& circuit = circuits_[node];
  switch (circuit.state) {
    case CircuitState::open:
      return; // it has no games that it could lose
    case CircuitState::half_open:
      circuit.open_for = std::min(circuit.open_for * 2, config_.longest);
      open(circuit, now);
      return;
    case CircuitState::closed:
      break;
  }
  if (circuit.failures == 0 || now - circuit.first_failure > config_.window) {
    circuit.failures = 0;
    circuit.first_failure = now;
  }
  if (++circuit.failures >= config_.failures) {
    circuit.open_for = config_.open_for;
    open(circuit, now);
  }
}

void HostCircuits::tick(Timestamp now) {
  for (auto& [node, circuit] : circuits_) {
    if (circuit.state == CircuitState::open && now - circuit.since >= circuit.open_for) {
      circuit.state = CircuitState::half_open;
      circuit.since = now;
    }
  }
  std::erase_if(circuits_, [&](const auto& entry) {
    const auto& circuit = entry.second;
    const auto held =
      circuit.state == CircuitState::half_open && now - circuit.since >= config_.probe;
    const auto forgiven =
      circuit.state == CircuitState::closed && now - circuit.first_failure > config_.window;
    return held || forgiven;
  });
}

CircuitState HostCircuits::state(const std::string& node) const {
  const auto circuit = circuits_.find(node);
  return circuit == circuits_.end() ? CircuitState::closed : circuit->second.state;
}

std::int32_t HostCircuits::limit(const std::string& node, std::int32_t capacity) const {
  switch (state(node)) {
    case CircuitState::open:
      return 0;
    case CircuitState::half_open:
      return std::min(capacity, 1);
    case CircuitState::closed:
      break;
  }
  return capacity;
}

void HostCircuits::open(Circuit& circuit, Timestamp now) {
  circuit.state = CircuitState::open;
  circuit.since = now;
  circuit.failures = 0;
}

} // namespace arbees
