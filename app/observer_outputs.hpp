#pragma once

#include <caf/expected.hpp>
#include <vector>

#include "actors/observer/observer_actor.hpp"
#include "app/wiring.hpp"
#include "bridges/observer/metrics_page.hpp"
#include "bridges/observer/metrics_server.hpp"

namespace arbees {

/// Opens and spawns what the configuration wants the observer to write to: terminal, file, Redis.
/// @returns Errc::io_failed for a file that cannot be had; Redis need not be there
caf::expected<std::vector<ObserverOutput>>
open_observer_outputs(const Config& config, const Parts& parts);

/// The page for Prometheus, its actor and its server.
struct MetricsPageParts {
  MetricsPageActor actor;
  std::shared_ptr<MetricsServer> server;
};

/// @returns nothing in both if the configuration names no port; Errc::io_failed if it cannot be had
caf::expected<MetricsPageParts> open_metrics_page(const Config& config, const Parts& parts);

/// Makes the folder that `file` stands in. @returns Errc::io_failed
caf::error make_folder_of(const std::filesystem::path& file);

} // namespace arbees
