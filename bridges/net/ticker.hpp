#pragma once

#include <memory>
#include <vector>

#include "actors/messages/interfaces.hpp"
#include "bridges/net/clock.hpp"
#include "bridges/net/network.hpp"

namespace arbees {

/// Gives actors their time: sends `Tick` to every sink each `period`, until it is destroyed.
class Ticker {
public:
  /// @param network must outlive the ticker
  /// @param clock must outlive `network`'s thread
  /// @pre period > 0
  Ticker(Network& network, const Clock& clock, Duration period, const std::vector<TickSink>& sinks);
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

} // namespace arbees
