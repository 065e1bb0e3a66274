#pragma once

#include <map>
#include <mutex>
#include <string>

#include "actors/messages/interfaces.hpp"

namespace arbees {

/// The latest counters of every actor of the bus, as Prometheus reads them (text format 0.0.4).
/// `rejected:freshness` of the actor `signal_processor` on `node-1` becomes
/// `arbees_signal_processor_rejected{node="node-1",key="freshness"}`. From any thread.
class MetricsPage {
public:
  /// Names and keys come from outside: more series than these are not taken.
  static constexpr std::size_t max_series = 20'000;

  void learn(const std::string& node, const Metrics& metrics);

  [[nodiscard]] std::string text() const;

private:
  mutable std::mutex mutex_;
  std::map<std::string, std::map<std::string, std::int64_t>> families_; ///< name, labels
  std::size_t series_ = 0;
};

/// Also hears the counters of its own process, if that does not publish them on the bus.
using MetricsPageActor = OutputActor::extend_with<caf::typed_actor<caf::reacts_to<Metrics>>>;

struct MetricsPageState {
  static constexpr auto name = "metrics_page";

  std::shared_ptr<MetricsPage> page;
  std::string node;
  std::int64_t learned = 0;
  std::int64_t unreadable = 0;
};

/// Keeps `page` up to date from `telemetry.metrics` of the bus. Metrics: learned, unreadable.
/// @param node of counters that come from inside the process
MetricsPageActor::behavior_type
metrics_page(MetricsPageActor::stateful_pointer<MetricsPageState> self,
             std::shared_ptr<MetricsPage> page, std::string node);

} // namespace arbees
