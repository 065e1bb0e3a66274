#pragma once

#include <caf/expected.hpp>
#include <vector>

#include "actors/observer/observer_actor.hpp"
#include "app/wiring.hpp"

namespace arbees {

/// Opens and spawns what the configuration wants the observer to write to: terminal, file, Redis.
/// @returns Errc::io_failed for a file that cannot be had; Redis need not be there
caf::expected<std::vector<ObserverOutput>>
open_observer_outputs(const Config& config, const Parts& parts);

/// Makes the folder that `file` stands in. @returns Errc::io_failed
caf::error make_folder_of(const std::filesystem::path& file);

} // namespace arbees
