#pragma once

#include <map>
#include <string>

#include "actors/messages/time.hpp"

namespace arbees {

enum class CircuitState : std::uint8_t { closed, open, half_open };

std::string_view to_string(CircuitState state);

struct HostCircuitConfig {
  int failures = 3; ///< so many within `window` open it
  Duration window{std::chrono::seconds{60}};
  Duration open_for{std::chrono::seconds{15}}; ///< doubled with each time it fails half open
  Duration longest{std::chrono::minutes{5}};
  /// Half open, a host has one game; after so long without a failure it is trusted again.
  Duration probe{std::chrono::seconds{20}};
};

/// Which shard hosts come and go too often to be given games. A host is known by its node's name:
/// it is a new actor after every start. (Circuit breaker: Nygard, "Release It!", 5.2.)
class HostCircuits {
public:
  explicit HostCircuits(HostCircuitConfig config) : config_{config} {}

  /// The host went out of sight, or fell silent.
  void fail(const std::string& node, Timestamp now);
  /// Circuits that have been open long enough become half open, and those that held are closed.
  void tick(Timestamp now);

  [[nodiscard]] CircuitState state(const std::string& node) const;
  /// How many games of `capacity` the host may be given.
  [[nodiscard]] std::int32_t limit(const std::string& node, std::int32_t capacity) const;

private:
  struct Circuit {
    CircuitState state = CircuitState::closed;
    int failures = 0;
    Timestamp first_failure; ///< of the window
    Timestamp since;         ///< of `state`
    Duration open_for{};
  };

  void open(Circuit& circuit, Timestamp now);

  HostCircuitConfig config_;
  std::map<std::string, Circuit> circuits_; ///< of nodes that have failed
};

} // namespace arbees
